"""Vectors and labels of a set come in; a random gallery of it, and who is asked about, goes out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Drawn:
    """Which pictures of a set are enrolled, which are asked about."""

    support: NDArray[np.int64]  # places of the enrolled
    known: NDArray[np.int64]  # other pictures of enrolled names
    strangers: NDArray[np.int64]  # pictures of names not enrolled


def draw(
    labels: Labels,
    names: int,
    shots: int,
    rng: np.random.Generator,
    *,
    most_known: int = 400,
    most_strangers: int = 400,
) -> Drawn:
    """Enroll so many random names, each with at most so many pictures but one at least.

    A name keeps one picture to be asked about where it has two.
    """
    enrolled = rng.permutation(int(labels.max()) + 1)[:names]
    support, known = [], []
    for one in enrolled:
        own = rng.permutation(np.flatnonzero(labels == one))
        taken = min(shots, max(1, len(own) - 1))
        support.append(own[:taken])
        known.append(own[taken:])
    strangers = rng.permutation(np.flatnonzero(~np.isin(labels, enrolled)))
    return Drawn(
        np.concatenate(support),
        rng.permutation(np.concatenate(known))[:most_known],
        strangers[:most_strangers],
    )
