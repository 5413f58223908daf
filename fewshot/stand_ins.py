"""References come in, each to stand in for a stranger; how near such strangers come goes out.

Each reference is asked against the class means of all names but its own, and remembers the best
two. When a name changes, the rows it concerns are asked again and no others.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import numpy as np
from numpy.typing import NDArray

from fewshot.growing import GrowingRows
from fewshot.prototypes import Owners, Prototypes, Vectors
from fewshot.scoring import NEVER, best_two_but_friends, decision_scores, grouped, own_means

LOOKED_AT = 0.25
"""The share of strangers, highest first, whose look-alikes are looked up."""

_AT_ONCE = 512
_FEW = 16
_NOBODY = -1


class StandIns:
    """Some references of a gallery, as strangers to all names but their own.

    Two names that share a picture, or nearly, are friends: no strangers to each other, and beside
    one the other is no runner-up. Given strangers have owners below 0, who have no class mean.
    """

    def __init__(self, prototypes: Prototypes, same: float = 2.0) -> None:
        """Ask against these class means, which the caller keeps up to date.

        same: the cosine from which two references are one picture; above 1, none are.
        """
        d = prototypes.sums.shape[1]
        self._prototypes, self._same = prototypes, same
        self._plain: GrowingRows[np.float32] = GrowingRows((d,), np.float32)
        self._placed: GrowingRows[np.float32] = GrowingRows((d,), np.float32)
        self._owners: GrowingRows[np.int64] = GrowingRows((), np.int64)
        self._names: GrowingRows[np.int64] = GrowingRows((2,), np.int64)
        self._scores: GrowingRows[np.float32] = GrowingRows((2,), np.float32)
        self._to_own: GrowingRows[np.float32] = GrowingRows((), np.float32)  # NaN: not asked yet
        self._friends: set[tuple[int, int]] = set()
        self._compared: set[tuple[int, int]] = set()
        self._looked: GrowingRows[np.int64] = GrowingRows((), np.int64)  # with whom each was last

    def __len__(self) -> int:
        return len(self._owners)

    @property
    def owners(self) -> Owners:
        """Whose each row is, (n,)."""
        return self._owners.rows

    @property
    def decisions(self) -> NDArray[np.float32]:
        """The decision score of each row, (n,); NEVER or less where there is no other name."""
        return decision_scores(self._scores.rows)

    @property
    def rivals(self) -> NDArray[np.float32]:
        """The score of each row for the best of the other names, (n,)."""
        return self._scores.rows[:, 0]

    @property
    def friends(self) -> dict[int, set[int]]:
        """Who shares a picture, or nearly, with whom."""
        return grouped(self._friends)

    def own(self) -> NDArray[np.float32]:
        """Return each row's cosine to its own name's mean without it; NEVER where there is none."""
        known = np.flatnonzero(self.owners >= 0)
        at = self._prototypes.places(self.owners[known].tolist())
        dots = self._to_own.rows[known]
        new = np.flatnonzero(np.isnan(dots))
        placed, sums = self._placed.rows[known[new]], self._prototypes.sums[at[new]]
        dots[new] = np.einsum("nd,nd->n", placed, sums)
        self._to_own.rows[known] = dots
        return own_means(self._prototypes.lengths[at], dots, self._prototypes.counts[at])

    def add(self, plain: Vectors, placed: Vectors, owners: Owners) -> None:
        """Let more references stand in: as embedded, and as the rule places them, (n, d).

        They are asked by the next `update`.
        """
        self._plain.append(plain)
        self._placed.append(placed)
        self._owners.append(owners)
        self._names.append(np.full((len(owners), 2), _NOBODY, np.int64))
        self._scores.append(np.full((len(owners), 2), -np.inf, np.float32))
        self._to_own.append(np.full(len(owners), np.nan, np.float32))
        self._looked.append(np.full(len(owners), _NOBODY, np.int64))

    def remove(self, owners: Collection[int]) -> None:
        """Take out all rows of these owners; the rows that met them are asked by `update`."""
        at = np.flatnonzero(np.isin(self.owners, list(owners)))
        for column in (
            self._plain, self._placed, self._owners, self._names, self._scores, self._to_own,
            self._looked,
        ):  # fmt: skip
            column.remove(at)
        gone = set(owners)
        self._friends = {pair for pair in self._friends if not gone & set(pair)}
        self._compared = {pair for pair in self._compared if not gone & set(pair)}

    def update(self, touched: Collection[int], friends: Iterable[tuple[int, int]] = ()) -> None:
        """Ask again what these names may have changed: they are new, gone, or have other means.

        friends: pairs of names that share a picture.
        """
        if not len(self):
            return
        changed = set(touched)
        if changed:
            self._compared = {
                (one, other)
                for one, other in self._compared
                if one not in changed and other not in changed
            }
            own = np.isin(self.owners, list(changed))
            self._to_own.rows[own] = np.nan
            self._looked.rows[own | np.isin(self._looked.rows, list(changed))] = _NOBODY
        stale = np.isneginf(self._scores.rows[:, 0])
        stale |= np.isin(self._names.rows, list(touched)).any(axis=1)
        stale |= self._befriend(friends)
        social = self.friends  # who are passed over beside their friends: then all are asked
        stale |= np.isin(self._names.rows[:, 0], list(social)) | (not changed.isdisjoint(social))
        fresh = np.flatnonzero(~stale)
        at = self._prototypes.places(touched)
        if len(at) < _FEW:  # all rows at once need no copy of them
            self._meet(fresh, at)
        else:
            for first in range(0, len(fresh), _AT_ONCE):
                self._meet(fresh[first : first + _AT_ONCE], at)
        self._ask(np.flatnonzero(stale))
        self._look_up()

    def _ask(self, rows: NDArray[np.intp]) -> None:
        """Find the best two names of these rows among all."""
        known = self._prototypes.owners
        for first in range(0, len(rows), _AT_ONCE):
            some = rows[first : first + _AT_ONCE]
            found = self._asked(some, np.arange(len(known)))
            places, best = best_two_but_friends(found, known, self.friends)
            self._scores.rows[some] = np.where(places < 0, NEVER, best)
            names = np.where(places < 0, _NOBODY, known[places])
            self._names.rows[some] = np.where(best > NEVER, names, _NOBODY)

    def _meet(self, rows: NDArray[np.intp], at: Owners) -> None:
        """Let these rows meet some names that are not among their best two."""
        if not len(rows) or not len(at):
            return
        met = self._prototypes.owners[at]
        found = np.concatenate([self._scores.rows[rows], self._asked(rows, at)], axis=1)
        names = np.concatenate(
            [self._names.rows[rows], np.broadcast_to(met, (len(rows), len(at)))], axis=1
        )
        order = np.argsort(-found, axis=1, kind="stable")[:, :2]
        best = np.take_along_axis(found, order, axis=1)
        self._scores.rows[rows] = best
        self._names.rows[rows] = np.where(
            best > NEVER, np.take_along_axis(names, order, axis=1), _NOBODY
        )

    def _asked(self, rows: NDArray[np.intp], at: Owners) -> NDArray[np.float32]:
        """Return the cosine of rows to the class means at these places; NEVER where it is own."""
        means = self._prototypes
        if len(at) < _FEW and 2 * len(rows) > len(self):
            dots = (self._placed.rows @ means.sums[at].T)[rows]
        else:
            dots = self._placed.rows[rows] @ means.sums[at].T
        found = dots / means.lengths[at]
        found = np.asarray(np.clip(found, -1.0, 1.0), np.float32)
        owners, met = self.owners[rows], means.owners[at]
        found[owners[:, np.newaxis] == met] = NEVER
        for one, other in self._friends:
            for whose, whom in ((one, other), (other, one)):
                found[np.ix_(owners == whose, met == whom)] = NEVER
        return found

    def _befriend(self, pairs: Iterable[tuple[int, int]]) -> NDArray[np.bool_]:
        """Note friends; return which rows that concerns, (n,)."""
        new = {(min(pair), max(pair)) for pair in pairs} - self._friends
        self._friends |= new
        concerned = np.zeros(len(self), np.bool_)
        for one, other in new:
            for whose, whom in ((one, other), (other, one)):
                concerned |= (self.owners == whose) & (self._names.rows == whom).any(axis=1)
                concerned |= self._names.rows[:, 0] == whose
        return concerned

    def _look_up(self) -> None:
        """Find near copies under two names, among the highest rows and one row of each name."""
        while self._same <= 1.0:
            nearest, owners = self._names.rows[:, 0], self.owners
            _, group, counts = np.unique(owners, return_inverse=True, return_counts=True)
            order = np.argsort(-self._scores.rows[:, 0], kind="stable")
            weights = 1.0 / (counts[group] * len(counts))
            high = order[np.cumsum(weights[order]) - weights[order] < LOOKED_AT]
            asked = np.concatenate([high, np.unique(owners, return_index=True)[1]])
            asked = asked[(nearest[asked] != self._looked.rows[asked]) & (owners[asked] >= 0)]
            asked = asked[nearest[asked] != _NOBODY]
            self._looked.rows[asked] = nearest[asked]
            two = np.sort(np.stack([owners[asked], nearest[asked]], axis=1), axis=1)
            pairs = {(one, other) for one, other in two.tolist()} - self._compared
            if not pairs:
                return
            self._compared |= pairs
            self._ask(np.flatnonzero(self._befriend(filter(self._alike, pairs))))

    def _alike(self, pair: tuple[int, int]) -> bool:
        one, other = (self._plain.rows[self.owners == name] for name in pair)
        return bool((one @ other.T >= self._same).any())
