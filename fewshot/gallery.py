"""A vector comes in; its nearest references, with their names, go out.

The store is the truth; the index is a lens over it, held in memory and brought up to date whenever
the store has changed, whoever changed it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fewshot.errors import GalleryDamaged
from fewshot.index import ExactIndex
from fewshot.store import Store

_AT_ONCE = 4096


@dataclass(frozen=True, slots=True)
class Neighbor:
    """A reference near a query."""

    name: str
    similarity: float  # cosine, in [-1, 1], larger is nearer
    reference: int  # its id; ids are never used again
    source: str  # the path it was enrolled from


class Gallery:
    """Searches a store's references by cosine similarity."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._index = ExactIndex(store.recipe.d)
        self._last = 0
        self._seen: tuple[int, int] | None = None

    def __len__(self) -> int:
        """Return how many references there are now."""
        self._refresh()
        return len(self._index)

    def neighbors(self, vector: NDArray[np.float32], k: int) -> tuple[Neighbor, ...]:
        """Return the k nearest references, nearest first; fewer where there are fewer.

        vector: (d,) float32 of length 1. k: 1 or more.
        """
        self._refresh()
        similarities, ids = self._index.search(vector[np.newaxis], k)
        known = self._store.references_by_id(ids[0].tolist())
        return tuple(
            Neighbor(known[number].name, float(similarity), number, known[number].source)
            for similarity, number in zip(similarities[0], ids[0].tolist(), strict=True)
            if number in known
        )

    def nearest(self, vector: NDArray[np.float32], k: int) -> tuple[tuple[Neighbor, ...], int]:
        """Return the nearest references, at least k and as many as it takes to meet two names.

        Also returns how many references were compared.
        """
        count = len(self)
        wanted = max(k, 16)
        while True:
            found = self.neighbors(vector, wanted)
            if wanted >= count or len({neighbor.name for neighbor in found}) > 1:
                return found, count
            wanted *= 8

    def _refresh(self) -> None:
        state = self._store.state
        if state == self._seen:
            return
        self._read_new()
        if len(self._index) != self._store.count():  # somebody was forgotten: start over
            self._index, self._last = ExactIndex(self._index.d), 0
            self._read_new()
        self._seen = state

    def _read_new(self) -> None:
        ids: list[int] = []
        blobs: list[bytes] = []
        for number, blob in self._store.vectors(after=self._last):
            if len(blob) != 4 * self._index.d:
                raise GalleryDamaged(
                    self._store.path,
                    f"reference {number} has {len(blob)} bytes, not {4 * self._index.d}",
                )
            ids.append(number)
            blobs.append(blob)
            if len(ids) == _AT_ONCE:
                self._add(ids, blobs)
                ids, blobs = [], []
        self._add(ids, blobs)

    def _add(self, ids: list[int], blobs: list[bytes]) -> None:
        if not ids:
            return
        vectors = np.frombuffer(b"".join(blobs), "<f4").reshape(len(ids), self._index.d)
        try:
            self._index.add(vectors.astype(np.float32, copy=False), np.array(ids, np.int64))
        except ValueError as error:
            raise GalleryDamaged(self._store.path, str(error)) from error
        self._last = ids[-1]
