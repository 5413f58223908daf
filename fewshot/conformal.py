"""Scores in blocks come in; the p-value of another score, and the score a rate needs, go out.

Conformal prediction (Vovk, Gammerman, Shafer 2005) for data in groups (Lee, Barber, Willett, arXiv
2306.06342): a block counts once, however many scores it has.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


class Blocks:
    """Scores that strangers had, each of some block."""

    def __init__(
        self, scores: NDArray[np.float64], blocks: NDArray[np.int64], also: float = 0.0
    ) -> None:
        """Rank scores (n,), of blocks (n,). also: blocks that count as near whatever is asked."""
        order = np.argsort(-scores, kind="stable")
        names, group, counts = np.unique(blocks, return_inverse=True, return_counts=True)
        weights = 1.0 / counts[group.reshape(-1)] if len(blocks) else np.empty(0)
        self._falling = scores[order]
        self._sums = np.concatenate([[0.0], np.cumsum(weights[order])])
        self._least = 1.0 + also
        self.count = len(names)

    def __len__(self) -> int:
        return self.count

    @property
    def tightest(self) -> float:
        """The lowest p-value there can be, in (0, 1]."""
        return min(1.0, self._least / (self.count + 1))

    def p_value(self, score: float) -> float:
        """Return (1 + the blocks that come as near) / (1 + blocks), in (0, 1].

        A block comes as near by the share of its scores that do.
        """
        near = self._sums[np.searchsorted(-self._falling, -score, side="right")]
        return min(1.0, (self._least + float(near)) / (self.count + 1))

    def needed(self, rate: float) -> float:
        """Return the lowest score whose p-value is within a rate; infinite where none is."""
        if rate >= 1.0:
            return -math.inf
        allowed = rate * (self.count + 1) - self._least + 1e-9
        if allowed < 0.0:
            return math.inf
        place = int(np.searchsorted(self._sums, allowed, side="right")) - 1
        if place >= len(self._falling):
            return -math.inf
        return float(np.nextafter(self._falling[place], math.inf))
