"""How near strangers come, in this gallery and in others, comes in; the threshold goes out."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fewshot.backbones.spec import StrangerPrior

RATE = 0.05
"""The share of strangers that the threshold is meant to let by."""

PRIOR_NAMES = 5
"""The prior counts as much as this many names of the gallery's own."""


@dataclass(frozen=True, slots=True)
class StrangerSample:
    """What a gallery says of strangers: each identity in turn not enrolled, asked against the rest.

    similarities: (n,), cosine to the nearest class mean of any other. owners: (n,), whose each is.
    """

    similarities: NDArray[np.float32]
    owners: NDArray[np.int64]


def usual_similarity(prior: StrangerPrior, references: int) -> float:
    """Return the similarity that 5 % of strangers exceed in galleries of so many references.

    It climbs with the gallery: with more references a stranger finds a better look-alike.
    """
    climbed = prior.at_one + prior.per_doubling * math.log2(max(1, references))
    return min(prior.ceiling, climbed)


def threshold_for(prior: StrangerPrior, references: int, sample: StrangerSample | None) -> float:
    """Return the similarity a name needs.

    The gallery's own evidence is the similarity that 5 % of its stand-in strangers exceed, each
    identity counting the same. A higher prior raises it, weighing as much as five names; a lower
    one does not lower it: a small gallery is made more cautious, never less. One name alone
    (`sample` None) lives on the prior. What this gives on real pictures is printed by
    eval/strangers.py; it is a usual value and no promise.
    """
    usual = usual_similarity(prior, references)
    if sample is None:
        return usual
    names, group, counts = np.unique(sample.owners, return_inverse=True, return_counts=True)
    weights = 1.0 / counts[group.reshape(-1)]
    order = np.argsort(sample.similarities)
    passed = np.cumsum(weights[order]) / len(names)
    own = float(sample.similarities[order][np.searchsorted(passed, 1.0 - RATE - 1e-9)])
    share = len(names) / (len(names) + PRIOR_NAMES)
    return min(prior.highest, max(own, share * own + (1.0 - share) * usual))
