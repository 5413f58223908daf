"""A face: in go a pen on the head, a character and a mood, out come eyes, brows and a mouth.

`turn` runs from -1 (looking to the left of the picture) to 1; the features shift that way.
"""

from __future__ import annotations

from drawing.characters import Character
from drawing.pen import INK, Pen, mirror, mix, oval, smooth

MOODS = ("smile", "open", "surprised", "angry", "closed")
SHIFT = 0.24  # how far the features move at a full turn


def draw_face(pen: Pen, who: Character, mood: str, turn: float) -> None:
    """All features, from the muzzle outwards."""
    face = pen.at(SHIFT * turn, 0)
    if who.muzzle:
        face.fill(oval(0, 0.56, 0.46, 0.31), who.muzzle)
    if who.eyes != "screen":
        _blush(face, who)
    if who.eyes == "single":
        _anime(face.at(0, 0.0, sx=1.75, sy=1.45), who.iris, mood)
    else:
        for side in (-1.0, 1.0):
            _eye(face, who, mood, turn, side)
    _mouth(face, who, mood)
    if "freckles" in who.extras:
        for x in (-0.56, -0.46, -0.36, 0.36, 0.46, 0.56):
            face.fill(oval(x, 0.5 + 0.05 * (round(x * 100) % 20 == 6), 0.025, 0.025), "#c98a5c")
    if "whiskers" in who.extras:
        for side in (-1.0, 1.0):
            for rise in (-0.08, 0.06):
                line = mirror([(0.5, 0.53 + rise / 2), (0.98, 0.5 + rise * 1.8)], side)
                face.stroke(line, mix(who.tip, INK, 0.4), 0.03)


def draw_glasses(pen: Pen, turn: float) -> None:
    """Round glasses over the eyes."""
    face = pen.at(SHIFT * turn, 0)
    for side in (-1.0, 1.0):
        face.stroke(oval(side * 0.4, 0.2, 0.31, 0.31), "#b23a48", 0.055)
        face.stroke([(side * 0.7, 0.15), (side * 0.92 - SHIFT * turn, 0.08)], "#b23a48", 0.05)
    face.stroke([(-0.1, 0.16), (0.1, 0.16)], "#b23a48", 0.05)


def draw_eyepatch(pen: Pen, turn: float) -> None:
    """A patch on the eye at the left of the picture, with its string."""
    x = SHIFT * turn - 0.38
    pen.stroke([(-0.96, -0.1), (x, 0.1), (0.75, -0.6)], "#2b2430", 0.05)
    patch = [(x - 0.25, 0.02), (x + 0.24, -0.05), (x + 0.27, 0.25), (x + 0.02, 0.45),
             (x - 0.25, 0.32)]
    pen.shape(smooth(patch), "#3a3040", 0.08)
    pen.stroke([(x - 0.1, 0.2), (x + 0.12, 0.2)], "#f0a830", 0.04)
    pen.stroke([(x, 0.09), (x, 0.31)], "#f0a830", 0.04)


def _blush(pen: Pen, who: Character) -> None:
    for side in (-1.0, 1.0):
        pen.fill(oval(side * 0.6, 0.47, 0.15, 0.085), mix(who.skin, "#f2525f", 0.33))


def _eye(pen: Pen, who: Character, mood: str, turn: float, side: float) -> None:
    narrow = 1 - 0.22 * max(0.0, turn * side)
    if who.eyes == "bulge":
        pen.at(side * 0.52, -0.78).shape(oval(0, 0, 0.38, 0.38), who.skin)
        _anime(pen.at(side * 0.52, -0.8, sx=narrow * 1.15, sy=0.95), who.iris, mood)
        return
    spot = pen.at(side * 0.4 * (1 - 0.1 * abs(turn)), 0.18, sx=narrow * side)
    if who.eyes == "screen":
        _screen(spot, who.iris, mood)
    elif who.eyes == "dot":
        _dot(spot, who.iris, mood)
    else:
        _anime(spot, who.iris, mood, mirrored=side < 0)
    if who.eyes == "anime" and not who.muzzle:
        color = who.hair.color if who.hair else who.iris
        _brow(spot, mix(color, INK, 0.35), mood, 0.15 if "bushy" in who.extras else 0.05, color)


def _brow(pen: Pen, color: str, mood: str, width: float, bushy: str) -> None:
    inner, outer = {"angry": (-0.24, -0.44), "surprised": (-0.52, -0.5)}.get(mood, (-0.42, -0.4))
    line = smooth([(-0.16, inner), (0.04, (inner + outer) / 2 - 0.04), (0.24, outer)], closed=False)
    if width > 0.1:
        pen.stroke(line, color, width + 0.08)
        color = bushy
    pen.stroke(line, color, width)


def _lid(pen: Pen, color: str) -> None:
    arc = smooth([(-0.2, 0.1), (-0.1, -0.04), (0.1, -0.04), (0.21, 0.1)], closed=False)
    pen.stroke(arc, color, 0.08)


