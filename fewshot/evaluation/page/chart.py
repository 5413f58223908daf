"""Lines with bands come in; a chart goes out, as SVG in the colors of the page around it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fewshot.evaluation.page.axes import Axis
from fewshot.evaluation.page.escaped import aside, name, safe, short

WIDTH, HEIGHT = 400, 280
_LEFT, _RIGHT, _TOP, _BOTTOM = 42, 12, 48, 46
_SHAPES = (
    "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z",
    "M-3.6 -3.6h7.2v7.2h-7.2z",
    "M0 -5L5 0L0 5L-5 0z",
    "M0 -4.6L4.6 3.6H-4.6z",
    "M0 4.6L4.6 -3.6H-4.6z",
    "M-5 -1.7h3.3v-3.3h3.4v3.3h3.3v3.4h-3.3v3.3h-3.4v-3.3h-3.3z",
)


@dataclass(frozen=True, slots=True)
class Point:
    """A place on a line. said: what a tooltip says of it."""

    x: float
    y: float
    low: float | None = None
    high: float | None = None
    said: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a chart. color: its number in the palette, None for a pale one."""

    title: str
    color: int | None
    points: tuple[Point, ...]
    marked: bool = True


@dataclass(frozen=True, slots=True)
class Frame:
    """What lines are drawn into."""

    title: str
    x: Axis
    y: Axis
    x_title: str
    y_title: str
    dotted: float | None = None
    dotted_title: str = ""  # as chance; it is said where the line lies below the axis


def tint(color: int | None) -> str:
    """Return the style class of a color."""
    return "pale" if color is None else f"c{color}"


def chart(lines: Sequence[Line], frame: Frame) -> str:
    """Return the lines in their frame, the pale ones below."""
    below = sorted(lines, key=lambda line: line.color is not None)
    label = aside(f"{frame.title}: {frame.y_title} by {frame.x_title}")
    parts = [
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">',
        f'<text class="title" x="0" y="14">{safe(short(frame.title, 46))}'
        f"<title>{safe(frame.title)}</title></text>",
        *_around(frame),
        *(_band(line, frame) for line in below),
        *(part for line in below for part in _drawn(line, frame)),
        "</svg>",
    ]
    return "".join(parts)


def legend(entries: Sequence[tuple[str, int | None]]) -> str:
    """Return what the colors stand for; the pale ones share an entry."""
    parts = []
    for title, color in entries:
        if color is not None:
            parts.append(f"<li>{_key(color)}{name(title)}</li>")
    pale = [title for title, color in entries if color is None]
    if pale:
        named = ", ".join(name(one) for one in pale)
        parts.append(f"<li>{_key(None)}<span>{named}</span></li>")
    return f'<ul class="legend">{"".join(parts)}</ul>'


def _key(color: int | None) -> str:
    shape = "" if color is None else f'<path class="mark" d="{_shape(color)}"/>'
    return (
        f'<svg class="key {tint(color)}" viewBox="-13 -7 26 14" aria-hidden="true">'
        f'<path class="line" d="M-12 0H12"/>{shape}</svg>'
    )


def _around(frame: Frame) -> Iterator[str]:
    right, bottom = WIDTH - _RIGHT, HEIGHT - _BOTTOM
    yield f'<text class="unit" x="0" y="{_TOP - 14}">{safe(frame.y_title)}</text>'
    for value, text in frame.y.ticks:
        y = _y(frame, value)
        yield f'<text class="tick end" x="{_LEFT - 7}" y="{y + 4:.1f}">{safe(text)}</text>'
        yield f'<path class="grid" d="M{_LEFT} {y:.1f}H{right}"/>'
    for value, text in frame.x.ticks:
        x = _x(frame, value)
        yield f'<path class="grid" d="M{x:.1f} {bottom}v4"/>'
        yield f'<text class="tick middle" x="{x:.1f}" y="{bottom + 18}">{safe(text)}</text>'
    unit = f'class="unit middle" x="{(_LEFT + right) / 2:.0f}" y="{HEIGHT - 8}"'
    yield f"<text {unit}>{safe(frame.x_title)}</text>"
    if frame.dotted is not None and frame.y.low <= frame.dotted <= frame.y.high:
        y = _y(frame, frame.dotted)
        yield f'<path class="dotted" d="M{_LEFT} {y:.1f}H{right}"/>'
    elif frame.dotted is not None:
        below = f"{safe(frame.dotted_title)} {frame.dotted:.3f} ↓"
        yield f'<text class="tick end" x="{right}" y="{bottom - 6}">{below}</text>'


def _band(line: Line, frame: Frame) -> str:
    if line.color is None or len(line.points) < 2:
        return ""
    above = [(one.x, one.high) for one in line.points if one.high is not None]
    below = [(one.x, one.low) for one in line.points if one.low is not None]
    if not above or len(above) != len(below):
        return ""
    return f'<path class="band {tint(line.color)}" d="{_path([*above, *below[::-1]], frame)}z"/>'


def _drawn(line: Line, frame: Frame) -> Iterator[str]:
    yield f'<g class="{tint(line.color)}">'
    way = _path([(one.x, one.y) for one in line.points], frame)
    yield f'<path class="line" d="{way}"><title>{safe(line.title)}</title></path>'
    for one in line.points if line.marked else ():
        at = f"{_x(frame, one.x):.1f} {_y(frame, one.y):.1f}"
        if len(line.points) == 1 and one.low is not None and one.high is not None:
            reach = _path([(one.x, one.low), (one.x, one.high)], frame)
            yield f'<path class="line" d="{reach}"/>'
        yield (
            f'<path class="mark" transform="translate({at})" d="{_shape(line.color)}">'
            f"<title>{safe(one.said)}</title></path>"
        )
    yield "</g>"


def _shape(color: int | None) -> str:
    return "M-2.5 0a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0 -5 0z" if color is None else _SHAPES[color]


def _path(places: Sequence[tuple[float, float]], frame: Frame) -> str:
    return "M" + "L".join(f"{_x(frame, x):.1f} {_y(frame, y):.1f}" for x, y in places)


def _x(frame: Frame, value: float) -> float:
    return _LEFT + frame.x.at(value) * (WIDTH - _LEFT - _RIGHT)


def _y(frame: Frame, value: float) -> float:
    return HEIGHT - _BOTTOM - frame.y.at(value) * (HEIGHT - _TOP - _BOTTOM)
