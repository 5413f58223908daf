"""Vectors and whose they are come in; what removing some of them changes goes out.

One at a time only its own name's mean moves, so that only similarities to that are asked anew.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fewshot.findings import Effect
from fewshot.leave_one_out import (
    Codes,
    Floats,
    Means,
    Standing,
    Vectors,
    balanced,
    lengths,
    standing,
    without_one,
)
from fewshot.risk import RATE

"""The share of stand-in strangers that reach the threshold, where none is given."""

_AT_ONCE = 32


class Removals:
    """Works out what removals change in leave-one-out accuracy and stranger rate."""

    def __init__(self, vectors: Vectors, codes: Codes, threshold: float | None = None) -> None:
        """Look at `vectors` (n, d), each of length 1, as they are matched; codes (n,)."""
        self._vectors, self._codes = vectors, codes
        self.means = Means(vectors, codes)
        self._names = len(self.means.counts)
        self.standing = standing(vectors, codes, self.means)
        self.threshold = self._usual() if threshold is None else threshold

    @property
    def accuracy(self) -> float | None:
        """The share that stands nearest to its own name, each name counting the same."""
        told = ~np.isnan(self.standing.own)
        right = self.standing.own > self.standing.nearest
        return balanced(right[told], self._codes[told], self._names)

    def alone(self, rows: Sequence[int]) -> list[Effect]:
        """Return what removing each of these references changes, by itself."""
        found = []
        for start in range(0, len(rows), _AT_ONCE):
            some = np.array(rows[start : start + _AT_ONCE], np.int64)
            sums = self.means.sums[self._codes[some]] - self._vectors[some]
            dots = (sums @ self._vectors.T).astype(np.float64)  # a row a removal
            for row, to_sum, length in zip(some, dots, lengths(sums), strict=True):
                found.append(self._without(int(row), to_sum, float(length)))
        return found

    def together(self, rows: Sequence[int]) -> Effect:
        """Return what removing all of these references at once changes."""
        stay = np.ones(len(self._codes), bool)
        stay[list(rows)] = False
        kept, codes = np.unique(self._codes[stay], return_inverse=True)
        codes = codes.reshape(-1)
        left = self._vectors[stay]
        now = standing(left, codes, Means(left, codes))
        after = now._replace(name=kept[now.name])
        return self._effect(self._codes[stay], self.standing.of(stay), after)

    def _without(self, row: int, to_sum: Floats, length: float) -> Effect:
        codes, now = self._codes, self.standing
        name = codes[row]
        count = int(self.means.counts[name]) - 1
        moved = to_sum / length if count else np.full(len(codes), -np.inf)
        rest = np.where(now.name == name, now.second, now.nearest)
        nearest = np.where(codes == name, now.nearest, np.maximum(rest, moved))
        own = np.where(
            codes == name,
            without_one(to_sum, np.array(length), np.array(count)),
            now.own,
        )
        stay = np.arange(len(codes)) != row
        before = now.of(stay)
        after = before._replace(own=own[stay], nearest=nearest[stay])
        return self._effect(codes[stay], before, after)

    def _effect(self, codes: Codes, before: Standing, after: Standing) -> Effect:
        told = ~np.isnan(after.own) & ~np.isnan(before.own)

        def accuracy(one: Standing) -> float:
            right: NDArray[np.bool_] = one.own > one.nearest
            return balanced(right[told], codes[told], self._names) or 0.0

        def strangers(one: Standing) -> float:
            return balanced(one.nearest >= self.threshold, codes, self._names) or 0.0

        return Effect(accuracy(before), accuracy(after), strangers(before), strangers(after))

    def _usual(self) -> float:
        """Return the similarity that 5 % of the stand-in strangers reach, names counting alike."""
        if self._names < 2:
            return 1.0
        nearest = self.standing.nearest
        weights = 1.0 / (self.means.counts[self._codes] * self._names)
        order = np.argsort(nearest)
        passed = np.cumsum(weights[order])
        return float(nearest[order][np.searchsorted(passed, 1.0 - RATE - 1e-9)])
