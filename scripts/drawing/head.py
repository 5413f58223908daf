"""A head: in go a pen at the head's center, a character and a mood, out come skin, hair and hat.

It is drawn in two passes, because long hair falls behind the body and the fringe before it.
"""

from __future__ import annotations

import math

from drawing.characters import Character, Hair
from drawing.face import SHIFT, draw_eyepatch, draw_face, draw_glasses
from drawing.headwear import draw_hat
from drawing.pen import INK, Pen, Point, mirror, mix, oval, shaded, smooth

HEADS: dict[str, list[Point]] = {
    "round": [(0, -1), (0.72, -0.7), (0.96, 0), (0.84, 0.5), (0.42, 0.86), (0, 0.96)],
    "wide": [(0, -0.92), (0.72, -0.72), (1.06, 0), (1.02, 0.5), (0.55, 0.86), (0, 0.92)],
    "fluffy": [(0, -0.92), (0.7, -0.68), (0.98, 0.05), (1.24, 0.5), (0.9, 0.6), (0.98, 0.82),
               (0.45, 0.86), (0, 0.95)],
    "flat": [(0, -0.72), (0.72, -0.66), (1.16, 0.1), (1.08, 0.55), (0.6, 0.84), (0, 0.88)],
    "tall": [(0, -1.22), (0.62, -0.95), (0.78, -0.2), (0.95, 0.4), (0.6, 0.92), (0, 1.02)],
    "box": [(0, -0.85), (0.84, -0.84), (1.02, -0.66), (1.02, 0.66), (0.84, 0.84), (0, 0.85)],
}
CORNERS: dict[str, set[int]] = {"fluffy": {3, 4, 5}}

# The lower edge of a fringe, from the left of the picture to the right.
FRINGES: dict[str, list[Point]] = {
    "straight": [(-0.78, 0.0), (-0.58, -0.26), (-0.4, -0.16), (-0.2, -0.3), (0.0, -0.16),
                 (0.2, -0.3), (0.4, -0.16), (0.58, -0.26), (0.78, 0.0)],
    "center": [(-0.8, 0.12), (-0.52, -0.2), (-0.36, -0.02), (-0.12, -0.3), (0.04, 0.14),
               (0.16, -0.3), (0.4, -0.02), (0.54, -0.2), (0.8, 0.12)],
    "side": [(-0.86, 0.2), (-0.68, -0.1), (-0.42, -0.05), (-0.2, -0.32), (0.0, -0.22),
             (0.3, -0.5), (0.6, -0.12), (0.7, -0.2), (0.86, 0.2)],
}


def head_outline(shape: str) -> list[Point]:
    """The whole outline of a head, from its right half."""
    half = HEADS[shape]
    left = [(-x, y) for x, y in reversed(half[1:-1])]
    last = 2 * len(half) - 2
    corners = {c for i in CORNERS.get(shape, ()) for c in (i, last - i)}
    return smooth([*half, *left], corners)


def draw_back_of_head(pen: Pen, who: Character, turn: float) -> None:
    """What the body will hide in part: hair down the back, and tails."""
    if who.hair is None:
        return
    back, color = pen.at(-0.09 * turn, 0), who.hair.color
    dark = shaded(color)
    if who.hair.back == "bob":
        half = [(0, -1.1), (0.85, -0.75), (1.13, 0.05), (1.16, 0.7), (0.98, 0.98), (0.5, 0.9)]
        back.shape(smooth([*half, *mirror(half[:0:-1], -1)], {4, 7}), dark)
    elif who.hair.back == "long":
        half = [(0, -1.1), (0.85, -0.75), (1.12, 0.1), (1.15, 1.0), (1.34, 1.95), (1.0, 1.85),
                (0.85, 2.2), (0.5, 1.95), (0.2, 2.25)]
        back.shape(smooth([*half, *mirror(half[:0:-1], -1)], {4, 6, 8, 9, 11, 13}), dark)
    elif who.hair.back == "afro":
        rim = [(1.28 * math.cos(i * math.pi / 10), 1.2 * math.sin(i * math.pi / 10) - 0.32)
               for i in range(20)]
        cloud = [(x * k, y * k) for i, (x, y) in enumerate(rim) for k in (1.0 + 0.08 * (i % 2),)]
        back.shape(smooth(cloud), color, 0.2)
    else:
        back.shape(oval(0, -0.1, 1.04, 1.0), dark)
        if who.hair.back == "tails":
            _tails(back, color)


