"""A vector comes in; its nearest names and references go out.

The store is the truth; index and class means are lenses over it, held in memory and brought up to
date whenever the store has changed, whoever changed it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fewshot.calibration import StrangerSample
from fewshot.errors import GalleryDamaged
from fewshot.index import ExactIndex
from fewshot.prototypes import Prototypes
from fewshot.store import Store

MOST_STRANGERS = 2_000
"""References that stand in for strangers; more would cost time and change little."""

_AT_ONCE = 4096


@dataclass(frozen=True, slots=True)
class Candidate:
    """A name a query may have."""

    name: str
    similarity: float  # cosine to the name's class mean, in [-1, 1], larger is nearer


@dataclass(frozen=True, slots=True)
class Neighbor:
    """A reference near a query."""

    name: str
    similarity: float  # cosine to the reference, in [-1, 1], larger is nearer
    reference: int  # its id; ids are never used again
    source: str  # the path it was enrolled from


class Gallery:
    """Searches a store's identities and references by cosine similarity."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._seen: tuple[int, int] | None = None
        self._strangers: StrangerSample | None = None
        self._names: dict[int, str] = {}
        self._sharing: set[tuple[int, int]] = set()
        self._clear()
        self._prototypes = Prototypes(self._vectors, self._owners)

    def refresh(self) -> None:
        """Read what has changed; all answers until the next call are of one moment."""
        if self._store.state == self._seen:
            return
        with self._store.reading():
            self._seen = self._store.state
            self._read_new()
            if len(self._vectors) != self._store.count():  # somebody was forgotten: start over
                self._clear()
                self._read_new()
            self._names = self._store.names_by_id()
            self._sharing = self._store.sharing()
        self._prototypes = Prototypes(self._vectors, self._owners)
        self._strangers = None

    def __len__(self) -> int:
        """Return how many references there are."""
        return len(self._vectors)

    @property
    def path(self) -> Path:
        """The gallery file."""
        return self._store.path

    def neighbors(self, vector: NDArray[np.float32], k: int) -> tuple[Neighbor, ...]:
        """Return the k nearest references, nearest first; fewer where there are fewer.

        vector: (d,) float32 of length 1. k: 1 or more. One that another process has forgotten since
        the last refresh is left out.
        """
        similarities, ids = self._index.search(vector[np.newaxis], k)
        known = self._store.references_by_id(ids[0].tolist())
        return tuple(
            Neighbor(known[number].name, float(similarity), number, known[number].source)
            for similarity, number in zip(similarities[0], ids[0].tolist(), strict=True)
            if number in known
        )

    def candidates(self, vector: NDArray[np.float32], k: int) -> tuple[Candidate, ...]:
        """Return the k nearest names by their class means, nearest first.

        vector: (d,) float32 of length 1. k: 1 or more.
        """
        nearest = self._prototypes.nearest(vector, k)
        return tuple(Candidate(self._names[owner], similarity) for owner, similarity in nearest)

    def strangers(self) -> StrangerSample | None:
        """Return how near strangers would come, by letting each identity stand in for one.

        At most 2,000 references, evenly taken. Names that share a picture are no strangers to each
        other. None where there are not two names.
        """
        if self._strangers is None and len(self._prototypes) > 1:
            step = -(-len(self._vectors) // MOST_STRANGERS)
            vectors, owners = self._vectors[::step], self._owners[::step]
            similarities = self._prototypes.as_strangers(vectors, owners, self._sharing)
            told = np.isfinite(similarities)
            if told.any():
                self._strangers = StrangerSample(similarities[told], owners[told])
        return self._strangers

    def _clear(self) -> None:
        d = self._store.recipe.d
        self._index = ExactIndex(d)
        self._vectors: NDArray[np.float32] = np.empty((0, d), np.float32)
        self._owners: NDArray[np.int64] = np.empty(0, np.int64)
        self._last = 0

    def _read_new(self) -> None:
        d = self._store.recipe.d
        vectors, owners = [self._vectors], [self._owners]
        rows: list[tuple[int, int, bytes]] = []

        def take() -> None:
            if not rows:
                return
            block = np.frombuffer(b"".join(blob for _, _, blob in rows), "<f4").reshape(-1, d)
            block = block.astype(np.float32, copy=False)
            try:
                self._index.add(block, np.array([number for number, _, _ in rows], np.int64))
            except ValueError as error:
                raise GalleryDamaged(self._store.path, str(error)) from error
            vectors.append(block)
            owners.append(np.array([owner for _, owner, _ in rows], np.int64))
            self._last = rows[-1][0]
            rows.clear()

        for row in self._store.vectors(after=self._last):
            rows.append(row)
            if len(rows) == _AT_ONCE:
                take()
        take()
        self._vectors, self._owners = np.concatenate(vectors), np.concatenate(owners)
