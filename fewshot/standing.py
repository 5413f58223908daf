"""The scores of all names for a query come in; the best of them, and how likely, go out."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from fewshot.evidence import Evidence
from fewshot.index import Ids, Vectors
from fewshot.naming import Naming


class Standing(NamedTuple):
    """How a query stands to the names of a gallery."""

    owners: Ids  # (k,) identities, nearest first
    scores: NDArray[np.float32]  # (k,) in [-1, 1]
    share: float | None  # of the first, by the softmax over all names; None: too little data


class Sample(Protocol):
    """Takes some of a gallery's references: at most so many in all, and so many a name."""

    def __call__(self, most: int, each: int) -> tuple[Vectors, Ids]:
        """Return vectors (n, d), as embedded, and whose each is (n,)."""


class Strangers(NamedTuple):
    """Pictures of nobody enrolled."""

    vectors: Vectors  # (s, d), as embedded
    blocks: Ids  # (s,) which of them belong together, 0 or more


Pairs = frozenset[tuple[int, int]]
"""Identities that share a picture, both ways."""


class Namer(Protocol):
    """Scores names for queries by one rule: a lens, kept up to date with what changes."""

    naming: Naming

    def __len__(self) -> int:
        """Return how many names there are."""

    def add(self, vectors: Vectors, ids: Ids, owners: Ids) -> None:
        """Let more references count, (n, d) of length 1."""

    def remove(self, owners: list[int]) -> None:
        """Take out all references of these owners."""

    def standing(self, query: Vectors, k: int) -> Standing:
        """Return the k best names for a query (d,) of length 1; ties stand in the order of ids."""

    def votes(
        self, query: Vectors, owner: int, own: tuple[Ids, Vectors]
    ) -> list[tuple[int, float]]:
        """Return what each reference adds to the score of a name for a query, most first.

        own: ids and vectors of that name's references, as embedded. The parts sum to the score.
        """

    def held_out(self, owner: int, own: Vectors) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return how each reference of a name stands without itself: to its own, to the next.

        own: vectors (n, d) of that name, as embedded. Both (n,); NEVER where there is nobody.
        """

    def friends(self, owner: int) -> set[int]:
        """Return the identities that nearly share a picture with one, as far as was looked up."""

    def evidence(
        self, references: int, sample: Sample, friends: Pairs, strangers: Strangers
    ) -> Evidence:
        """Return what the gallery knows of strangers, asking again only what has changed.

        references: how many there are. strangers: the same object as long as they are the same.
        """


def standing_of(
    found: NDArray[np.float32], owners: Ids, k: int, temperature: float | None
) -> Standing:
    """Return the k best of all names: scores (m,), and whose each is (m,)."""
    k = min(k, len(owners))
    if not k:
        return Standing(owners[:0], found[:0], None)
    last = np.partition(found, len(found) - k)[len(found) - k]
    near = np.flatnonzero(found >= last)  # k, or more that are equally near
    best = near[np.lexsort((owners[near], -found[near]))][:k]
    share = None
    if temperature and len(owners) > 1:
        share = float(1.0 / np.exp((found - found[best[0]]) / temperature, dtype=np.float64).sum())
    return Standing(owners[best], np.clip(found[best], -1.0, 1.0), share)


def most_first(ids: Ids, parts: NDArray[np.float32]) -> list[tuple[int, float]]:
    """Return references with what each adds, most first."""
    order = np.argsort(-parts, kind="stable")
    return list(zip(ids[order].tolist(), parts[order].tolist(), strict=True))
