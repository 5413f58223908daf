"""A vector comes in; its nearest names and references go out.

The store is the truth; index and class means are lenses over it, held in memory and brought up to
date whenever the store has changed, whoever changed it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
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

LOOKED_AT = 0.25
"""The share of strangers, highest first, whose look-alikes are looked up: more than is needed."""

_AT_ONCE = 4096
_NOT_ASKED = StrangerSample(np.empty(0, np.float32), np.empty(0, np.int64))


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

    def __init__(self, store: Store, same_picture: float = 0.99) -> None:
        """Look at a store.

        same_picture: the cosine from which two pictures are taken for one: a copy, re-encoded or a
        little smaller.
        """
        self._store, self._same_picture = store, same_picture
        self._seen: tuple[int, int] | None = None
        self._strangers: StrangerSample | None = _NOT_ASKED
        self._names: dict[int, str] = {}
        self._sharing: set[tuple[int, int]] = set()
        self._clear()

    def refresh(self) -> None:
        """Read what has changed; all answers until the next call are of one moment.

        Raises GalleryDamaged, GalleryLocked; then nothing is answered until it succeeds.
        """
        if self._store.state == self._seen:
            return
        self._seen = None
        try:
            with self._store.reading():
                state = self._store.state
                self._read_new()
                if len(self._ids) != self._store.count():  # somebody was forgotten: start over
                    self._clear()
                    self._read_new()
                self._names = self._store.names_by_id()
                self._sharing = self._store.sharing()
            if not set(self._owners.tolist()) <= set(self._names):
                raise GalleryDamaged(self.path, "a reference belongs to nobody")
        except BaseException:
            self._clear()
            raise
        self._prototypes = Prototypes(self._vectors, self._owners)
        self._strangers = _NOT_ASKED
        self._seen = state

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
        owners = self._owners[np.searchsorted(self._ids, ids[0])].tolist()
        return tuple(
            Neighbor(self._names[owner], float(similarity), number, known[number].source)
            for similarity, number, owner in zip(
                similarities[0], ids[0].tolist(), owners, strict=True
            )
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

        At most 2,000 references, evenly taken. Names that share a picture, or nearly, are no
        strangers to each other. None where there are not two names.
        """
        if self._strangers is _NOT_ASKED:
            self._strangers = self._ask_as_strangers() if len(self._prototypes) > 1 else None
        return self._strangers

    def _ask_as_strangers(self) -> StrangerSample | None:
        step = -(-len(self._vectors) // MOST_STRANGERS)
        vectors, owners = self._vectors[::step], self._owners[::step]
        similarities = self._prototypes.as_strangers(
            vectors, owners, self._sharing, same=self._same_picture, share=LOOKED_AT
        )
        told = np.isfinite(similarities)
        return StrangerSample(similarities[told], owners[told]) if told.any() else None

    def _clear(self) -> None:
        d = self._store.recipe.d
        self._index = ExactIndex(d)
        self._vectors: NDArray[np.float32] = np.empty((0, d), np.float32)
        self._owners: NDArray[np.int64] = np.empty(0, np.int64)
        self._ids: NDArray[np.int64] = np.empty(0, np.int64)
        self._prototypes = Prototypes(self._vectors, self._owners)

    def _read_new(self) -> None:
        last = int(self._ids[-1]) if len(self._ids) else 0
        vectors, owners, ids = [self._vectors], [self._owners], [self._ids]
        rows = iter(self._store.vectors(after=last))
        while some := list(islice(rows, _AT_ONCE)):
            block = np.frombuffer(b"".join(blob for _, _, blob in some), "<f4")
            vectors.append(block.reshape(len(some), -1).astype(np.float32, copy=False))
            owners.append(np.array([owner for _, owner, _ in some], np.int64))
            ids.append(np.array([number for number, _, _ in some], np.int64))
            try:
                self._index.add(vectors[-1], ids[-1])
            except ValueError as error:
                raise GalleryDamaged(self.path, str(error)) from error
        self._vectors, self._owners = np.concatenate(vectors), np.concatenate(owners)
        self._ids = np.concatenate(ids)
