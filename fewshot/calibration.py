"""What a gallery knows of strangers comes in, and a rate; p-values and the score needed go out.

Of strangers shown to this gallery, at most this share is to get any name. Each identity in turn
plays the stranger against the rest; with all pictures of an identity as one block, the p-value of a
new picture is (1 + the blocks that come as near) / (1 + blocks): conformal prediction (Vovk,
Gammerman, Shafer 2005) for data in groups (Lee, Barber, Willett, arXiv 2306.06342). It can tell no
rate below 1 / (1 + blocks), and near that it rests on the one nearest block; so below
2 / (1 + blocks) the shares measured on other pictures take over, never more freely than the second
block allows. The one reference of a name is to its nearest stranger what the stranger is to it: had
the stranger been enrolled, it would have come as near. So where all names have one, one block more
counts as coming as near; where some have, their share of it.
docs/decisions/0013-the-rate-of-false-names.md says what that gives.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fewshot.evidence import Evidence
from fewshot.scoring import NEVER
from fewshot.stranger_model import StrangerTail

ANCHOR = 2.0
"""Blocks, of those that come nearest, that the gallery's own evidence is to have beyond a rate."""

FEWEST_NAMES = 3
"""Of two names, a stand-in meets one alone, and no runner-up takes anything off its score."""


class Calibration:
    """The p-value of a decision score, and the score that a name needs."""

    def __init__(
        self, evidence: Evidence, tail: StrangerTail, *, rate: float, strict: bool = False
    ) -> None:
        """Calibrate for a rate in (0, 1).

        strict: rest on the gallery's own evidence alone, down to 1 / (1 + blocks); where that does
        not reach the rate, `supported` is False and the score needed infinite.
        """
        self.rate, self._tail = rate, tail
        wanted = 1.0 if strict else ANCHOR
        told = evidence.stand_ins > NEVER
        enough = rate * (evidence.stranger_blocks + 1) >= wanted
        use_own = evidence.names >= FEWEST_NAMES and not (enough and evidence.stranger_blocks)
        self._mutual = evidence.alone if use_own else 0.0
        scores = [evidence.strangers, evidence.stand_ins[told] if use_own else _NOTHING]
        blocks = [-1 - evidence.blocks, evidence.owners[told] if use_own else _NOBODY]
        self.stranger_blocks = evidence.stranger_blocks
        self.names = len(np.unique(evidence.owners[told])) if use_own else 0
        self.blocks = self.stranger_blocks + self.names
        self._rank(np.concatenate(scores).astype(np.float64), np.concatenate(blocks))
        self._wanted = wanted + self._mutual
        self.tightest = min(1.0, self._wanted / (self.blocks + 1))
        """The lowest rate that the gallery's own evidence can show."""
        self.supported = rate >= self.tightest * (1 - 1e-12)
        self.anchor = self._above(self.tightest)
        if self.supported:
            self.needed = self._above(rate)
        else:
            self.needed = math.inf if strict else max(self.anchor, tail.score(rate))

    @property
    def basis(self) -> str:
        """What it rests on: "gallery", "strangers", "gallery and strangers" or "prior"."""
        if not self.supported:
            return "prior"
        own = ["gallery"] if self.names else []
        return " and ".join(own + (["strangers"] if self.stranger_blocks else []))

    @property
    def strictest(self) -> float:
        """The lowest rate that it can show with `strict`."""
        return min(1.0, (1.0 + self._mutual) / (self.blocks + 1))

    @property
    def names_needed(self) -> int:
        """How many names, or strangers, would show the rate asked for."""
        return math.ceil(self._wanted / self.rate - 1e-9) - 1

    def p_value(self, score: float) -> float:
        """Return the share of strangers that would come as near as this, in (0, 1]."""
        conformal = (1.0 + self._mutual + self._beyond(score)) / (self.blocks + 1)
        if self.supported or score < self.anchor:
            return min(1.0, conformal)
        return min(self.tightest, self._tail.rate(score))

    def _rank(self, scores: NDArray[np.float64], blocks: NDArray[np.int64]) -> None:
        order = np.argsort(-scores, kind="stable")
        _, group, counts = np.unique(blocks, return_inverse=True, return_counts=True)
        weights = 1.0 / counts[group.reshape(-1)] if len(blocks) else np.empty(0)
        self._falling = scores[order]
        self._sums = np.concatenate([[0.0], np.cumsum(weights[order])])

    def _beyond(self, score: float) -> float:
        """Return how many blocks come as near: each counts by the share of its pictures."""
        return float(self._sums[np.searchsorted(-self._falling, -score, side="right")])

    def _above(self, rate: float) -> float:
        """Return the lowest score whose conformal p-value is within a rate."""
        if rate >= 1.0:
            return -math.inf
        allowed = rate * (self.blocks + 1) - 1.0 - self._mutual + 1e-9
        place = int(np.searchsorted(self._sums, allowed, side="right")) - 1
        if place >= len(self._falling):
            return -math.inf
        return float(np.nextafter(self._falling[place], math.inf))


_NOTHING, _NOBODY = np.empty(0, np.float32), np.empty(0, np.int64)
