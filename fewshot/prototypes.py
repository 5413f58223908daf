"""Unit vectors and whose they are come in; class means, and the names nearest to a query, go out.

A query is named by its nearest class mean: over five references a name it is right more often than
its nearest single reference (docs/decisions/0003-nearest-class-mean.md).
Source: prototypical networks, Snell, Swersky, Zemel, NeurIPS 2017, with cosine similarity.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import numpy as np
from numpy.typing import NDArray

from fewshot.growing import GrowingRows
from fewshot.index import nearest_first
from fewshot.scoring import lengths_of

Vectors = NDArray[np.float32]
Owners = NDArray[np.int64]


class Prototypes:
    """The class means of a gallery's identities; kept as sums, so that they follow its changes."""

    def __init__(self, vectors: Vectors, owners: Owners) -> None:
        """Average `vectors` (n, d) float32 of length 1 by their `owners` (n,), any ids."""
        self._sums: GrowingRows[np.float32] = GrowingRows((vectors.shape[1],), np.float32)
        self._lengths: GrowingRows[np.float32] = GrowingRows((), np.float32)
        self._counts: GrowingRows[np.int64] = GrowingRows((), np.int64)
        self._owners: GrowingRows[np.int64] = GrowingRows((), np.int64)
        self._row: dict[int, int] = {}
        self.add(vectors, owners)

    @classmethod
    def of_sums(cls, sums: Vectors, owners: Owners, counts: Owners) -> Prototypes:
        """Take up the sums of each owner's vectors, made before, and how many: (m, d), (m,)."""
        made = cls.of(sums.shape[1])
        made._owners, made._sums = GrowingRows.of(owners), GrowingRows.of(sums)
        made._lengths, made._counts = GrowingRows.of(lengths_of(sums)), GrowingRows.of(counts)
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

    @property
    def lengths(self) -> Vectors:
        """The length of each sum, in the order of `owners`."""
        return self._lengths.rows

    @property
    def counts(self) -> Owners:
        """How many vectors each sum is of, in the order of `owners`."""
        return self._counts.rows

    def places(self, owners: Iterable[int]) -> Owners:
        """Return where owners stand in `owners`; those who are not there are left out."""
        return np.array([self._row[one] for one in owners if one in self._row], np.int64)

    def add(self, vectors: Vectors, owners: Owners) -> None:
        """Let more vectors count, of owners known or new."""
        order = np.argsort(owners, kind="stable")
        names, starts, counts = np.unique(owners[order], return_index=True, return_counts=True)
        if not len(names):
            return
        sums = np.add.reduceat(vectors[order], starts, axis=0)
        new = np.array([name not in self._row for name in names.tolist()])
        for name in names[new].tolist():
            self._row[name] = len(self._row)
        self._owners.append(names[new])
        self._sums.append(np.zeros((int(new.sum()), vectors.shape[1]), np.float32))
        self._lengths.append(np.zeros(int(new.sum()), np.float32))
        self._counts.append(np.zeros(int(new.sum()), np.int64))
        at = self.places(names.tolist())
        self._sums.rows[at] += sums
        self._counts.rows[at] += counts
        self._lengths.rows[at] = lengths_of(self._sums.rows[at])

    def remove(self, owners: Collection[int]) -> None:
        """Let these owners have no class mean."""
        at = self.places(set(owners))
        for column in (self._owners, self._sums, self._lengths, self._counts):
            column.remove(at)
        self._row = {name: row for row, name in enumerate(self._owners.rows.tolist())}

    def scores(self, query: Vectors) -> Vectors:
        """Return the cosine of a query (d,) to each class mean, in the order of `owners`."""
        return np.asarray(self._sums.rows @ query / self._lengths.rows, np.float32)

    def nearest(self, query: Vectors, k: int) -> list[tuple[int, float]]:
        """Return the k nearest identities with their cosine similarity in [-1, 1], nearest first.

        query: (d,) float32 of length 1. Ties stand in the order of ids.
        """
        if not len(self):
            return []
        similar = self.scores(query)
        found = nearest_first(similar[np.newaxis], self.owners[np.newaxis], min(k, len(self)))
        return list(zip(found.ids[0].tolist(), found.similarities[0].tolist(), strict=True))
