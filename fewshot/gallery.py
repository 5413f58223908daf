"""A vector comes in; its nearest names and references go out.

The store is the truth; index and class means are lenses over it, held in memory and brought up to
date whenever the store has changed, whoever changed it, by what the log of operations says.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from fewshot.approximate import ApproximateIndex
from fewshot.cached import kept
from fewshot.calibration import StrangerSample
from fewshot.errors import GalleryDamaged
from fewshot.index import APPROXIMATE_FROM, ExactIndex
from fewshot.operations import last_operation, touched_since
from fewshot.prototypes import Prototypes
from fewshot.store import Store
from fewshot.vectors import Block, blocks

MOST_STRANGERS = 2_000
"""References that stand in for strangers; more would cost time and change little."""

MOST_COMPARED = 20_000_000
"""Stand-in strangers times names that are compared: where there are many names, fewer strangers."""

LOOKED_AT = 0.25
"""The share of strangers, highest first, whose look-alikes are looked up: more than is needed."""

MOST_TOUCHED = 1_000
"""Identities changed since the last look from which on all is read anew."""

Found = TypeVar("Found")
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
    """Searches a store's identities and references by cosine similarity.

    Questions are asked in a `moment`.
    """

    def __init__(self, store: Store, same_picture: float = 0.99) -> None:
        """Look at a store.

        same_picture: the cosine from which two pictures are taken for one: a copy, re-encoded or a
        little smaller.
        """
        self._store, self._same_picture = store, same_picture
        self._clear()

    def _clear(self) -> None:
        self._seen: tuple[int, int] | None = None
        self._operation = 0  # the last one that the lenses show
        self._last = 0  # the highest id of a reference that they show
        self._index: ExactIndex | ApproximateIndex = ExactIndex(self._store.recipe.d)
        self._prototypes = Prototypes.of(self._store.recipe.d)
        self._strangers: StrangerSample | None = _NOT_ASKED
        self._sharing: set[tuple[int, int]] = set()
        self._sharing_until = 0

    @contextmanager
    def moment(self) -> Iterator[None]:
        """Bring the lenses up to date; all that is asked inside is answered of that one moment.

        Raises GalleryDamaged, GalleryLocked.
        """
        with self._store.reading():
            if self._store.state != self._seen:
                try:
                    self._catch_up()
                except BaseException:
                    self._clear()
                    raise
            yield

    def __len__(self) -> int:
        """Return how many references there are."""
        return len(self._index)

    @property
    def wants_index(self) -> bool:
        """Whether an approximate index, or a newer one, would make opening it faster."""
        if isinstance(self._index, ApproximateIndex):
            return self._index.added > max(APPROXIMATE_FROM, len(self)) // 10
        return len(self) >= APPROXIMATE_FROM

    @property
    def path(self) -> Path:
        """The gallery file."""
        return self._store.path

    def neighbors(self, vector: NDArray[np.float32], k: int) -> tuple[Neighbor, ...]:
        """Return the k nearest references, nearest first; fewer where there are fewer.

        vector: (d,) float32 of length 1. k: 1 or more.
        """
        similarities, ids = self._index.search(vector[np.newaxis], k)
        known = self._store.references_by_id(ids[0].tolist())
        return tuple(
            Neighbor(self._of(known, number).name, similarity, number, known[number].source)
            for similarity, number in zip(similarities[0].tolist(), ids[0].tolist(), strict=True)
        )

    def candidates(self, vector: NDArray[np.float32], k: int) -> tuple[Candidate, ...]:
        """Return the k nearest names by their class means, nearest first.

        vector: (d,) float32 of length 1. k: 1 or more.
        """
        nearest = self._prototypes.nearest(vector, k)
        names = self._store.names_of(owner for owner, _ in nearest)
        return tuple(Candidate(self._of(names, owner), similar) for owner, similar in nearest)

    def strangers(self) -> StrangerSample | None:
        """Return how near strangers would come, by letting each identity stand in for one.

        At most 2,000 references, evenly taken. Names that share a picture, or nearly, are no
        strangers to each other. None where there are not two names.
        """
        if self._strangers is _NOT_ASKED:
            self._strangers = self._ask_as_strangers() if len(self._prototypes) > 1 else None
        return self._strangers

    def _ask_as_strangers(self) -> StrangerSample | None:
        most = min(MOST_STRANGERS, max(1, MOST_COMPARED // len(self._prototypes)))
        vectors, owners = self._index.sample(most)
        self._sharing |= self._store.sharing(after=self._sharing_until)
        self._sharing_until = self._last
        similarities = self._prototypes.as_strangers(
            vectors, owners, self._sharing, same=self._same_picture, share=LOOKED_AT
        )
        told = np.isfinite(similarities)
        return StrangerSample(similarities[told], owners[told]) if told.any() else None

    def _of(self, known: dict[int, Found], number: int) -> Found:
        if number not in known:
            raise GalleryDamaged(self.path, "a reference belongs to nobody")
        return known[number]

    def _catch_up(self) -> None:
        """Read what has changed; the caller holds the snapshot."""
        if not self._last:
            self._take_up_index()
        touched: list[int] = []
        if self._last:
            touched = touched_since(self._store, self._operation, most=MOST_TOUCHED)
        if len(touched) > MOST_TOUCHED:
            self._clear()
            touched = []
        if not self._last:
            index = ExactIndex(self._store.recipe.d)
            index.reserve(self._store.count())
            self._index = index
        before = self._last, len(self)
        self._index.remove(touched)
        self._prototypes.remove(touched)
        for identity in touched:
            self._read(blocks(self._store, of=identity, until=self._last))
        self._read(blocks(self._store, after=self._last))
        if touched or before != (self._last, len(self)):
            self._strangers = _NOT_ASKED
        self._operation = last_operation(self._store)
        self._seen = self._store.state

    def _take_up_index(self) -> None:
        """Start from the index kept beside the gallery, where there is one; else all is read."""
        if lenses := kept(self._store):
            self._index, self._prototypes = lenses.index(self._store), lenses.prototypes()
            self._operation, self._last = lenses.operation, lenses.last

    def _read(self, some: Iterator[Block]) -> None:
        for ids, owners, vectors in some:
            try:
                self._index.add(vectors, ids, owners)
            except ValueError as error:
                raise GalleryDamaged(self.path, str(error)) from error
            self._prototypes.add(vectors, owners)
            self._last = max(self._last, int(ids[-1]))
