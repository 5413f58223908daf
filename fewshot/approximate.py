"""Unit vectors come in and are kept as short codes; the nearest to a query go out, nearly all.

A query's codes are compared with all others in FAISS, and the best of them are ranked by their
exact vectors, which stay in the store. How many are ranked decides the recall, and is measured when
the index is built. Product quantization, 4 bits for two numbers, after a random rotation: Jegou,
Douze, Schmid, TPAMI 2011; Andre, Kermarrec, Le Scouarnec, VLDB 2015 (FAISS: IndexPQFastScan).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewshot.growing import GrowingRows
from fewshot.index import Found, Ids, Vectors, check_vectors, nearest_first, some_of_each

MOST_ROTATED = 4096
"""Numbers above which a rotation would take too much room; then there is none."""

_CENTROIDS = 16
_SEED = 7

Fetch = Callable[[Ids], Vectors]
"""Ids of references come in, their vectors (n, d) go out, in that order."""


@dataclass(frozen=True)
class Codebook:
    """How vectors become codes: rotated, then each pair of numbers the nearest of 16."""

    rotation: Vectors  # (d, d) orthogonal; (0, d) for none
    centroids: Vectors  # (pairs, 16, 2)

    @classmethod
    def train(cls, vectors: Vectors) -> Codebook:
        """Learn one from some thousands of vectors (n, d)."""
        d = vectors.shape[1]
        rotation: Vectors = np.empty((0, d), np.float32)
        if d <= MOST_ROTATED:
            noise = np.random.default_rng(_SEED).standard_normal((d, d))
            rotation = np.linalg.qr(noise)[0].astype(np.float32)
        book = cls(rotation, np.zeros(((d + 1) // 2, _CENTROIDS, 2), np.float32))
        quantizer = book._quantizer()
        quantizer.pq.cp.seed = _SEED
        quantizer.train(book.turned(vectors))
        import faiss

        centroids = faiss.vector_to_array(quantizer.pq.centroids)
        return cls(rotation, centroids.reshape(book.centroids.shape).astype(np.float32))

    @property
    def bytes(self) -> int:
        """How many bytes a code takes: half of one for each pair of numbers."""
        return (len(self.centroids) + 1) // 2

    def turned(self, vectors: Vectors) -> Vectors:
        """Rotate vectors (n, d), and add a zero where d is odd."""
        turned = vectors @ self.rotation if len(self.rotation) else vectors
        wider = np.zeros((len(vectors), 2 * len(self.centroids)), np.float32)
        wider[:, : vectors.shape[1]] = turned
        return wider

    def encode(self, vectors: Vectors) -> NDArray[np.uint8]:
        """Return the codes of vectors (n, d): (n, bytes), two pairs a byte."""
        quantizer = self._ready()
        return np.asarray(quantizer.sa_encode(self.turned(vectors)), np.uint8)

    def scanner(self, codes: NDArray[np.uint8]) -> Any:
        """Return the FAISS index that scans these codes."""
        import faiss

        quantizer = self._ready()
        faiss.copy_array_to_vector(codes.reshape(-1), quantizer.codes)
        quantizer.ntotal = len(codes)
        return faiss.IndexPQFastScan(quantizer)

    def _quantizer(self) -> Any:
        import faiss

        pairs = len(self.centroids)
        return faiss.IndexPQ(2 * pairs, pairs, 4, faiss.METRIC_INNER_PRODUCT)

    def _ready(self) -> Any:
        import faiss

        quantizer = self._quantizer()
        faiss.copy_array_to_vector(self.centroids.reshape(-1), quantizer.pq.centroids)
        quantizer.is_trained = True
        return quantizer


class ApproximateIndex:
    """Approximate search by cosine similarity; the codes live in memory, the vectors elsewhere."""

    def __init__(
        self,
        d: int,
        book: Codebook,
        codes: NDArray[np.uint8],
        ids: Ids,
        owners: Ids,
        *,
        ranked: int,
        fetch: Fetch,
    ) -> None:
        """Take up n codes with their ids and owners, arrays which are its own from now on.

        ranked: how many of the best are ranked by their exact vectors, which `fetch` gets.
        """
        self.d, self._book, self._ranked, self._fetch = d, book, ranked, fetch
        self._scanner = book.scanner(codes)
        self._ids, self._owners = GrowingRows.of(ids), GrowingRows.of(owners)
        self._gone: GrowingRows[np.bool_] = GrowingRows.of(np.zeros(len(ids), np.bool_))
        self._built_with, self._dead = len(ids), 0

    def __len__(self) -> int:
        return len(self._ids) - self._dead

    @property
    def kind(self) -> str:
        """What it is, as FAISS's factory writes it."""
        rotated = f"RR{self.d}," if len(self._book.rotation) else ""
        return f"{rotated}PQ{len(self._book.centroids)}x4fs"

    @property
    def added(self) -> int:
        """How many were added since it was built."""
        return len(self._ids) - self._built_with

    def add(self, vectors: Vectors, ids: Ids, owners: Ids) -> None:
        """Add n vectors (n, d), each of length 1, under n ids not in it, with n owners.

        Raises ValueError where shapes or lengths are wrong.
        """
        check_vectors(vectors, self.d)
        self._scanner.add(self._book.turned(vectors))
        self._note(ids, owners)

    def remove(self, owners: Collection[int]) -> None:
        """Take out all vectors of these owners: their codes stay, and are passed over."""
        gone = self._gone.rows
        gone |= np.isin(self._owners.rows, list(owners))
        self._dead = int(gone.sum())

    def sample(self, most: int, each: int) -> tuple[Vectors, Ids]:
        """Return at most so many vectors in all, and of each owner, and their owners."""
        alive = np.flatnonzero(~self._gone.rows)
        some = alive[some_of_each(self._owners.rows[alive], most, each)]
        return self._fetch(self._ids.rows[some]), self._owners.rows[some]

    def search(self, queries: Vectors, k: int) -> Found:
        """Return similarities, which are exact, and ids, each (n, min(k, len)), nearest first.

        queries: (n, d) float32 of length 1; k: 1 or more.
        """
        check_vectors(queries, self.d)
        if k < 1:
            raise ValueError(f"k is 1 or more, not {k}")
        k = min(k, len(self))
        found = [self._search(query, k) for query in queries]
        similarities = np.array([one.similarities for one in found], np.float32)
        return Found(
            similarities.reshape(len(queries), k),
            np.array([one.ids for one in found], np.int64).reshape(len(queries), k),
        )

    def _search(self, query: Vectors, k: int) -> Found:
        ids = self.best(query, max(self._ranked, 2 * k))
        similarities = np.einsum("nd,d->n", self._fetch(ids), query)
        found = nearest_first(similarities[np.newaxis], ids[np.newaxis], k)
        return Found(found.similarities[0], found.ids[0])

    def best(self, query: Vectors, wanted: int) -> Ids:
        """Return the ids of the best codes, best first: as many as wanted, or all.

        query: (d,) float32 of length 1.
        """
        wanted = min(wanted, len(self))
        asked = min(wanted + wanted // 4, len(self._ids))
        while True:
            rows = self._scanner.search(self._book.turned(query[np.newaxis]), asked)[1][0]
            rows = rows[rows >= 0]
            rows = rows[~self._gone.rows[rows]]
            if len(rows) >= wanted or asked == len(self._ids):
                return np.asarray(self._ids.rows[rows[:wanted]], np.int64)
            asked = min(2 * asked, len(self._ids))

    def _note(self, ids: Ids, owners: Ids) -> None:
        self._ids.append(ids)
        self._owners.append(owners)
        self._gone.append(np.zeros(len(ids), np.bool_))
