"""Two small JPEGs come in; whether one is the other goes out, re-encoded, mirrored or cropped.

Normalized cross-correlation of the smaller view slid over the larger one, at every size it may
have, first on about a thousand pixels (by FFT), then at the best places on more of them.
Source: Lewis, Fast Template Matching, Vision Interface 1995.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image

from fewshot.sliding import Place, places_of
from fewshot.small_views import COARSE, Planes, Rectangle, View, planes_of

FINE = 56
"""Pixels a side, of a square of the same area, that the second look has at most."""

SHARP = 0.75
"""How far the second look stays below the size of the smaller of both."""

LEAST = 16
"""Pixels a side, likewise, that the second look has at least, also at the smallest pictures."""

PLACES = 3
"""How many of the best places are looked at again."""

FLAT_APART = 6.0
"""Levels by which two pictures of one color may differ."""

PROMISING, SAME, SAME_DETAIL = 0.8, 0.94, 0.8
"""The correlations that the first look, the second, and the edges in it need."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much one picture is a view of another, at the best place that was found."""

    coarse: float  # correlation in [-1, 1] on the first look
    fine: float = -1.0  # on the second
    detail: float = -1.0  # of what changes from pixel to pixel

    @property
    def same(self) -> bool:
        """Whether it is enough to call them one picture."""
        return self.fine >= SAME and self.detail >= SAME_DETAIL


def same_picture(one: View, other: View) -> bool:
    """Tell whether one is the other or a part of it, mirrored or not, whichever is which."""
    if one.flat or other.flat:
        near = float(np.abs(one.mean - other.mean).max()) <= FLAT_APART
        return one.flat and other.flat and near
    return likeness(one, other).same


def likeness(one: View, other: View) -> Likeness:
    """Measure the best of all places, sizes and directions; neither is flat."""
    places = [*places_of(one, other), *places_of(other, one)]
    if not places:
        return Likeness(-1.0)
    places.sort(key=lambda place: -place.correlation)
    best = Likeness(places[0].correlation)
    for place in places[:PLACES]:
        if place.correlation < PROMISING or best.same:
            break
        fine, detail = _second_look(place)
        if fine > best.fine:
            best = Likeness(places[0].correlation, fine, detail)
    return best


def _second_look(place: Place) -> tuple[float, float]:
    """Move the four edges until the correlation is best; return it, and that of the detail."""
    inner, image, edges = place.inner.image, place.outer.image, place.edges
    if place.mirrored:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    wide, high = image.size
    size = _fine_size(inner.size, (edges[2] - edges[0]) * wide * (edges[3] - edges[1]) * high)
    wanted = _centered(planes_of(inner, *size))

    def seen(edges: Rectangle) -> Planes:
        left, upper, right, lower = edges
        pixels = (left * wide, upper * high, right * wide, lower * high)
        return _centered(planes_of(image, *size, box=pixels))

    best = _correlation(wanted, seen(edges))
    for step in (0.5 / COARSE, 0.2 / COARSE):
        for moves in _MOVES:
            for sign in (step, -step):
                while (tried := _moved(edges, moves, sign)) != edges:
                    now = _correlation(wanted, seen(tried))
                    if now <= best:
                        break
                    edges, best = tried, now
        if best < SAME - 0.05:
            return best, -1.0
    if min(size) <= 4:
        return best, 1.0  # a strip too narrow to have any detail
    return best, _correlation(_detail(wanted), _detail(seen(edges)))


def _fine_size(size: tuple[int, int], covered: float) -> tuple[int, int]:
    """Return in what size to look again: smaller than both are, for edges that neither lost.

    size: the inner view's; covered: how many pixels of the outer one it lies on.
    """
    side = (size[0] * size[1]) ** 0.5
    factor = min(FINE, max(LEAST, SHARP * min(side, covered**0.5))) / side
    return max(1, round(size[0] * factor)), max(1, round(size[1] * factor))


def _moved(edges: Rectangle, moves: Rectangle, step: float) -> Rectangle:
    """Move edges within the picture; a view that would be too narrow stays as it is."""
    left, upper, right, lower = (
        min(1.0, max(0.0, edge + step * move)) for edge, move in zip(edges, moves, strict=True)
    )
    return (left, upper, right, lower) if min(right - left, lower - upper) > 0.1 else edges


_MOVES: tuple[Rectangle, ...] = (
    (1, 0, 1, 0),
    (0, 1, 0, 1),
    (1, 1, -1, -1),
    *((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1)),
)  # to the right, down, all inward, then each edge by itself


def _centered(planes: Planes) -> Planes:
    centered: Planes = planes - planes.mean(axis=(1, 2), keepdims=True)
    return centered


def _correlation(one: Planes, other: Planes) -> float:
    """Return the cosine of two pictures, each less its mean color."""
    lengths = float(np.vdot(one, one)) * float(np.vdot(other, other))
    return float(np.vdot(one, other)) / (math.sqrt(lengths) + 1e-6)


def _detail(planes: Planes) -> Planes:
    """Take away what is alike for several pixels around."""
    smooth = planes
    for axis in (1, 2):
        for _ in range(2):
            smooth = (np.roll(smooth, 1, axis) + smooth + np.roll(smooth, -1, axis)) / np.float32(3)
    return (planes - smooth)[:, 2:-2, 2:-2]