def _anime(pen: Pen, iris: str, mood: str, mirrored: bool = False) -> None:
    """A big eye; the pen's x axis points outwards, so the lights are mirrored back."""
    dark = mix(iris, INK, 0.75)
    if mood == "closed":
        _lid(pen, dark)
        return
    tall = {"surprised": 0.34, "angry": 0.24}.get(mood, 0.29)
    ball = oval(0, 0, 0.22, tall)
    size = 0.74 if mood == "surprised" else 0.96
    disk = oval(0, 0.02, 0.185 * size, tall * 0.92 * size)
    pen.fill(ball, "#ffffff")
    pen.inside(ball, disk, dark)
    pen.inside(ball, oval(0, 0.03, 0.155 * size, tall * 0.8 * size), iris)
    pen.inside(ball, oval(0, 0.15, 0.11 * size, tall * 0.36 * size), mix(iris, "#ffffff", 0.45))
    pen.inside(ball, oval(0, -0.0, 0.08 * size, tall * 0.42 * size), dark)
    flip = -1.0 if mirrored else 1.0
    pen.fill(oval(-0.075 * flip, -0.11, 0.07, 0.075), "#ffffff")
    pen.fill(oval(0.08 * flip, 0.12, 0.035, 0.04), "#ffffff")
    lift = 0.13 if mood == "angry" else 0.0
    lash = [(-0.2, -tall * 0.5 + lift), (-0.09, -tall * 0.93 + lift / 2), (0.1, -tall * 0.93),
            (0.22, -tall * 0.45), (0.28, -tall * 0.5)]
    if mood == "angry":
        pen.inside(ball, [(-0.3, -0.4), (0.1, -0.4), (0.1, -0.22), (-0.3, -0.02)], dark)
    pen.stroke(smooth(lash, closed=False), INK, 0.075)
    pen.stroke(oval(0, 0, 0.21, tall, 40, 140), dark, 0.03)


def _dot(pen: Pen, color: str, mood: str) -> None:
    if mood == "closed":
        _lid(pen, color)
        return
    tall = {"surprised": 0.27, "angry": 0.17}.get(mood, 0.22)
    pen.fill(oval(0, 0, 0.15, tall), color)
    pen.fill(oval(0.03, -tall * 0.4, 0.055, 0.06), "#ffffff")
    if mood == "angry":
        pen.stroke([(-0.1, -0.2), (0.2, -0.34)], color, 0.07)


def _screen(pen: Pen, color: str, mood: str) -> None:
    if mood == "closed":
        _lid(pen.at(0, 0.04), color)
    elif mood == "surprised":
        pen.stroke(oval(0, 0, 0.17, 0.2), color, 0.08)
    elif mood == "angry":
        pen.fill([(-0.18, -0.02), (0.18, -0.2), (0.18, 0.18), (-0.18, 0.18)], color)
    else:
        pen.fill(smooth([(-0.15, -0.2), (0.15, -0.2), (0.15, 0.2), (-0.15, 0.2)]), color)
        pen.fill(oval(-0.04, -0.09, 0.05, 0.06), "#ffffff")


def _mouth(pen: Pen, who: Character, mood: str) -> None:
    spot = pen.at(0, {"bulge": 0.3, "single": 0.68}.get(who.eyes, 0.6))
    color = who.iris if who.eyes == "screen" else mix(who.skin, "#4a1522", 0.8)
    if who.muzzle:
        pen.shape(smooth([(-0.1, 0.39), (0.1, 0.39), (0, 0.49)]), "#5a3038", 0)
        spot = pen.at(0, 0.63, sx=0.85, sy=0.85)
    if who.eyes == "bulge":
        spot = spot.at(0, 0, sx=2.1, sy=1.4)
    if mood == "open":
        rim = [(-0.2, -0.06), (0, -0.03), (0.2, -0.06), (0.13, 0.15), (-0.13, 0.15)]
        hole = smooth(rim, {0, 2})
        spot.fill(hole, mix(color, INK, 0.2) if who.eyes != "screen" else color)
        if who.eyes != "screen":
            spot.inside(hole, oval(0, 0.17, 0.12, 0.1), "#f0717a")
            spot.stroke([*hole, hole[0]], color, 0.035)
    elif mood == "surprised":
        spot.shape(oval(0, 0.05, 0.08, 0.11), color, 0)
    elif mood == "angry":
        frown = [(-0.15, 0.1), (-0.06, 0.0), (0.06, 0.0), (0.15, 0.1)]
        spot.stroke(smooth(frown, closed=False), color, 0.05)
    elif who.muzzle:
        line = [(-0.18, -0.02), (-0.1, 0.07), (0, -0.03), (0.1, 0.07), (0.18, -0.02)]
        spot.stroke(smooth(line, {2}, closed=False), color, 0.05)
    else:
        curve = [(-0.17, -0.04), (-0.07, 0.06), (0.07, 0.06), (0.17, -0.04)]
        spot.stroke(smooth(curve, closed=False), color, 0.05)
