"""A figure: in go a pen, a character and a pose, out comes the whole body in drawing order.

The pen's origin is the head's center at rest and its unit is the head's radius.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from PIL import Image, ImageDraw

from drawing.characters import Character, Outfit
from drawing.clothes import SHOULDER, draw_torso
from drawing.head import draw_back_of_head, draw_head
from drawing.pen import INK, Pen, mirror, mix, oval, smooth

FEET = 2.85

# Angles of upper arm and forearm, in degrees outwards from hanging straight down.
ARMS = {
    "down": (26.0, 10.0),
    "hip": (58.0, -48.0),
    "out": (78.0, 96.0),
    "up": (106.0, 132.0),
    "cheek": (118.0, 158.0),
    "chest": (30.0, -118.0),
}


@dataclass(frozen=True)
class Pose:
    """How a character holds itself in one picture; `arms` is (left, right) in the picture."""

    turn: float = 0.0
    tilt: float = 0.0
    mood: str = "smile"
    arms: tuple[str, str] = ("down", "down")
    extras: frozenset[str] = frozenset()


def top_of(who: Character) -> float:
    """How far the character reaches above the head's center."""
    ears = {"fox": 1.75, "cat": 1.4}.get(who.ears, 1.15)
    hair = 1.55 if who.hair and who.hair.back == "afro" else 1.15
    return max(ears, hair, who.hat.tall if who.hat else 0.0)


def half_width(who: Character) -> float:
    """How far the character's head, with hair and hat, reaches to each side."""
    hair = {"tails": 1.85}.get(who.hair.back, 1.4) if who.hair else 1.4
    return max(hair, {"witch": 1.65, "wizard": 1.35}.get(who.hat.kind, 0.0) if who.hat else 0.0)


def draw_figure(pen: Pen, who: Character, pose: Pose) -> None:
    """Back to front: hair, cape and tail, legs, torso, low arms, head, raised arms."""
    head = pen.at(0, 0.9, pose.tilt).at(0, -0.9)
    draw_back_of_head(head, who, pose.turn)
    _ground_shadow(pen)
    if who.outfit.cape:
        _cape(pen, who.outfit)
    if who.tail:
        _tail(pen, who)
    if who.head == "sheet":
        _sheet(pen.at(0, 0.9, pose.tilt * 0.5).at(0, -0.9), who)
    else:
        _legs(pen, who)
        draw_torso(pen, who)
    raised = [ARMS[arm][1] > 90 for arm in pose.arms]
    _arms(pen, who, pose, [not up for up in raised])
    _neckwear(pen, who)
    draw_head(head, who, pose.mood, pose.turn, who.extras | pose.extras)
    _arms(pen, who, pose, raised)


def _ground_shadow(pen: Pen) -> None:
    mask = Image.new("L", pen.canvas.size, 0)
    ImageDraw.Draw(mask).polygon(pen.pixels(oval(0.06, FEET + 0.02, 0.78, 0.12)), fill=70)
    pen.canvas.paste(INK, (0, 0), mask)


def _cape(pen: Pen, outfit: Outfit) -> None:
    half = [(0.3, 0.95), (0.62, 1.15), (0.98, 2.0), (1.12, 2.5), (0.7, 2.36), (0.35, 2.48)]
    cape = smooth([*half, *mirror(half[::-1], -1)], {0, 3, 5, 6, 8, 11})
    pen.shape(cape, outfit.cape)


def _tail(pen: Pen, who: Character) -> None:
    if who.tail == "slim":
        pen.limb([(0.3, 2.2), (0.95, 2.3), (1.25, 1.85), (1.1, 1.45)], 0.2, who.skin)
        pen.limb([(1.2, 1.66), (1.1, 1.42)], 0.2, who.tip)
        return
    tail = smooth([(0.2, 2.3), (0.7, 2.5), (1.35, 2.3), (1.6, 1.7), (1.4, 1.15), (1.05, 1.55),
                   (0.75, 1.85)], {0, 4})
    pen.shape(tail, who.skin)
    end = smooth([(1.0, 1.6), (1.25, 1.62), (1.4, 1.78), (1.8, 1.6), (1.5, 1), (1.2, 1.1)], {0})
    pen.inside(tail, end, who.muzzle)
    pen.stroke([*tail, tail[0]], mix(who.skin, INK, 0.72))


