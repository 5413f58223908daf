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
from functools import cached_property
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
        middle, low, high = (f"{one:{sign}.3f}" for one in (self.value, self.low, self.high))
        return f"{middle} [{low}, {high}]"

    @property
    def apart(self) -> bool:
        """Whether the interval excludes 0."""
        return self.low > 0.0 or self.high < 0.0


class Bootstrap:
    """Classes drawn again and again, the same draws for every figure: comparisons are paired."""

    def __init__(self, classes: int, seed: int = 0) -> None:
        """Draw `classes` of as many classes, with replacement, 2,000 times."""
        if classes < 1:
            raise ValueError("there is no class to draw")
        rng = np.random.default_rng([seed, classes])
        drawn = rng.integers(0, classes, (RESAMPLES, classes))
        rows = np.repeat(np.arange(RESAMPLES), classes)
        counts = np.bincount(rows * classes + drawn.ravel(), minlength=RESAMPLES * classes)
        self.weights: Floats = counts.reshape(RESAMPLES, classes) / classes
        """(2,000, classes): how much each class counts in each draw; rows of sum 1."""

    @cached_property
    def percentiles(self) -> tuple[float, float]:
        """The percentiles of the draws that are the ends of the interval."""
        tail = 50.0 * math.erfc(self._reach / math.sqrt(2.0))
        return tail, 100.0 - tail

    @cached_property
    def _reach(self) -> float:
        """How many standard deviations of the draws the interval reaches to either side."""
        n = self.weights.shape[1]
        return Z95 if n < 2 else student(n - 1) * math.sqrt(n / (n - 1))

    def mean(self, values: Floats) -> Estimate:
        """Return the mean of classes' figures (classes,), NaN where a class has none."""
        has = ~np.isnan(values)
        if not has.any():
            raise ValueError("no class has a figure")
        known = np.where(has, values, 0.0)
        drawn = self._shares(self.weights @ known, self.weights @ has.astype(np.float64))
        return self._estimate(float(known.sum() / has.sum()), drawn)

    def pairs(self, values: Floats) -> Estimate:
        """Return the mean over pairs of classes (classes, classes), NaN where a pair has none.

        Both sides of a pair are resampled together: the bootstrap of a U-statistic.
        """
        has = ~np.isnan(values)
        if not has.any():
            raise ValueError("no pair of classes has a figure")
        known = np.where(has, values, 0.0)
        drawn = self._shares(
            np.einsum("bi,bi->b", self.weights @ known, self.weights),
            np.einsum("bi,bi->b", self.weights @ has.astype(np.float64), self.weights),
        )
        return self._estimate(float(known.sum() / has.sum()), drawn)

    @staticmethod
    def _shares(sums: Floats, counts: Floats) -> Floats:
        drawn = counts > 1e-12  # a draw may hold no class that has a figure
        return np.asarray(sums[drawn] / counts[drawn])

    def _estimate(self, value: float, drawn: Floats) -> Estimate:
        low, high = np.percentile(drawn, self.percentiles)
        return Estimate(value, float(low), float(high))


def student(freedom: int) -> float:
    """Return the 97.5th percentile of Student's distribution. freedom: 1 and more.

    By bisection of its distribution, whose density is integrated by Simpson's rule.
    """
    low, high = Z95, 20.0
    for _ in range(60):
        middle = (low + high) / 2.0
        low, high = (middle, high) if _within(middle, freedom) < _CONFIDENCE else (low, middle)
    return (low + high) / 2.0


def _within(t: float, freedom: int) -> float:
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
