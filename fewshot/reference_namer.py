"""References come in; the names a query may have, by its nearest references, go out."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from fewshot.evidence import Evidence
from fewshot.growing import GrowingRows
from fewshot.index import Ids, Vectors
from fewshot.mean_namer import MOST_COMPARED, MOST_STAND_INS
from fewshot.naming import Naming
from fewshot.scoring import (
    NEVER,
    References,
    best_two_but_friends,
    decision_scores,
    grouped,
    held_out,
    scores,
    voters,
)
from fewshot.spaces import Space
from fewshot.standing import Pairs, Sample, Standing, Strangers, most_first, standing_of


class ReferenceNamer:
    """Names queries by the nearest reference, or a vote of the nearest; see `standing.Namer`.

    Holds its own copy of the references; all stand-ins are asked again after each change.
    """

    def __init__(self, d: int, naming: Naming) -> None:
        """Start without references."""
        self.naming = naming
        self._space = Space.of(naming.rule.space, naming.center)
        self._placed: GrowingRows[np.float32] = GrowingRows((d,), np.float32)
        self._owners: GrowingRows[np.int64] = GrowingRows((), np.int64)
        self._ids: GrowingRows[np.int64] = GrowingRows((), np.int64)
        self._together: References | None = None
        self._names: Ids = np.empty(0, np.int64)

    def __len__(self) -> int:
        return self._all().names

    def add(self, vectors: Vectors, ids: Ids, owners: Ids) -> None:
        """Let more references count, (n, d) of length 1."""
        self._placed.append(self._space.place(vectors))
        self._owners.append(owners)
        self._ids.append(ids)
        self._together = None

    def remove(self, owners: list[int]) -> None:
        """Take out all references of these owners."""
        at = np.flatnonzero(np.isin(self._owners.rows, owners))
        for column in (self._placed, self._owners, self._ids):
            column.remove(at)
        self._together = None

    def standing(self, query: Vectors, k: int) -> Standing:
        """Return the k best names for a query (d,) of length 1; ties stand in the order of ids."""
        everybody = self._all()
        found = np.empty(0, np.float32)
        if everybody.names:
            placed = self._space.place(query[np.newaxis])
            found = scores(self.naming.rule.scoring, everybody, placed)[0]
        return standing_of(found, self._names, k, self.naming.temperature)

    def votes(
        self, query: Vectors, owner: int, own: tuple[Ids, Vectors]
    ) -> list[tuple[int, float]]:
        """Return the nearest reference, or those that voted for a name; see `standing.Namer`."""
        all_similar = self._space.place(query[np.newaxis]) @ self._placed.rows.T  # as `scores` does
        similar = all_similar[0]
        mine = self._owners.rows == owner
        if self.naming.rule.scoring == "nearest":
            at = np.flatnonzero(mine)
            near = at[[similar[at].argmax()]]
            return most_first(self._ids.rows[near], similar[near])
        near = voters(all_similar)[0]
        parts = np.maximum(similar[near], 0.0) / len(near)
        return most_first(self._ids.rows[near][mine[near]], parts[mine[near]])

    def held_out(self, owner: int, own: Vectors) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return how each reference stands without itself; see `standing.Namer`."""
        return self._known(np.flatnonzero(self._owners.rows == owner), {})

    def friends(self, owner: int) -> set[int]:
        """Return nobody: near copies are looked up where names are scored by their means."""
        return set()

    def evidence(
        self, references: int, sample: Sample, friends: Pairs, strangers: Strangers
    ) -> Evidence:
        """Return what the gallery knows of strangers; see `standing.Namer`."""
        everybody, scoring = self._all(), self.naming.rule.scoring
        most = min(MOST_STAND_INS, max(1, MOST_COMPARED // max(1, len(self._owners))))
        some = np.arange(len(self._owners))[:: max(1, -(-len(self._owners) // most))]
        similar = everybody.vectors[some] @ everybody.vectors.T
        found = held_out(scoring, everybody, some, whole_name=True, similar=similar)
        owners = self._owners.rows[some]
        known = grouped(friends)
        for one, others in known.items():
            found[np.ix_(owners == one, np.isin(self._names, list(others)))] = NEVER
        own, rivals = self._known(some, known, similar)
        given = scores(scoring, everybody, self._space.place(strangers.vectors))
        return Evidence(
            names=len(self),
            references=references,
            stand_ins=decision_scores(best_two_but_friends(found, self._names, known)[1]),
            owners=owners,
            strangers=decision_scores(best_two_but_friends(given, self._names, known)[1]),
            blocks=strangers.blocks,
            own=own,
            rivals=rivals,
            alone=float((everybody.counts == 1).mean()) if everybody.names else 0.0,
        )

    def _known(
        self,
        some: NDArray[np.intp],
        friends: Mapping[int, Collection[int]],
        similar: NDArray[np.float32] | None = None,
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return how some references stand without themselves: to their own, to the next."""
        everybody = self._all()
        scoring = self.naming.rule.scoring
        found = held_out(scoring, everybody, some, whole_name=False, similar=similar)
        row, at = np.arange(len(some)), everybody.owners[some]
        own = found[row, at].copy()
        found[row, at] = NEVER
        for one, others in friends.items():
            rows = np.flatnonzero(self._owners.rows[some] == one)
            found[np.ix_(rows, np.isin(self._names, list(others)))] = NEVER
        return own, found.max(axis=1)

    def _all(self) -> References:
        if self._together is None:
            self._names, at = np.unique(self._owners.rows, return_inverse=True)
            self._together = References(self._placed.rows, at.reshape(-1), len(self._names))
        return self._together
