"""Contenders and names come in; the color each has on the whole page goes out."""

from __future__ import annotations

from collections.abc import Sequence

from fewshot.evaluation.page.headline import Row, best_contenders

COLORS = 6
_GOLDEN = 137.508  # degrees: each next hue is far from all before


def palette(results: Sequence[Row], baseline: str = "") -> dict[str, int | None]:
    """Return the number of each one's color, baseline and best first; None from the seventh on."""
    order = sorted(best_contenders(results), key=lambda one: one != baseline)
    return {name: at if at < COLORS else None for at, name in enumerate(order)}


def hue(number: int) -> str:
    """Return the color of a name by its number, to be seen on light and on dark."""
    degrees = number * _GOLDEN % 360
    return f"hsl({degrees:.0f} {(72, 58, 85)[number % 3]}% {(47, 60, 38)[number // 2 % 3]}%)"
