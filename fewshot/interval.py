"""Hits and trials come in; the interval that the true rate lies in goes out. Needs no numpy."""

from __future__ import annotations

import math

Z95 = 1.959964


def wilson(hits: float, trials: int) -> tuple[float, float]:
    """Return the 95 % interval of a rate by Wilson's score; (0, 1) without a trial.

    Source: Wilson, JASA 1927.
    """
    if trials == 0:
        return 0.0, 1.0
    rate, square = hits / trials, Z95 * Z95
    middle = (rate + square / (2 * trials)) / (1 + square / trials)
    reach = (
        Z95
        / (1 + square / trials)
        * math.sqrt(rate * (1 - rate) / trials + square / (4 * trials * trials))
    )
    return max(0.0, middle - reach), min(1.0, middle + reach)