def draw_head(pen: Pen, who: Character, mood: str, turn: float, extras: frozenset[str]) -> None:
    """Everything from the ears to the hat, in front of the body."""
    if who.ears != "none":
        _ears(pen.at(-0.06 * turn, 0), who)
    if who.head != "sheet":
        outline = head_outline(who.head)
        pen.shape(outline, who.skin, 0.1)
        _markings(pen, who, outline, turn)
    draw_face(pen, who, mood, turn)
    if "beard" in extras and who.hair:
        _beard(pen.at(SHIFT * 0.7 * turn, 0), who.hair.color, mood)
    if "eyepatch" in extras:
        draw_eyepatch(pen, turn)
    if who.hair:
        _front_hair(pen, who.hair, turn, ribbons="ribbons" in extras)
    if "glasses" in extras:
        draw_glasses(pen, turn)
    if who.hat:
        draw_hat(pen.at(0.05 * turn, 0), who.hat, turn)


def _markings(pen: Pen, who: Character, outline: list[Point], turn: float) -> None:
    """Colored patches on the skin, with the outline drawn anew over their edges."""
    x = SHIFT * turn
    if who.head == "fluffy":
        _cheeks(pen, who, outline, x)
    if who.head == "box":
        _panel(pen, who, x)
    if "tabby" in who.extras:
        _tabby(pen, who, outline, x)
    if "spots" in who.extras:
        for sx, sy, r in ((-0.5, -0.75, 0.12), (-0.28, -0.95, 0.08), (0.55, -0.6, 0.13),
                          (0.72, 0.5, 0.1), (-0.7, 0.55, 0.1)):
            pen.inside(outline, oval(sx + x * 0.5, sy, r, r), mix(who.skin, "#5a1a80", 0.5))
    if who.hair and who.hair.fringe in FRINGES:
        below = [(x, y + 0.12) for x, y in _fringe(who.hair, turn)]
        pen.at(0.07 * turn, 0).inside(outline, below, shaded(who.skin))
    pen.stroke([*outline, outline[0]], mix(who.skin, INK, 0.72))


def _cheeks(pen: Pen, who: Character, outline: list[Point], x: float) -> None:
    for side in (-1.0, 1.0):
        cheek = [(x, 0.3), (side * 0.55 + x, 0.28), (side * 1.4, 0.35), (side * 1.2, 1), (x, 1)]
        pen.inside(outline, smooth(cheek), who.muzzle)


def _panel(pen: Pen, who: Character, x: float) -> None:
    screen = [(x - 0.7, -0.4), (x + 0.7, -0.4), (x + 0.7, 0.67), (x - 0.7, 0.67)]
    pen.shape(smooth(screen), "#22313c", 0)
    for side in (-1.0, 1.0):
        pen.shape(oval(side * 1.06, 0.1, 0.14, 0.26), who.outfit.trim)


def _tabby(pen: Pen, who: Character, outline: list[Point], x: float) -> None:
    for shift, low in ((-0.29, -0.5), (0.0, -0.38), (0.29, -0.5)):
        stripe = [(x + shift - 0.07, -1), (x + shift + 0.07, -1), (x + shift * 0.83, low)]
        pen.inside(outline, stripe, who.tip)
    for side in (-1.0, 1.0):
        for y in (0.12, 0.36):
            tip = (side * 0.76 + x * 0.5, y + 0.06)
            pen.inside(outline, [(side * 1.1, y - 0.06), tip, (side * 1.1, y + 0.08)], who.tip)


def _ears(pen: Pen, who: Character) -> None:
    for side in (-1.0, 1.0):
        if who.ears == "human":
            pen.shape(oval(side * 0.97, 0.22, 0.16, 0.2), who.skin, 0.05)
            continue
        tall, lean = (1.72, 0.88) if who.ears == "fox" else (1.36, 0.92)
        half = [(0.14, -0.8), (0.5, -tall * 0.85), (lean, -tall), (1.02, -0.95), (0.96, -0.3)]
        ear = mirror(half, side)
        outline = smooth(ear, {0, 2, 4})
        pen.shape(outline, who.skin)
        inner = [(0.23 * side + x * 0.58, -0.24 + y * 0.66) for x, y in ear]
        pen.fill(smooth(inner, {0, 2, 4}), mix(who.skin, "#e8727c", 0.6))
        if who.ears == "fox":
            top = mirror([(0.2, -1.36), (0.8, -1.28), (1.3, -1.3), (1.3, -2), (0.2, -2)], side)
            pen.inside(outline, top, who.tip)
            pen.stroke([*outline, outline[0]], mix(who.skin, INK, 0.72))