def _legs(pen: Pen, who: Character) -> None:
    for side in (-1.0, 1.0):
        x = side * 0.24
        pen.limb([(x, who.outfit.length - 0.25), (x * 1.06, FEET - 0.15)], 0.26,
                 who.outfit.legs or who.skin)
        foot = [(-0.16, -0.2), (0.14, -0.2), (0.27, 0.02), (0.18, 0.12), (-0.18, 0.12)]
        pen.at(x * 1.1, FEET - 0.1).shape(smooth(mirror(foot, side)), who.outfit.shoes, 0.05)


def _sheet(pen: Pen, who: Character) -> None:
    half = [(0, -1.05), (0.7, -0.8), (0.98, 0.0), (0.98, 1.0), (1.12, 1.9), (0.92, 2.4),
            (0.62, 2.05), (0.3, 2.5)]
    body = [*half, (0, 2.1), *mirror(half[:0:-1], -1)]
    pen.shape(smooth(body), who.skin, 0.2)


def _neckwear(pen: Pen, who: Character) -> None:
    if "scarf" in who.extras:
        end = smooth([(0.2, 1.1), (0.5, 1.15), (0.5, 1.75), (0.24, 1.7)], {2, 3})
        pen.shape(end, "#2fa39a", 0.05)
        pen.shape(oval(0, 1.02, 0.58, 0.2), "#2fa39a", 0.08)
    if "bell" in who.extras:
        pen.shape(oval(0, 0.98, 0.5, 0.14), "#d8404a", 0.05)
        pen.shape(oval(0, 1.13, 0.13, 0.13), "#f7d046", 0.05)
    if "choker" in who.extras:
        pen.shape(oval(0, 0.96, 0.24, 0.1), "#2b2430", 0)
    if who.outfit.motif == "bowtie":
        for side in (-1.0, 1.0):
            bow = smooth(mirror([(0, 1.05), (0.34, 0.86), (0.34, 1.24)], side), {0, 1, 2})
            pen.shape(bow, who.outfit.trim, 0.05)
        pen.shape(oval(0, 1.05, 0.1, 0.1), who.outfit.trim, 0)


def _arms(pen: Pen, who: Character, pose: Pose, wanted: list[bool]) -> None:
    for side, arm, draw in zip((-1.0, 1.0), pose.arms, wanted, strict=True):
        if draw:
            _arm(pen, who, side, ARMS[arm])


def _arm(pen: Pen, who: Character, side: float, angles: tuple[float, float]) -> None:
    wide = 0.92 if who.head == "sheet" else who.outfit.shoulder - 0.06
    reach = 0.32 if who.head == "sheet" else 0.52 if angles == ARMS["up"] else 0.46
    path = [(side * wide, SHOULDER + 0.06)]
    for angle in angles:
        x, y = path[-1]
        turn = math.radians(angle)
        path.append((x + side * reach * math.sin(turn), y + reach * math.cos(turn)))
    color = who.outfit.sleeve or who.outfit.main
    paw = who.skin == color
    if not paw:
        pen.shape(oval(*path[-1], 0.16, 0.16), who.skin, 0.04)
    (elbow_x, elbow_y), (hand_x, hand_y) = path[1:]
    cuff = ((elbow_x + 3 * hand_x) / 4, (elbow_y + 3 * hand_y) / 4)
    pen.limb([*path[:2], path[2] if paw else cuff], 0.25, color)
    if not paw:
        pen.fill(oval(hand_x, hand_y, 0.135, 0.135), who.skin)
