"""Values come in; an axis that shows them all, with ticks at round numbers, goes out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_STEPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
_APART = 0.1  # of the axis: two ticks nearer than that would touch


@dataclass(frozen=True, slots=True)
class Axis:
    """From where to where, and the ticks: places with what stands there."""

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    log: bool = False

    def at(self, value: float) -> float:
        """Return where a value lies, 0 at the axis's start and 1 at its end."""
        low, high, value = (
            (math.log(self.low), math.log(self.high), math.log(value))
            if self.log
            else (self.low, self.high, value)
        )
        return min(max((value - low) / (high - low), 0.0), 1.0)


def shares(values: Iterable[float], most: int = 7) -> Axis:
    """Return an axis for shares from 0 to 1, no longer than they need."""
    found = [min(max(one, 0.0), 1.0) for one in values if math.isfinite(one)] or [0.0, 1.0]
    low, high = min(found), max(found)
    for step in _STEPS:
        first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
        last = max(last, first + 1)
        if last - first <= most:
            break
    if last * step > 1 + 1e-9:
        first, last = first - 1, last - 1
    places = [round(one * step, 6) for one in range(first, last + 1)]
    digits = 3 if step < 0.01 else 2 if step < 0.1 else 1
    return Axis(places[0], places[-1], tuple((one, f"{one:.{digits}f}") for one in places))


def steps(labels: Sequence[str]) -> Axis:
    """Return an axis with these labels at 0, 1, 2 and so on, equally far apart."""
    margin = 0.25
    ticks = tuple((float(place), label) for place, label in enumerate(labels))
    return Axis(-margin, len(labels) - 1 + margin, ticks)


def counts(values: Iterable[float]) -> Axis:
    """Return an axis for numbers from 1 up, each twice as large as far along as the last."""
    found = sorted(set(values)) or [1.0]
    low, high = found[0] / 1.12, found[-1] * 1.12
    axis = Axis(low, high, (), log=True)
    kept = [found[-1]]
    for one in reversed(found[:-1]):
        if axis.at(kept[-1]) - axis.at(one) >= _APART:
            kept.append(one)
    return Axis(low, high, tuple((one, f"{one:,.0f}") for one in reversed(kept)), log=True)
