"""Unit vectors with their ids and owners come in; the nearest to a query go out: exact search.

The vectors are held once. A small gallery is searched in numpy, with the same answers, so that
FAISS need not be loaded.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fewshot.growing import GrowingRows

FAISS_FROM = 20_000
"""Vectors from which on FAISS searches."""

APPROXIMATE_FROM = 100_000
"""Vectors from which on an approximate index is worth its while."""

Vectors = NDArray[np.float32]
Ids = NDArray[np.int64]


class Found(NamedTuple):
    """The nearest to n queries, each (n, k), nearest first."""

    similarities: Vectors  # cosine, in [-1, 1]
    ids: Ids


class ExactIndex:
    """Exact search by cosine similarity over unit vectors; lives in memory only."""

    def __init__(self, d: int) -> None:
        self.d = d
        self._vectors: GrowingRows[np.float32] = GrowingRows((d,), np.float32)
        self._ids: GrowingRows[np.int64] = GrowingRows((), np.int64)
        self._owners: GrowingRows[np.int64] = GrowingRows((), np.int64)

    def __len__(self) -> int:
        return len(self._ids)

    def reserve(self, count: int) -> None:
        """Make room for so many vectors in all."""
        for column in (self._vectors, self._ids, self._owners):
            column.reserve(count)

    def add(self, vectors: Vectors, ids: Ids, owners: Ids) -> None:
        """Add n vectors (n, d), each of length 1, under n ids not yet used, with n owners.

        Raises ValueError where shapes or lengths are wrong: FAISS itself asserts without a word.
        """
        check_vectors(vectors, self.d)
        if ids.shape != (len(vectors),) or owners.shape != ids.shape:
            raise ValueError(f"{len(vectors)} vectors need as many ids; got shape {ids.shape}")
        self._vectors.append(vectors)
        self._ids.append(ids)
        self._owners.append(owners)

    def remove(self, owners: Collection[int]) -> None:
        """Take out all vectors of these owners."""
        at = np.flatnonzero(np.isin(self._owners.rows, list(owners)))
        for column in (self._vectors, self._ids, self._owners):
            column.remove(at)

    def sample(self, most: int, each: int) -> tuple[Vectors, Ids]:
        """Return at most so many vectors in all, and of each owner, and their owners."""
        some = some_of_each(self._owners.rows, most, each)
        return self._vectors.rows[some], self._owners.rows[some]

    def search(self, queries: Vectors, k: int) -> Found:
        """Return similarities and ids, each (n, min(k, len)), nearest first.

        queries: (n, d) float32 of length 1; k: 1 or more. Ties stand in the order of ids.
        """
        check_vectors(queries, self.d)
        if k < 1:
            raise ValueError(f"k is 1 or more, not {k}")
        k = min(k, len(self))
        if k == 0:
            nothing = np.empty((len(queries), 0), np.float32)
            return Found(nothing, nothing.astype(np.int64))
        if len(self) < FAISS_FROM:
            # row by row: a matrix product would add equal rows up in unequal ways
            similarities = np.einsum("qd,nd->qn", queries, self._vectors.rows)
            ids = np.broadcast_to(self._ids.rows, similarities.shape)
        else:
            similarities, at = _searched(np.ascontiguousarray(queries), self._vectors.rows, k)
            ids = self._ids.rows[at]
        return nearest_first(similarities, ids, k)


def _searched(queries: Vectors, vectors: Vectors, k: int) -> tuple[Vectors, Ids]:
    """Search in FAISS; one query by one thread: two would take twice as long (eval/growth.py)."""
    import faiss

    usual = faiss.omp_get_max_threads()
    if len(queries) == 1:
        faiss.omp_set_num_threads(1)  # of this thread alone
    try:
        found = faiss.knn(queries, vectors, k, metric=faiss.METRIC_INNER_PRODUCT)
    finally:
        faiss.omp_set_num_threads(usual)
    return found[0], found[1]


def nearest_first(similarities: Vectors, ids: Ids, k: int) -> Found:
    """Return the k nearest of each row; ties stand in the order of ids."""
    nearest = np.empty((len(similarities), k), np.intp)
    for row, (similar, names) in enumerate(zip(similarities, ids, strict=True)):
        last = np.partition(similar, len(similar) - k)[len(similar) - k]
        near = np.flatnonzero(similar >= last)  # k, or more where some are equally near
        nearest[row] = near[np.lexsort((names[near], -similar[near]))[:k]]
    similarities = np.take_along_axis(similarities, nearest, axis=1)
    return Found(np.clip(similarities, -1.0, 1.0), np.take_along_axis(ids, nearest, axis=1))


def some_of_each(owners: Ids, most: int, each: int) -> NDArray[np.intp]:
    """Return places of at most `most` rows, evenly taken, and where there is room `each` an owner.

    owners: (n,). Among more than 100,000 rows only the first holds.
    """
    if len(owners) > APPROXIMATE_FROM:
        return np.arange(len(owners))[:: max(1, -(-len(owners) // most))]
    order = np.argsort(owners, kind="stable")
    _, starts, counts = np.unique(owners[order], return_index=True, return_counts=True)
    rank = np.arange(len(owners)) - np.repeat(starts, counts)
    some = np.sort(order[rank < each])
    return some[:: max(1, -(-len(some) // most))]


def check_vectors(vectors: Vectors, d: int) -> None:
    """Raise ValueError for what are no n unit vectors (n, d) float32."""
    if vectors.ndim != 2 or vectors.shape[1] != d or vectors.dtype != np.float32:
        raise ValueError(
            f"vectors must be float32 of shape (n, {d}); "
            f"got {vectors.dtype} of shape {vectors.shape}"
        )
    lengths = np.sqrt(np.einsum("nd,nd->n", vectors, vectors))
    if not np.all(np.abs(lengths - 1.0) < 1e-3):  # NaN fails too
        raise ValueError("vectors must have length 1")
