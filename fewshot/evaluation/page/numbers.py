"""Figures of a report come in; the words for them go out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, TypeGuard

NONE = "–"  # noqa: RUF001 - a dash for what was not measured


def share(value: float | None) -> str:
    """Return a figure from 0 to 1."""
    return NONE if not known(value) else f"{value:.3f}"


def value(figure: Mapping[str, Any] | None) -> float | None:
    """Return a figure's value, None where it was not measured."""
    found = figure.get("value") if figure else None
    return float(found) if known(found) else None


def ends(figure: Mapping[str, Any] | None) -> tuple[float, float] | None:
    """Return the interval of a figure, None where there is none."""
    low, high = (figure.get("low"), figure.get("high")) if figure else (None, None)
    return (float(low), float(high)) if known(low) and known(high) else None


def interval(figure: Mapping[str, Any] | None) -> str:
    """Return the interval of a figure in brackets, nothing where there is none."""
    both = ends(figure)
    return "" if both is None else f"[{both[0]:.3f}, {both[1]:.3f}]"


def said(figure: Mapping[str, Any] | None) -> str:
    """Return a figure with its interval."""
    return f"{share(value(figure))} {interval(figure)}".rstrip()


def difference(figure: Mapping[str, Any] | None) -> str:
    """Return a difference with its interval, every number with its sign."""
    found, both = value(figure), ends(figure)
    if found is None:
        return NONE
    reach = "" if both is None else f" [{_signed(both[0])}, {_signed(both[1])}]"
    return _signed(found) + reach


def count(number: float | None) -> str:
    """Return a whole number."""
    return NONE if not known(number) else f"{number:,.0f}"


def amount(number: float | None) -> str:
    """Return a measure, as milliseconds or megabytes: three digits of it, at most two behind."""
    if not known(number):
        return NONE
    places = 0 if abs(number) >= 100 else 1 if abs(number) >= 10 else 2
    return f"{number:,.{places}f}"


def plural(number: int, one: str, more: str = "") -> str:
    """Return a number with its noun."""
    return f"{number:,} {one if number == 1 else more or one + 's'}"


def known(number: float | None) -> TypeGuard[float]:
    """Tell whether a number was measured."""
    return number is not None and math.isfinite(number)


def _signed(number: float) -> str:
    text = f"{abs(number):.3f}"
    if float(text) == 0:
        return text
    return ("+" if number > 0 else "\u2212") + text