def _front_hair(pen: Pen, hair: Hair, turn: float, ribbons: bool) -> None:
    front = pen.at(0.07 * turn, 0)
    if hair.locks:
        for side in (-1.0, 1.0):
            low = hair.locks
            lock = [(0.72, -0.5), (1.04, -0.1), (1.08, low * 0.6), (0.92, low + 0.12),
                    (0.8, low * 0.7), (0.84, 0.1)]
            front.shape(smooth(mirror(lock, side), {3}), hair.color, 0.06)
    if hair.back == "braids":
        _braids(front, hair.color)
    if hair.back == "afro":
        half = [(0, -0.52), (0.4, -0.56), (0.68, -0.38), (0.9, 0.02), (1.04, -0.1), (0.98, -0.6),
                (0.7, -1.0), (0, -1.18)]
        front.fill(smooth([*half, *mirror(half[-2:0:-1], -1)]), hair.color)
    if hair.fringe in FRINGES:
        front.shape(_fringe(hair, turn), hair.color, 0.07)
        _shine(front, hair.color)
    if ribbons:
        for side in (-1.0, 1.0):
            front.shape(oval(side * 1.02, -0.42, 0.17, 0.17), "#e85a8a", 0.05)


def _fringe(hair: Hair, turn: float) -> list[Point]:
    edge = [(x + SHIFT * 0.5 * turn * (1 - abs(x)), y) for x, y in FRINGES[hair.fringe]]
    dome = [(1.0, 0.2), (1.06, -0.2), (0.82, -0.76), (0, -1.12), (-0.82, -0.76), (-1.06, -0.2),
            (-1.0, 0.2)]
    tips = {i for i in range(len(edge)) if i % 2 == 0}
    return smooth([*edge, *dome], tips | {len(edge), len(edge) + 6})


def _shine(pen: Pen, color: str) -> None:
    light = mix(color, "#ffffff", 0.42)
    gleam = smooth([(-0.62, -0.5), (-0.4, -0.68), (-0.08, -0.77), (-0.1, -0.7), (-0.36, -0.6)])
    pen.fill(gleam, light)
    pen.fill(oval(0.1, -0.74, 0.06, 0.035), light)


def _tails(pen: Pen, color: str) -> None:
    for side in (-1.0, 1.0):
        tail = [(0.9, -0.5), (1.35, -0.62), (1.72, -0.1), (1.7, 0.6), (1.92, 1.1), (1.45, 0.98),
                (1.2, 0.5), (1.05, -0.1)]
        pen.shape(smooth(mirror(tail, side), {4}), color)


def _braids(pen: Pen, color: str) -> None:
    for side in (-1.0, 1.0):
        brush = [(0.84, 1.38), (1.0, 1.38), (1.06, 1.62), (0.78, 1.62)]
        pen.shape(smooth(mirror(brush, side)), color)
        for step in range(5):
            x, y = side * (0.96 - 0.01 * step), 1.22 - 0.22 * step
            pen.shape(oval(x, y, 0.19 + 0.01 * step, 0.16), color, 0.06)
        pen.shape(oval(side * 0.93, 1.38, 0.12, 0.07), "#e8b23a", 0)


def _beard(pen: Pen, color: str, mood: str) -> None:
    half = [(0, 0.62), (0.3, 0.6), (0.7, 0.42), (0.9, 0.1), (0.98, 0.4), (0.78, 0.95), (0.5, 1.15),
            (0.22, 1.5), (0, 1.72)]
    pen.shape(smooth([*half, *mirror(half[-2:0:-1], -1)], {3, 8, 13}), color)
    if mood in ("open", "surprised"):
        pen.fill(oval(0, 0.74, 0.14, 0.11), "#6a2430")
    for side in (-1.0, 1.0):
        curl = mirror([(0, 0.52), (0.3, 0.5), (0.62, 0.66), (0.4, 0.74), (0.08, 0.68)], side)
        pen.shape(smooth(curl, {2}), mix(color, "#ffffff", 0.5), 0.04)
    pen.shape(oval(0, 0.46, 0.13, 0.1), "#eaa98a", 0.05)
