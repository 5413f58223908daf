"""Unit vectors with ids come in; the nearest to a query go out. A checked layer over FAISS.

A small gallery is searched in numpy, with the same answers, so that FAISS need not be loaded.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

FAISS_FROM = 20_000
"""Vectors from which on FAISS searches."""


class ExactIndex:
    """Exact search by cosine similarity over unit vectors; lives in memory only."""

    def __init__(self, d: int) -> None:
        self.d = d
        self._vectors: NDArray[np.float32] = np.empty((0, d), np.float32)
        self._ids: NDArray[np.int64] = np.empty(0, np.int64)  # both empty once FAISS has them
        self._faiss: Any = None

    def __len__(self) -> int:
        return len(self._ids) if self._faiss is None else int(self._faiss.ntotal)

    def add(self, vectors: NDArray[np.float32], ids: NDArray[np.int64]) -> None:
        """Add n vectors (n, d), each of length 1, under n ids of 0 or more not yet used.

        Raises ValueError where shapes or lengths are wrong: FAISS itself asserts without a word.
        """
        self._check(vectors)
        if ids.shape != (len(vectors),):
            raise ValueError(f"{len(vectors)} vectors need as many ids; got shape {ids.shape}")
        if self._faiss is None and len(self) + len(vectors) >= FAISS_FROM:
            import faiss

            self._faiss = faiss.IndexIDMap2(faiss.IndexFlatIP(self.d))
            self._faiss.add_with_ids(self._vectors, self._ids)
            self._vectors, self._ids = self._vectors[:0], self._ids[:0]
        if self._faiss is None:
            self._vectors = np.concatenate([self._vectors, vectors])
            self._ids = np.concatenate([self._ids, ids.astype(np.int64)])
        elif len(vectors):
            self._faiss.add_with_ids(np.ascontiguousarray(vectors), ids.astype(np.int64))

    def search(
        self, queries: NDArray[np.float32], k: int
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return similarities and ids, each (n, min(k, len)), nearest first.

        queries: (n, d) float32 of length 1; k: 1 or more. Similarities lie in [-1, 1]; ties stand
        in the order of ids.
        """
        self._check(queries)
        if k < 1:
            raise ValueError(f"k is 1 or more, not {k}")
        k = min(k, len(self))
        if k == 0:
            return np.empty((len(queries), 0), np.float32), np.empty((len(queries), 0), np.int64)
        if self._faiss is None:
            # row by row: a matrix product would add equal rows up in unequal ways
            similarities = np.einsum("qd,nd->qn", queries, self._vectors)
            ids = np.broadcast_to(self._ids, similarities.shape)
        else:
            similarities, ids = self._faiss.search(np.ascontiguousarray(queries), k)
        order = np.lexsort((ids, -similarities), axis=1)[:, :k]
        similarities = np.take_along_axis(similarities, order, axis=1)
        return np.clip(similarities, -1.0, 1.0), np.take_along_axis(ids, order, axis=1)

    def _check(self, vectors: NDArray[np.float32]) -> None:
        if vectors.ndim != 2 or vectors.shape[1] != self.d or vectors.dtype != np.float32:
            raise ValueError(
                f"vectors must be float32 of shape (n, {self.d}); "
                f"got {vectors.dtype} of shape {vectors.shape}"
            )
        lengths = np.linalg.norm(vectors, axis=1)
        if not np.all(np.abs(lengths - 1.0) < 1e-3):  # NaN fails too
            raise ValueError("vectors must have length 1")
