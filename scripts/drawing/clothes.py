"""Clothes: in go a pen and a character, out comes the torso with what is sewn on it."""

from __future__ import annotations

from drawing.characters import Character, Outfit
from drawing.headwear import star
from drawing.pen import INK, Pen, Point, mirror, mix, oval, shaded, smooth

SHOULDER = 1.12  # height of the shoulders below the head's center


def torso_outline(outfit: Outfit) -> list[Point]:
    """Shoulders to hem; a wide hem swings out below the waist."""
    waist = min(outfit.shoulder, outfit.hem) + 0.02
    middle = SHOULDER + (outfit.length - SHOULDER) * 0.42
    half = [(0.16, 0.8), (outfit.shoulder, SHOULDER - 0.08), (waist, middle),
            (outfit.hem, outfit.length - 0.04), (0, outfit.length + 0.06)]
    return smooth([*half, *mirror(half[-2::-1], -1)], {0, 3, 5, 8})


def draw_torso(pen: Pen, who: Character) -> None:
    """The torso without arms and legs, with its motif."""
    outline, outfit = torso_outline(who.outfit), who.outfit
    pen.shape(outline, outfit.main)
    hem = outfit.length
    if outfit.motif in ("sash", "blouse", "stars"):
        edge = smooth([(-1, hem - 0.14), (0, hem - 0.06), (1, hem - 0.14)], closed=False)
        pen.inside(outline, [*edge, (1, hem + 0.2), (-1, hem + 0.2)], outfit.trim)
    if outfit.motif in ("blouse", "overalls"):
        top = [(-1, 0.7), (1, 0.7), (1, 1.42), (-1, 1.42)]
        pen.inside(outline, top, outfit.sleeve)
    MOTIFS.get(outfit.motif, _plain)(pen, outfit, outline)
    pen.stroke([*outline, outline[0]], mix(outfit.main, INK, 0.72))


def _plain(pen: Pen, outfit: Outfit, outline: list[Point]) -> None:
    """Nothing sewn on."""


def _sash(pen: Pen, outfit: Outfit, outline: list[Point]) -> None:
    pen.inside(outline, [(-1, 1.5), (1, 1.5), (1, 1.62), (-1, 1.62)], "#3a2a22")
    pen.fill([(-0.1, 1.47), (0.1, 1.47), (0.1, 1.65), (-0.1, 1.65)], outfit.trim)
    pen.inside(outline, [(-0.2, 0.8), (0.2, 0.8), (0, 1.3)], outfit.trim)


def _blouse(pen: Pen, outfit: Outfit, outline: list[Point]) -> None:
    pen.inside(outline, [(-0.34, 0.8), (0.34, 0.8), (0.12, 1.42), (-0.12, 1.42)], outfit.main)
    for side in (-1.0, 1.0):
        bow = smooth(mirror([(0, 1.15), (0.24, 1.02), (0.24, 1.3)], side), {0, 1, 2})
        pen.shape(bow, outfit.main, 0.03)
    pen.shape(oval(0, 1.15, 0.08, 0.08), "#4fd0a0", 0)


def _overalls(pen: Pen, outfit: Outfit, outline: list[Point]) -> None:
    pen.shape(smooth([(-0.27, 1.2), (0.27, 1.2), (0.27, 1.5), (-0.27, 1.5)]), outfit.main, 0.04)
    for side in (-1.0, 1.0):
        pen.stroke([(side * 0.22, 1.22), (side * 0.34, 0.98)], outfit.main, 0.12)
        pen.fill(oval(side * 0.22, 1.24, 0.05, 0.05), "#7a4a8c")
    pen.stroke(smooth([(-0.14, 1.36), (0, 1.46), (0.14, 1.36)], closed=False), "#9a4f1c", 0.035)


def _stripes(pen: Pen, outfit: Outfit, outline: list[Point]) -> None:
    y = SHOULDER + 0.04
    while y < outfit.length - 0.1:
        pen.inside(outline, [(-1, y), (1, y), (1, y + 0.1), (-1, y + 0.1)], outfit.trim)
        y += 0.24


def _hoodie(pen: Pen, outfit: Outfit, outline: list[Point]) -> None:
    pocket = [(-0.22, 1.45), (0.22, 1.45), (0.34, 1.72), (-0.34, 1.72)]
    pen.shape(smooth(pocket, {0, 1, 2, 3}), outfit.main, 0.04)
    pen.shape(smooth([(-0.4, 0.98), (0, 1.16), (0.4, 0.98), (0.2, 0.84), (-0.2, 0.84)]),
              shaded(outfit.main), 0)
    for side in (-1.0, 1.0):
        pen.stroke([(side * 0.12, 1.1), (side * 0.13, 1.34)], outfit.trim, 0.05)


def _stars(pen: Pen, outfit: Outfit, outline: list[Point]) -> None:
    for x, y, r in ((-0.35, 2.1, 0.13), (0.4, 1.95, 0.11), (0.05, 2.25, 0.09), (0.22, 1.6, 0.08)):
        pen.fill(star(x, y, r), outfit.trim)


def _belly(pen: Pen, outfit: Outfit, outline: list[Point]) -> None:
    pen.inside(outline, oval(0, 1.62, 0.36, 0.5), outfit.trim)


def _gauge(pen: Pen, outfit: Outfit, outline: list[Point]) -> None:
    pen.shape(smooth([(-0.3, 1.2), (0.3, 1.2), (0.3, 1.62), (-0.3, 1.62)]), "#e8eef0", 0)
    pen.stroke(oval(0, 1.52, 0.2, 0.2, 190, 350), "#22313c", 0.04)
    pen.stroke([(0, 1.52), (0.1, 1.36)], outfit.trim, 0.05)
    for x in (-0.2, 0.0, 0.2):
        pen.fill(oval(x, 1.78, 0.05, 0.05), outfit.trim)


MOTIFS = {
    "sash": _sash,
    "blouse": _blouse,
    "overalls": _overalls,
    "stripes": _stripes,
    "hoodie": _hoodie,
    "stars": _stars,
    "belly": _belly,
    "gauge": _gauge,
}
