"""Vectors and whose they are come in; what names by them, and knows of strangers, goes out."""

from __future__ import annotations

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
