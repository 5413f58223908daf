"""Unit vectors with ids come in; the nearest to a query go out. A checked layer over FAISS."""

from __future__ import annotations

import faiss
import numpy as np
from numpy.typing import NDArray


class ExactIndex:
    """Exact search by cosine similarity over unit vectors; lives in memory only."""

    def __init__(self, d: int) -> None:
        self.d = d
        self._index = faiss.IndexIDMap2(faiss.IndexFlatIP(d))

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def add(self, vectors: NDArray[np.float32], ids: NDArray[np.int64]) -> None:
        """Add n vectors (n, d), each of length 1, under n ids of 0 or more not yet used.

        Raises ValueError where shapes or lengths are wrong: FAISS itself asserts without a word.
        """
        self._check(vectors)
        if ids.shape != (len(vectors),):
            raise ValueError(f"{len(vectors)} vectors need as many ids; got shape {ids.shape}")
        if len(vectors):
            self._index.add_with_ids(np.ascontiguousarray(vectors), ids.astype(np.int64))

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
        similarities, ids = self._index.search(np.ascontiguousarray(queries), k)
        order = np.lexsort((ids, -similarities), axis=1)
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
