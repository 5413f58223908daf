"""A vector comes in; its nearest names and references go out.

The store is the truth; index and class means are lenses over it, held in memory and brought up to
date whenever the store has changed, whoever changed it, by what the log of operations says.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from fewshot.approximate import ApproximateIndex
from fewshot.cached import kept
from fewshot.corrected_pictures import Corrections
from fewshot.errors import GalleryDamaged
from fewshot.evidence import Evidence
from fewshot.index import APPROXIMATE_FROM, ExactIndex
from fewshot.namer import namer_for
from fewshot.naming import Naming, naming_of
from fewshot.nearness import Candidate, Neighbor
from fewshot.operations import last_operation, touched_since
from fewshot.rules import SIMPLEST
from fewshot.sharing import SharedPictures
from fewshot.standing import Standing, Strangers
from fewshot.store import Store
from fewshot.strangers import read_strangers, strangers_kept
from fewshot.vectors import Block, blocks, vectors_of

MOST_TOUCHED = 1_000
"""Identities changed since the last look from which on all is read anew."""

Found = TypeVar("Found")


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
        self._namer = namer_for(self._store.recipe.d, Naming(), self._same_picture)
        self._evidence: Evidence | None = None
        self._corrections: Corrections | None = None
        self._corrected_before: Corrections | None = None
        self._held_out: dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]] = {}
        self._strangers_seen: tuple[int, ...] | None = None
        nothing = np.empty((0, self._store.recipe.d), np.float32)
        self._strangers = Strangers(nothing, np.empty(0, np.int64))
        self._shared = SharedPictures(self._store)

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
    def store(self) -> Store:
        """The gallery file, open."""
        return self._store

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

    @property
    def corrections(self) -> Corrections:
        """What was said of pictures that were named wrongly."""
        if self._corrections is None:
            self._corrections = Corrections(self._store, self._corrected_before)
            self._corrected_before = self._corrections
        return self._corrections

    @property
    def naming(self) -> Naming:
        """How it names."""
        return self._namer.naming

    def standing(self, vector: NDArray[np.float32], k: int) -> Standing:
        """Return how a query stands to the k nearest names. vector: (d,) of length 1; k: 1 or more.

        Names are scored by the gallery's rule; a gallery that is searched by an approximate index
        has the nearest class mean.
        """
        return self._namer.standing(vector, k)

    def candidates(self, standing: Standing) -> tuple[Candidate, ...]:
        """Return the names of a standing, nearest first."""
        names = self._store.names_of(standing.owners.tolist())
        return tuple(
            Candidate(self._of(names, owner), score)
            for owner, score in zip(standing.owners.tolist(), standing.scores.tolist(), strict=True)
        )

    def votes(self, vector: NDArray[np.float32], name: str) -> list[tuple[int, float]]:
        """Return what each reference adds to the score of a name, by its id, most first.

        vector: (d,) of length 1. Raises UnknownName.
        """
        owner = self._store.identity(name)
        return self._namer.votes(vector, owner, vectors_of(self._store, owner))

    def held_out(self, name: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return how each reference of a name stands without itself: to its own, to the next.

        Both (n,); below -1 where there is nobody. Raises UnknownName.
        """
        if name not in self._held_out:
            owner = self._store.identity(name)
            own = vectors_of(self._store, owner)[1]
            self._held_out[name] = self._namer.held_out(owner, own)
        return self._held_out[name]

    def sources(self, references: list[int]) -> dict[int, str]:
        """Return where references came from, by id."""
        known = self._store.references_by_id(references)
        return {number: self._of(known, number).source for number in references}

    def names_of(self, identities: Collection[int]) -> set[str]:
        """Return the names of identities."""
        return set(self._store.names_of(identities).values()) if identities else set()

    def friends(self, owner: int) -> set[int]:
        """Return the identities that share a picture with one: no strangers to it."""
        shared = {other for one, other in self._shared.pairs(self._last) if one == owner}
        return shared | self._namer.friends(owner)

    def evidence(self) -> Evidence:
        """Return what the gallery knows of strangers: each identity in turn stands in for one.

        At most 2,000 references, evenly taken. Names that share a picture, or nearly, are no
        strangers to each other. The same object as long as nothing has changed.
        """
        if not len(self):
            return Evidence.none(0, 0)
        if self._evidence is None:
            self._take_up_strangers()
            shared = self._shared.pairs(self._last)
            self._evidence = self._namer.evidence(
                len(self), self._index.sample, shared, self._strangers
            )
        return self._evidence

    def _take_up_strangers(self) -> None:
        """Read the pictures of nobody enrolled that were given, where they have changed."""
        seen = strangers_kept(self._store)
        if seen != self._strangers_seen:
            self._strangers, self._strangers_seen = read_strangers(self._store), seen

    def _of(self, known: dict[int, Found], number: int) -> Found:
        if number not in known:
            raise GalleryDamaged(self._store.path, "a reference belongs to nobody")
        return known[number]

    def _catch_up(self) -> None:
        """Read what has changed; the caller holds the snapshot."""
        if self._last and self._naming() != self._namer.naming:
            self._clear()
        if not self._last:
            self._begin()
        since = self._operation
        touched = touched_since(self._store, since, most=MOST_TOUCHED) if self._last else []
        if len(touched) > MOST_TOUCHED:
            self._clear()
            self._begin(anew=True)
            touched = []
        self._shared.touch(touched)
        self._index.remove(touched)
        self._namer.remove(touched)
        for identity in touched:
            self._read(blocks(self._store, of=identity, until=self._last))
        self._read(blocks(self._store, after=self._last))
        self._evidence = self._corrections = None
        self._held_out = {}
        self._operation = last_operation(self._store)
        self._seen = self._store.state

    def _begin(self, *, anew: bool = False) -> None:
        """Start from the index kept beside the gallery, where there is one; else all is read."""
        d, means = self._store.recipe.d, None
        if not anew and (lenses := kept(self._store)):
            self._index, means = lenses.index(self._store), lenses.prototypes()
            self._operation, self._last = lenses.operation, lenses.last
        else:
            exact = ExactIndex(d)
            exact.reserve(self._store.count())
            self._index = exact
        self._namer = namer_for(d, self._naming(), self._same_picture, means)

    def _naming(self) -> Naming:
        """Return how the gallery names; an approximate index has class means only."""
        naming = naming_of(self._store)
        if isinstance(self._index, ApproximateIndex) and naming.rule != SIMPLEST:
            return Naming()
        return naming

    def _read(self, some: Iterator[Block]) -> None:
        for ids, owners, vectors in some:
            try:
                self._index.add(vectors, ids, owners)
            except ValueError as error:
                raise GalleryDamaged(self._store.path, str(error)) from error
            self._namer.add(vectors, ids, owners)
            self._last = max(self._last, int(ids[-1]))
