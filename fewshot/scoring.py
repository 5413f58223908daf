"""References and queries come in; the score of every name for each query goes out.

One sense of nearness: a score is a cosine similarity, or a share of cosine similarities, larger is
nearer. For a reference as query, itself and if wanted its whole name can be held out.
Sources: class means, Snell, Swersky, Zemel, NeurIPS 2017; leave-one-out in closed form from sums.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from fewshot.index import Vectors
from fewshot.rules import VOTERS

Scores = NDArray[np.float32]
Places = NDArray[np.intp]

NEVER = np.float32(-2.0)
"""Below every score: a name that cannot be had."""

MARGIN = np.float32(0.5)
"""How much of the runner-up's score is taken off: a query between two names is less of a match."""


@dataclass(frozen=True)
class References:
    """Placed references (n, d), whose each is (0 to names - 1), and how many names there are."""

    vectors: Vectors
    owners: Places
    names: int

    @cached_property
    def sums(self) -> Vectors:
        """Each name's sum of references, (names, d)."""
        sums = np.zeros((self.names, self.vectors.shape[1]), np.float32)
        np.add.at(sums, self.owners, self.vectors)
        return sums

    @cached_property
    def lengths(self) -> NDArray[np.float32]:
        """The length of each sum, (names,)."""
        return lengths_of(self.sums)

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """How many references each name has, (names,)."""
        return np.bincount(self.owners, minlength=self.names)


def lengths_of(sums: Vectors) -> NDArray[np.float32]:
    """Return the length of each sum of vectors (m, d), never 0."""
    lengths = np.sqrt(np.einsum("nd,nd->n", sums, sums))
    return np.asarray(np.maximum(lengths, np.float32(1e-12)), np.float32)


def scores(scoring: str, references: References, queries: Vectors) -> Scores:
    """Return the score of every name for queries (q, d) that are no references: (q, names)."""
    if scoring == "mean":
        return np.asarray(queries @ references.sums.T / references.lengths, np.float32)
    similar = queries @ references.vectors.T
    if scoring == "nearest":
        return _nearest(similar, references)
    return _votes(similar, references)


def held_out(
    scoring: str,
    references: References,
    some: Places,
    *,
    whole_name: bool,
    similar: Scores | None = None,
) -> Scores:
    """Return the score of every name for some references, each held out: (s, names).

    some: their places among the references. whole_name: hold its whole name out, which then has
    NEVER; else the reference alone, and a name of one reference has NEVER. similar: their cosines
    to all references (s, n), where they are known already.
    """
    queries, own = references.vectors[some], references.owners[some]
    row = np.arange(len(some))
    if scoring == "mean":
        dots = queries @ references.sums.T
        found = np.asarray(dots / references.lengths, np.float32)
        found[row, own] = own_means(references.lengths[own], dots[row, own], references.counts[own])
    else:
        similar = queries @ references.vectors.T if similar is None else similar.copy()
        similar[row, some] = -np.inf
        if whole_name:
            similar[own[:, np.newaxis] == references.owners[np.newaxis]] = -np.inf
        found = (_nearest if scoring == "nearest" else _votes)(similar, references)
        found[row, own] = np.where(references.counts[own] > 1, found[row, own], NEVER)
    if whole_name:
        found[row, own] = NEVER
    return found


def own_means(lengths: Scores, dots: Scores, counts: NDArray[np.int64]) -> Scores:
    """Return each reference's cosine to its name's mean without it; NEVER where that is empty.

    lengths, counts: of its name's sum; dots: its inner product with that sum; all (s,).
    """
    rest = np.sqrt(np.maximum(lengths**2 - 2.0 * dots + 1.0, 1e-12))
    alone = (counts < 2) | (rest < 1e-5)
    return np.asarray(np.where(alone, NEVER, np.clip((dots - 1.0) / rest, -1.0, 1.0)), np.float32)


def best_two(found: Scores) -> tuple[Places, Scores]:
    """Return for each row of scores (q, names) the places and scores of the best two, (q, 2).

    Where there is one name alone, the second is place -1 with NEVER. Of equals, the first.
    """
    row = np.arange(len(found))
    first = found.argmax(axis=1)
    top = found[row, first]
    if found.shape[1] < 2:
        nobody = np.full(len(found), -1)
        return np.stack([first, nobody], axis=1), np.stack([top, np.full_like(top, NEVER)], axis=1)
    rest = found.copy()
    rest[row, first] = -np.inf
    second = rest.argmax(axis=1)
    return np.stack([first, second], axis=1), np.stack([top, rest[row, second]], axis=1)


def grouped(pairs: Iterable[tuple[int, int]]) -> dict[int, set[int]]:
    """Return for each identity those it shares a picture with."""
    found: dict[int, set[int]] = {}
    for one, other in pairs:
        found.setdefault(one, set()).add(other)
        found.setdefault(other, set()).add(one)
    return found


def best_two_but_friends(
    found: Scores, names: NDArray[np.int64], friends: Mapping[int, Collection[int]]
) -> tuple[Places, Scores]:
    """Return the best two of scores (q, names) as `best_two` does, but no friend of the best.

    names: ids, (names,). friends: of an id those who share a picture with it. `found` is changed.
    """
    best = names[found.argmax(axis=1)] if found.shape[1] else np.empty(0, np.int64)
    for one, others in friends.items():
        rows = np.flatnonzero(best == one)
        found[np.ix_(rows, np.isin(names, list(others)))] = NEVER
    return best_two(found)


def decision_scores(two: Scores) -> Scores:
    """Return what the decision rests on, (q,): the best score less half of the runner-up's.

    two: (q, 2), best first; NEVER, or less, where there is no runner-up, which takes nothing off.
    """
    runner_up = np.where(two[:, 1] > NEVER, np.maximum(two[:, 1], 0.0), 0.0)
    return np.asarray(two[:, 0] - MARGIN * runner_up, np.float32)


def _nearest(similar: Scores, references: References) -> Scores:
    owners = references.owners
    if (owners[1:] < owners[:-1]).any():  # else the columns stand name by name already
        order = np.argsort(owners, kind="stable")
        owners, similar = owners[order], similar[:, order]
    starts = np.searchsorted(owners, np.arange(references.names))
    best = np.maximum.reduceat(similar, starts, axis=1)
    return np.asarray(np.maximum(best, NEVER), np.float32)


def voters(similar: Scores) -> Places:
    """Return which references vote for queries, (q, 5 or fewer): of equals, always the same.

    similar: (q, n) cosines.
    """
    most = min(VOTERS, similar.shape[1])
    return np.argpartition(similar, similar.shape[1] - most, axis=1)[:, similar.shape[1] - most :]


def _votes(similar: Scores, references: References) -> Scores:
    """Let the nearest references vote by their similarity; each has the same share of 1."""
    near = voters(similar)
    weight = np.take_along_axis(similar, near, axis=1)
    found = np.zeros((len(similar), references.names), np.float32)
    share = np.where(np.isfinite(weight), np.maximum(weight, 0.0), 0.0) / near.shape[1]
    np.add.at(found, (np.arange(len(similar))[:, np.newaxis], references.owners[near]), share)
    return found
