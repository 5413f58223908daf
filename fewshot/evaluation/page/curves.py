"""Curves of risk against coverage come in; a chart of them goes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from fewshot.evaluation.page.axes import Axis, shares
from fewshot.evaluation.page.chart import Frame, Line, Point, chart, legend
from fewshot.evaluation.page.palette import COLORS
from fewshot.evaluation.page.section import section
from fewshot.evaluation.scene import Curve

_COVERAGE = Axis(0.0, 1.0, tuple((one / 5, f"{one / 5:.1f}") for one in range(6)))
_MOST = 120  # points of a curve: more cannot be seen


def curves(drawn: Sequence[Curve], titled: Mapping[str, int | None]) -> str:
    """Return the section. titled: the colors of contenders by what they are called."""
    there = [one for one in drawn if np.isfinite(one.risk).any()]
    if not there:
        return ""
    colors = _colors(there, titled)
    frame = Frame(
        "wrong among those answered",
        _COVERAGE,
        shares([0.0, *(float(np.nanmax(one.risk)) for one in there)]),
        "share of pictures answered, the surest first",
        "risk",
    )
    lines = [_line(one, color) for one, color in zip(there, colors, strict=True)]
    return section(
        "Knowing when it is wrong",
        "How many answers are wrong when only the surest are given. A line that stays low far to "
        "the right knows its mistakes: leave the rest unanswered.",
        '<div class="beside">',
        chart(lines, frame),
        legend([(one.title, color) for one, color in zip(there, colors, strict=True)]),
        "</div>",
    )


def _line(curve: Curve, color: int | None) -> Line:
    there = np.flatnonzero(np.isfinite(curve.risk))
    kept = there[np.unique(np.linspace(0, len(there) - 1, _MOST).astype(int))]
    points = tuple(Point(float(curve.coverage[at]), float(curve.risk[at])) for at in kept)
    return Line(curve.title, color, points, marked=False)


def _colors(drawn: Sequence[Curve], titled: Mapping[str, int | None]) -> list[int | None]:
    """Return the colors the contenders have elsewhere, or new ones where these cannot serve."""
    names = [one.title.split(" · ")[0] for one in drawn]
    if set(names) <= set(titled) and len(set(names)) == len(names):
        return [titled[one] for one in names]
    return [at if at < COLORS else None for at in range(len(drawn))]
