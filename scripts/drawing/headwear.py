"""Hats and the like: in go a pen at the head's center and a hat, out comes the drawing of it."""

from __future__ import annotations

import math

from drawing.characters import Hat
from drawing.pen import Pen, Point, mirror, oval, smooth


def draw_hat(pen: Pen, hat: Hat, turn: float) -> None:
    """Draw the hat of the kind that the character wears."""
    DRAWINGS[hat.kind](pen, hat, turn)


def star(x: float, y: float, radius: float) -> list[Point]:
    """A five-pointed star."""
    spokes = ((radius * (1 if i % 2 == 0 else 0.45), math.pi * (i / 5 - 0.5)) for i in range(10))
    return [(x + r * math.cos(a), y + r * math.sin(a)) for r, a in spokes]


def _cone(pen: Pen, hat: Hat, brim: float, bend: float) -> list[Point]:
    """A pointed hat with a brim and a band; returns the outline of its cone."""
    pen.shape(oval(0, -0.62, brim, brim * 0.27), hat.color, 0.1)
    cone = [(-0.84, -0.68), (-0.62, -1.2), (-0.2 + bend * 0.2, -hat.tall * 0.82), (bend, -hat.tall),
            (0.34 + bend * 0.2, -hat.tall * 0.72), (0.68, -1.15), (0.86, -0.68), (0.45, -0.5),
            (-0.45, -0.5)]
    outline = smooth(cone, {0, 3, 6})
    pen.shape(outline, hat.color, 0.16)
    band = [(-1, -0.76), (-0.4, -0.6), (0.4, -0.6), (1, -0.76), (1, -0.98), (0.4, -0.84),
            (-0.4, -0.84), (-1, -0.98)]
    pen.inside(outline, smooth(band, {0, 3, 4, 7}), hat.trim)
    return outline


def _witch(pen: Pen, hat: Hat, turn: float) -> None:
    _cone(pen, hat, 1.62, 0.62)
    edge = oval(0, -0.62, 1.62, 1.62 * 0.27, 12, 168)
    pen.stroke(edge, hat.trim, 0.085)
    x = 0.18 * turn
    for side in (-1.0, 1.0):
        patch = oval(x + side * 0.2 - 0.02, -1.14, 0.15, 0.12)
        pen.shape(patch, hat.trim, 0)
    grin = smooth([(x - 0.2, -0.93), (x, -0.86), (x + 0.18, -0.94)], closed=False)
    pen.stroke(grin, "#fff3d8", 0.06)


def _wizard(pen: Pen, hat: Hat, turn: float) -> None:
    outline = _cone(pen, hat, 1.3, -0.18)
    for x, y, r in ((-0.3, -1.2, 0.17), (0.3, -1.32, 0.13), (-0.02, -1.72, 0.15)):
        pen.inside(outline, star(x + 0.1 * turn, y, r), hat.trim)


def _loop(pen: Pen, hat: Hat, turn: float) -> None:
    x = 0.3 - 0.2 * turn
    ring = oval(x, -1.28, 0.3, 0.3)
    pen.limb(ring, 0.15, hat.color)
    pen.shape(oval(x, -1.0, 0.17, 0.12), hat.trim, 0.04)


def _phones(pen: Pen, hat: Hat, turn: float) -> None:
    pen.limb(oval(0, -0.1, 1.16, 1.22, 190, 350), 0.13, hat.color)
    for side in (-1.0, 1.0):
        pen.shape(oval(side * 1.1, 0.12, 0.2, 0.34), hat.color)
        pen.fill(oval(side * 1.12, 0.12, 0.09, 0.2), hat.trim)


def _antenna(pen: Pen, hat: Hat, turn: float) -> None:
    pen.limb([(0, -0.85), (0.04, -1.15), (0, -1.4)], 0.09, hat.color)
    pen.shape(smooth([(-0.3, -0.98), (0.3, -0.98), (0.34, -0.82), (-0.34, -0.82)]), hat.color)
    pen.shape(oval(0, -1.48, 0.17, 0.17), hat.trim)


def _top(pen: Pen, hat: Hat, turn: float) -> None:
    tilted = pen.at(0.3, -0.96, 14)
    tilted.shape(oval(0, 0, 0.62, 0.15), hat.color, 0.05)
    crown = smooth([(-0.36, -0.02), (-0.4, -0.66), (0, -0.72), (0.4, -0.66), (0.36, -0.02),
                    (0, 0.05)], {0, 1, 3, 4})
    tilted.shape(crown, hat.color)
    band = [(-0.5, -0.05), (0, 0.03), (0.5, -0.05), (0.5, -0.2), (0, -0.14), (-0.5, -0.2)]
    tilted.inside(crown, band, hat.trim)


def _lily(pen: Pen, hat: Hat, turn: float) -> None:
    pad = oval(0, 0, 0.6, 0.2, -60, 265)
    leaf = pen.at(0.06, -0.98, -5)
    leaf.shape([(0, 0), *pad], hat.color, 0.06)
    for side in (-1.0, 1.0):
        petal = mirror([(0, 0), (0.3, -0.12), (0.28, -0.34)], side)
        leaf.shape(smooth(petal, {0, 2}), hat.trim, 0.03)
    leaf.shape(smooth([(-0.14, -0.05), (0, -0.44), (0.14, -0.05)], {1}), hat.trim, 0.03)


def _stalks(pen: Pen, hat: Hat, turn: float) -> None:
    for side in (-1.0, 1.0):
        pen.limb(mirror([(0.3, -1.02), (0.42, -1.4), (0.72, -1.62)], side), 0.1, hat.color)
        pen.shape(oval(side * 0.74, -1.66, 0.17, 0.17), hat.trim)


DRAWINGS = {
    "witch": _witch,
    "wizard": _wizard,
    "loop": _loop,
    "phones": _phones,
    "antenna": _antenna,
    "top": _top,
    "lily": _lily,
    "stalks": _stalks,
}
