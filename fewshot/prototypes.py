"""Unit vectors and whose they are come in; class means, and the names nearest to a query, go out.

A query is named by its nearest class mean: over five references a name it is right more often than
its nearest single reference (docs/decisions/0003-nearest-class-mean.md).
Source: prototypical networks, Snell, Swersky, Zemel, NeurIPS 2017, with cosine similarity.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from fewshot.growing import GrowingRows
from fewshot.index import nearest_first

Vectors = NDArray[np.float32]
Owners = NDArray[np.int64]

_AT_ONCE = 512


class Prototypes:
    """The class means of a gallery's identities; kept as sums, so that they follow its changes."""

    def __init__(self, vectors: Vectors, owners: Owners) -> None:
        """Average `vectors` (n, d) float32 of length 1 by their `owners` (n,), any ids."""
        self._sums: GrowingRows[np.float32] = GrowingRows((vectors.shape[1],), np.float32)
        self._lengths: GrowingRows[np.float32] = GrowingRows((), np.float32)
        self._owners: GrowingRows[np.int64] = GrowingRows((), np.int64)
        self._row: dict[int, int] = {}
        self.add(vectors, owners)

    @classmethod
    def of_sums(cls, sums: Vectors, owners: Owners) -> Prototypes:
        """Take up the sums of each owner's vectors, made before: (m, d) and (m,)."""
        made = cls.of(sums.shape[1])
        made._owners, made._sums = GrowingRows.of(owners), GrowingRows.of(sums)
        made._lengths = GrowingRows.of(_lengths(sums))
        made._row = {name: row for row, name in enumerate(owners.tolist())}
        return made

    @classmethod
    def of(cls, d: int) -> Prototypes:
        """Start without any, for vectors of d numbers."""
        return cls(np.empty((0, d), np.float32), np.empty(0, np.int64))

    def __len__(self) -> int:
        return len(self._owners)

    @property
    def owners(self) -> Owners:
        """Whose the class means are, in no order."""
        return self._owners.rows

    @property
    def sums(self) -> Vectors:
        """The sum of each owner's vectors, in the order of `owners`."""
        return self._sums.rows

    def add(self, vectors: Vectors, owners: Owners) -> None:
        """Let more vectors count, of owners known or new; or sums of vectors."""
        order = np.argsort(owners, kind="stable")
        names, starts = np.unique(owners[order], return_index=True)
        if not len(names):
            return
        sums = np.add.reduceat(vectors[order], starts, axis=0)
        new = np.array([name not in self._row for name in names.tolist()])
        for name in names[new].tolist():
            self._row[name] = len(self._row)
        self._owners.append(names[new])
        self._sums.append(np.zeros((int(new.sum()), vectors.shape[1]), np.float32))
        self._lengths.append(np.zeros(int(new.sum()), np.float32))
        at = np.array([self._row[name] for name in names.tolist()], np.int64)
        self._sums.rows[at] += sums
        self._lengths.rows[at] = _lengths(self._sums.rows[at])

    def remove(self, owners: Collection[int]) -> None:
        """Let these owners have no class mean."""
        at = np.array([self._row[one] for one in set(owners) if one in self._row], np.int64)
        for column in (self._owners, self._sums, self._lengths):
            column.remove(at)
        self._row = {name: row for row, name in enumerate(self._owners.rows.tolist())}

    def nearest(self, query: Vectors, k: int) -> list[tuple[int, float]]:
        """Return the k nearest identities with their cosine similarity in [-1, 1], nearest first.

        query: (d,) float32 of length 1. Ties stand in the order of ids.
        """
        if not len(self):
            return []
        similar = self._sums.rows @ query / self._lengths.rows
        found = nearest_first(similar[np.newaxis], self.owners[np.newaxis], min(k, len(self)))
        return list(zip(found.ids[0].tolist(), found.similarities[0].tolist(), strict=True))

    def as_strangers(
        self,
        vectors: Vectors,
        owners: Owners,
        friends: Collection[tuple[int, int]] = (),
        *,
        same: float = 2.0,
        share: float = 1.0,
    ) -> NDArray[np.float32]:
        """Return how near each reference would come if its own identity were not enrolled.

        vectors (n, d), owners (n,): references of this gallery. friends: pairs of identities that
        are no strangers to each other. Nor are two of which two references have a cosine of `same`
        or more; that is looked up for the highest `share` of the answers only, each identity
        counting the same, and for one answer of each; what lies below can but be too high.
        Returns (n,): the cosine to the nearest class mean of any other identity, -inf where there
        is none.
        """
        own = np.array([self._row[owner] for owner in owners.tolist()], np.int64)
        similar = np.empty((len(vectors), len(self)), np.float32)
        for at in range(0, len(vectors), _AT_ONCE):
            np.matmul(vectors[at : at + _AT_ONCE], self.sums.T, out=similar[at : at + _AT_ONCE])
        similar /= self._lengths.rows
        similar[np.arange(len(own)), own] = -np.inf
        rows = self._rows_of_each(own)
        for pair in friends:
            if pair[0] in self._row and pair[1] in self._row:
                one, other = (self._row[name] for name in pair)
                similar[rows[one], other] = similar[rows[other], one] = -np.inf
        counts = np.bincount(own, minlength=len(rows))
        weights = 1.0 / (counts[own] * max(1, int((counts > 0).sum())))
        one_each = np.unique(own, return_index=True)[1]  # has this name any stranger at all?
        asked: set[tuple[int, int]] = set()
        while True:
            nearest = similar.argmax(axis=1)
            highest = similar[np.arange(len(own)), nearest]
            order = np.argsort(-highest, kind="stable")
            highest_share = order[np.cumsum(weights[order]) - weights[order] < share]
            top = np.concatenate([highest_share, one_each])
            pairs = {
                (min(pair), max(pair))
                for pair in zip(own[top].tolist(), nearest[top].tolist(), strict=True)
            } - asked
            if same > 1.0 or not pairs:
                return np.asarray(np.minimum(highest, 1.0), np.float32)
            asked |= pairs
            for one, other in pairs:
                if (vectors[rows[one]] @ vectors[rows[other]].T >= same).any():
                    similar[rows[one], other] = similar[rows[other], one] = -np.inf

    def _rows_of_each(self, own: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        """Return for each class mean which of the references are its own."""
        ends = np.cumsum(np.bincount(own, minlength=len(self)))[:-1]
        return np.split(np.argsort(own, kind="stable"), ends)


def _lengths(sums: Vectors) -> Vectors:
    lengths = np.sqrt(np.einsum("nd,nd->n", sums, sums))
    return np.asarray(np.maximum(lengths, np.float32(1e-12)), np.float32)
