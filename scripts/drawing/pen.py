"""A vector pen: in go points in figure units, out come filled, shaded, outlined shapes on an image.

A pen carries an affine matrix, so a whole head can be tilted by handing its drawing code a
turned pen. Every shape gets the same treatment, which is what makes the style: flat fill, a
crescent of shade away from the light (upper left), and an outline in a dark tone of the fill.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from PIL import Image, ImageChops, ImageColor, ImageDraw

Point = tuple[float, float]
Matrix = tuple[float, float, float, float, float, float]

STEPS = 8  # points drawn per spline segment
INK = "#1d1526"


def mix(one: str, two: str, share: float) -> str:
    """Blend two "#rrggbb" colors; share 0 gives the first and 1 the second."""
    a, b = ImageColor.getrgb(one)[:3], ImageColor.getrgb(two)[:3]
    return "#" + "".join(f"{round(x + (y - x) * share):02x}" for x, y in zip(a, b, strict=True))


def shaded(color: str) -> str:
    """The tone of a color on its side away from the light."""
    return mix(color, "#3b2f6b", 0.22)


def smooth(
    points: Sequence[Point], sharp: Collection[int] = (), closed: bool = True
) -> list[Point]:
    """A spline through the points; at the indices in `sharp` it keeps a corner."""
    count = len(points)

    def slope(i: int, length: float) -> Point:
        """The tangent at a point, for a segment of that length that starts or ends there."""
        if i in sharp or (not closed and i in (0, count - 1)):
            return (0.0, 0.0)
        before, here, after = points[i - 1], points[i], points[(i + 1) % count]
        share = length / ((math.dist(before, here) + math.dist(here, after)) or 1.0)
        return ((after[0] - before[0]) * share, (after[1] - before[1]) * share)

    out: list[Point] = []
    for i in range(count if closed else count - 1):
        j = (i + 1) % count
        (ax, ay), (bx, by), length = points[i], points[j], math.dist(points[i], points[j])
        (px, py), (qx, qy) = slope(i, length), slope(j, length)
        for step in range(STEPS):
            t = step / STEPS
            h1, h2 = 2 * t**3 - 3 * t**2 + 1, t**3 - 2 * t**2 + t
            h3, h4 = -2 * t**3 + 3 * t**2, t**3 - t**2
            x = h1 * ax + h2 * px + h3 * bx + h4 * qx
            out.append((x, h1 * ay + h2 * py + h3 * by + h4 * qy))
    return out if closed else [*out, points[-1]]


def oval(
    x: float, y: float, rx: float, ry: float, start: float = 0, end: float = 360
) -> list[Point]:
    """Points on an ellipse, clockwise from the angle `start` (0 is right, 90 is down)."""
    angles = (math.radians(start + (end - start) * i / 40) for i in range(41))
    return [(x + rx * math.cos(a), y + ry * math.sin(a)) for a in angles]


def mirror(points: Sequence[Point], side: float) -> list[Point]:
    """The points as given for side 1, flipped left to right for side -1."""
    return [(x * side, y) for x, y in points]


@dataclass(frozen=True)
class Pen:
    """Draws on `canvas` in a coordinate system of its own; `ink` is the outline width in it."""

    canvas: Image.Image
    matrix: Matrix
    ink: float = 0.05

    def at(self, x: float, y: float, degrees: float = 0.0, sx: float = 1.0, sy: float = 1.0) -> Pen:
        """A pen whose origin lies at (x, y) here, turned and then scaled."""
        a, b, c, d, e, f = self.matrix
        cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        p, q, r, s = cos * sx, -sin * sy, sin * sx, cos * sy
        ox, oy = a * x + b * y + c, d * x + e * y + f
        return replace(
            self, matrix=(a * p + b * r, a * q + b * s, ox, d * p + e * r, d * q + e * s, oy)
        )

    @property
    def unit(self) -> float:
        """Pixels per unit of length."""
        a, b, _, d, e, _ = self.matrix
        return math.sqrt(abs(a * e - b * d))

    def pixels(self, points: Sequence[Point]) -> list[Point]:
        """Points of this pen as pixels of the canvas."""
        a, b, c, d, e, f = self.matrix
        return [(a * x + b * y + c, d * x + e * y + f) for x, y in points]

    def fill(self, points: Sequence[Point], color: str) -> None:
        """Fill a polygon, nothing else."""
        ImageDraw.Draw(self.canvas).polygon(self.pixels(points), fill=color)

    def shape(
        self, points: Sequence[Point], color: str, shade: float = 0.13, line: str | None = None
    ) -> None:
        """Fill, shade by `shade` units away from the light, and outline a polygon."""
        self.fill(points, color)
        if shade:
            self._crescent(self.pixels(points), shaded(color), shade * self.unit)
        self.stroke([*points, points[0]], line or mix(color, INK, 0.72))

    def stroke(self, points: Sequence[Point], color: str, width: float | None = None) -> None:
        """A line with round joints and ends."""
        draw, path = ImageDraw.Draw(self.canvas), self.pixels(points)
        wide = max(2.0, (self.ink if width is None else width) * self.unit)
        draw.line(path, fill=color, width=round(wide))
        for x, y in path:
            r = wide / 2 - 0.5
            draw.ellipse((x - r, y - r, x + r, y + r), fill=color)

    def limb(self, points: Sequence[Point], width: float, color: str) -> None:
        """A thick outlined tube along a line: arms, legs, tails."""
        path = smooth(points, closed=False)
        self.stroke(path, mix(color, INK, 0.72), width + 2 * self.ink)
        self.stroke(path, shaded(color), width)
        lift = width * 0.12
        self.stroke([(x - lift, y - lift * 0.4) for x, y in path], color, width - 2 * lift)

    def inside(self, outer: Sequence[Point], inner: Sequence[Point], color: str) -> None:
        """Fill the part of `inner` that lies within `outer`."""
        mask = self._mask(self.pixels(outer))
        self.canvas.paste(color, (0, 0), ImageChops.multiply(mask, self._mask(self.pixels(inner))))

    def _mask(self, path: Sequence[Point]) -> Image.Image:
        mask = Image.new("L", self.canvas.size, 0)
        ImageDraw.Draw(mask).polygon(path, fill=255)
        return mask

    def _crescent(self, path: Sequence[Point], color: str, depth: float) -> None:
        xs, ys = [x for x, _ in path], [y for _, y in path]
        depth = min(depth, 0.16 * min(max(xs) - min(xs), max(ys) - min(ys)))
        left, top = math.floor(min(xs)), math.floor(min(ys))
        size = (math.ceil(max(xs)) - left + 1, math.ceil(max(ys)) - top + 1)
        mask = Image.new("L", size, 0)
        draw = ImageDraw.Draw(mask)
        draw.polygon([(x - left, y - top) for x, y in path], fill=255)
        draw.polygon([(x - left - depth, y - top - depth * 0.8) for x, y in path], fill=0)
        self.canvas.paste(color, (left, top), mask)
