"""Vectors and labels of a set come in; a random gallery of it, and who is asked about, goes out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fewshot.choosing import center_text
from fewshot.evidence import Evidence
from fewshot.index import some_of_each
from fewshot.namer import namer_for
from fewshot.naming import Naming
from fewshot.rules import Rule
from fewshot.standing import Namer, Pairs, Strangers

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


def naming_by(vectors: Vectors, rule: Rule) -> Naming:
    """Return how a gallery of these references (n, d) names by a rule."""
    return Naming(rule=rule, center=center_text(vectors) if rule.space == "centered" else "")


def namer_of(vectors: Vectors, labels: Labels, naming: Naming | Rule, same: float = 2.0) -> Namer:
    """Return what names queries in a gallery of these references (n, d), whose each is (n,)."""
    if isinstance(naming, Rule):
        naming = naming_by(vectors, naming)
    namer = namer_for(vectors.shape[1], naming, same)
    namer.add(vectors, np.arange(len(vectors)), labels)
    return namer


def evidence_of(
    namer: Namer,
    vectors: Vectors,
    labels: Labels,
    strangers: Vectors | None = None,
    friends: Pairs = frozenset(),
) -> Evidence:
    """Return what such a gallery knows of strangers.

    strangers: (s, d), each on its own. friends: names that share a picture, both ways.
    """
    given = np.empty((0, vectors.shape[1]), np.float32) if strangers is None else strangers

    def sample(most: int, each: int) -> tuple[Vectors, Labels]:
        some = some_of_each(labels, most, each)
        return vectors[some], labels[some]

    return namer.evidence(len(vectors), sample, friends, Strangers(given, np.arange(len(given))))
