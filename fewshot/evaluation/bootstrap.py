"""Figures of classes come in; the 95 % interval of their mean goes out, by resampling the classes.

A percentile bootstrap is too narrow where classes are few: its spread is that of n - 1 of n, and
its tails are normal where those of a mean of n are Student's. So wider percentiles are taken, those
that would give Student's interval were the figures normal: Hesterberg, What Teachers Should Know
About the Bootstrap, The American Statistician 2015 ("expanded percentile"). How often such
intervals hold the true mean: `python -m eval.interval_coverage`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewshot.interval import Z95

RESAMPLES = 2_000
_CONFIDENCE = 0.95

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and the 95 % interval that the true one lies in."""

    value: float
    low: float
    high: float

    def to_mapping(self) -> dict[str, float]:
        """Return it ready for JSON."""
        return {
            "value": round(self.value, 6),
            "low": round(self.low, 6),
            "high": round(self.high, 6),
        }

    def said(self, sign: str = "") -> str:
        """Say it in a table's cell: a mean with its interval."""
        three = (self.value, self.low, self.high)
        middle, low, high = (f"{round(one, 3) + 0.0:{sign}.3f}" for one in three)
        return f"{middle} [{low}, {high}]"

    @property
    def apart(self) -> bool:
        """Whether the interval excludes 0."""
        return self.low > 0.0 or self.high < 0.0


class Bootstrap:
    """Names drawn again and again, the same draws for every figure: comparisons are paired."""

    def __init__(self, seed: int = 0) -> None:
        """Draw by this seed."""
        self._seed = seed
        self._draws: dict[int, Draws] = {}

    def draws(self, names: int) -> Draws:
        """Return the draws of so many names, always the same."""
        if names not in self._draws:
            self._draws[names] = Draws(names, self._seed)
        return self._draws[names]

    def mean(self, values: Floats) -> Estimate:
        """Return the mean of names' figures (names,); NaN where a name has none."""
        known = values[~np.isnan(values)]
        if not len(known):
            raise ValueError("no name has a figure")
        draws = self.draws(len(known))
        return draws.estimate(float(known.mean()), draws.weights @ known)

    def pairs(self, values: Floats) -> Estimate:
        """Return the mean over pairs of names (names, names); NaN where a pair has no figure.

        Both sides of a pair are resampled: together where names stand on both, the bootstrap of a
        U-statistic, else each by itself.
        """
        has = ~np.isnan(values)
        rows, columns = np.flatnonzero(has.any(axis=1)), np.flatnonzero(has.any(axis=0))
        if not len(rows):
            raise ValueError("no pair of names has a figure")
        apart = not np.intersect1d(rows, columns).size
        if not apart:
            rows = columns = np.union1d(rows, columns)
        has = has[np.ix_(rows, columns)]
        known = np.where(has, values[np.ix_(rows, columns)], 0.0)
        draws, others = self.draws(len(rows)), self.draws(len(columns))
        weights, beside = draws.weights, others.weights
        if apart and len(rows) == len(columns):
            beside = np.roll(beside, 1, axis=0)  # else both sides would be drawn alike
        sums = np.einsum("bi,bi->b", weights @ known, beside)
        counts = np.einsum("bi,bi->b", weights @ has.astype(np.float64), beside)
        drawn = counts > 1e-12  # a draw may hold no pair that has a figure
        fewest = min(draws, others, key=lambda one: one.weights.shape[1])
        return fewest.estimate(float(known.sum() / has.sum()), sums[drawn] / counts[drawn])


class Draws:
    """So many names, drawn with replacement 2,000 times."""

    def __init__(self, names: int, seed: int) -> None:
        rng = np.random.default_rng([seed, names])
        drawn = rng.integers(0, names, (RESAMPLES, names))
        rows = np.repeat(np.arange(RESAMPLES), names)
        counts = np.bincount(rows * names + drawn.ravel(), minlength=RESAMPLES * names)
        self.weights: Floats = counts.reshape(RESAMPLES, names) / names
        """(2,000, names): how much each name counts in each draw; rows of sum 1."""
        reach = Z95 if names < 2 else student(names - 1) * math.sqrt(names / (names - 1))
        tail = 50.0 * math.erfc(reach / math.sqrt(2.0))
        self.percentiles = tail, 100.0 - tail
        """Those of the draws that are the ends of the interval."""

    def estimate(self, value: float, drawn: Floats) -> Estimate:
        """Return a figure with its interval, from what it was in each draw."""
        low, high = np.percentile(drawn, self.percentiles)
        return Estimate(value, float(low), float(high))


def student(freedom: float) -> float:
    """Return the 97.5th percentile of Student's distribution. freedom: 1 and more.

    By bisection of its distribution, whose density is integrated by Simpson's rule.
    """
    low, high = Z95, 20.0
    for _ in range(60):
        middle = (low + high) / 2.0
        low, high = (middle, high) if _within(middle, freedom) < _CONFIDENCE else (low, middle)
    return (low + high) / 2.0


def _within(t: float, freedom: float) -> float:
    """Return how likely Student's variable lies within t of 0."""
    # with t = sqrt(freedom) tan(angle) the density is cos ** (freedom - 1), over a finite range
    angles: NDArray[Any] = np.linspace(0.0, math.atan(t / math.sqrt(freedom)), 2_001)
    heights = np.cos(angles) ** (freedom - 1)
    step = float(angles[1])
    area = (
        step
        / 3.0
        * (heights[0] + heights[-1] + 4 * heights[1::2].sum() + 2 * heights[2:-1:2].sum())
    )
    scale = math.lgamma((freedom + 1) / 2.0) - math.lgamma(freedom / 2.0)
    return float(2.0 * area * math.exp(scale) / math.sqrt(math.pi))
