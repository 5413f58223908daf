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
from dataclasses import replace

import numpy as np

from fewshot.conformal import Blocks
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
        given = Blocks(evidence.strangers.astype(np.float64), evidence.blocks)
        alone = len(given) > 0 and rate * (len(given) + 1) >= wanted
        self._used = given if alone or evidence.names < FEWEST_NAMES else _together(evidence)
        self.stranger_blocks, self.blocks = len(given), len(self._used)
        self.names = self.blocks - self.stranger_blocks
        self._wanted = wanted + (0.0 if self._used is given else evidence.alone)
        self.tightest = min(1.0, self._wanted / (self.blocks + 1))
        """The lowest rate that the gallery's own evidence can show."""
        self.supported = rate >= self.tightest * (1 - 1e-12)
        self._anchor = self._used.needed(self.tightest)
        # to ask for less never names more, also where strangers no longer decide alone
        self._given = given
        self._floor = given.needed(wanted / (len(given) + 1)) if len(given) else -math.inf
        if self.supported:
            needed = self._used.needed(rate)
        else:
            needed = math.inf if strict else max(self._anchor, tail.score(rate))
        self.needed = needed if alone else max(needed, self._floor)

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
        return self._used.tightest

    @property
    def names_needed(self) -> int:
        """How many names, or strangers, would show the rate asked for."""
        return math.ceil(self._wanted / self.rate - 1e-9) - 1

    def p_value(self, score: float) -> float:
        """Return the share of strangers that would come as near as this, in (0, 1]."""
        if self.supported or score < self._anchor:
            found = self._used.p_value(score)
        else:
            found = min(self.tightest, self._tail.rate(score))
        if score < self._floor and self._used is not self._given:
            return max(found, self._given.p_value(score))
        return found


def lifted(evidence: Evidence, by: float) -> Evidence:
    """Return evidence whose stand-ins come so much nearer, in decision score.

    For names that a head was trained on: it has pushed them apart, and strangers it has not.
    """
    if not by:
        return evidence
    told = evidence.stand_ins > NEVER
    nearer = np.where(told, evidence.stand_ins + np.float32(by), evidence.stand_ins)
    return replace(evidence, stand_ins=nearer)


def _together(evidence: Evidence) -> Blocks:
    """Return stand-ins and strangers as blocks."""
    told = evidence.stand_ins > NEVER
    scores = np.concatenate([evidence.stand_ins[told], evidence.strangers])
    blocks = np.concatenate([evidence.owners[told], -1 - evidence.blocks])
    return Blocks(scores.astype(np.float64), blocks, also=evidence.alone)
