"""Figures with intervals come in; rows of dots on one scale go out, the numbers beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fewshot.evaluation.page.axes import Axis, shares
from fewshot.evaluation.page.chart import tint
from fewshot.evaluation.page.escaped import aside, name, safe
from fewshot.evaluation.page.numbers import ends, interval, known, said, share, value

_EDGE = 2.5  # percent of the width, left free on both sides


@dataclass(frozen=True, slots=True)
class Row:
    """A contender's figure, and one to be seen beside it, hollow."""

    title: str
    below: str  # said after the title, paler: the backbone
    color: int | None
    figure: Mapping[str, Any] | None
    hollow: Mapping[str, Any] | None = None
    baseline: bool = False


def forest(rows: Sequence[Row], dotted: float | None = None, brief: bool = False) -> str:
    """Return the rows, those with no figure left out. dotted: a value marked in each, as chance."""
    there = [row for row in rows if value(row.figure) is not None or value(row.hollow) is not None]
    if not there:
        return ""
    reached = [one for row in there for each in (row.figure, row.hollow) for one in _all(each)]
    axis = shares([*reached, *([dotted] if known(dotted) else [])], most=4 if brief else 8)
    kind = "forest brief" if brief else "forest"
    inside = "".join(_row(row, axis, dotted) for row in there)
    return f'<div class="box"><div class="{kind}">{inside}{_scale(axis)}</div></div>'


def _row(row: Row, axis: Axis, dotted: float | None) -> str:
    shown = row.hollow if value(row.figure) is None else row.figure
    mark = ' <span class="mark-of">baseline</span>' if row.baseline else ""
    below = f' <span class="below">{name(row.below)}</span>' if row.below else ""
    label = f"{aside(row.title)} {aside(row.below)}: {said(shown)}"
    if shown is not row.hollow and value(row.hollow) is not None:
        label += f"; hollow: {said(row.hollow)}"
    return (
        f'<div class="row {tint(row.color)}"><span class="who" title="{label}">{name(row.title)}'
        f"{below}{mark}</span>"
        f'<span class="track"><svg role="img" aria-label="{label}">'
        f"<title>{label}</title>{''.join(_marks(row, axis, dotted))}</svg></span>"
        f'<span class="number">{share(value(shown))} <small>{safe(interval(shown))}</small></span>'
        "</div>"
    )


def _marks(row: Row, axis: Axis, dotted: float | None) -> Iterator[str]:
    for tick, _ in axis.ticks:
        yield f'<line class="grid" x1="{_x(axis, tick)}" x2="{_x(axis, tick)}" y1="0" y2="100%"/>'
    if known(dotted):
        at = _x(axis, dotted)
        yield f'<line class="dotted" x1="{at}" x2="{at}" y1="0" y2="100%"/>'
    for each, kind in ((row.hollow, "hollow"), (row.figure, "dot")):
        both, middle = ends(each), value(each)
        if both is not None:
            low, high = (_x(axis, one) for one in both)
            yield f'<line class="whisker {kind}" x1="{low}" x2="{high}" y1="50%" y2="50%"/>'
        if middle is not None:
            yield f'<circle class="{kind}" cx="{_x(axis, middle)}" cy="50%" r="5"/>'


def _scale(axis: Axis) -> str:
    ticks = "".join(
        f'<text class="tick middle" x="{_x(axis, tick)}" y="12">{safe(text)}</text>'
        for tick, text in axis.ticks
    )
    svg = f'<span class="track"><svg aria-hidden="true">{ticks}</svg></span>'
    return (
        f'<div class="row scale"><span class="who"></span>{svg}<span class="number"></span></div>'
    )


def _all(figure: Mapping[str, Any] | None) -> list[float]:
    middle = value(figure)
    return [] if middle is None else [middle, *(ends(figure) or ())]


def _x(axis: Axis, place: float) -> str:
    return f"{_EDGE + axis.at(place) * (100 - 2 * _EDGE):.2f}%"
