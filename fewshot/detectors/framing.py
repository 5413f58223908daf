"""A face comes in; the crop around it goes out: a square with a margin, its eyes made level."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fewshot.crops import Box, Crop, Pixels, given
from fewshot.detectors.face import Face

LEVEL, STEEPEST = 3.0, 60.0
"""Degrees up to which a face is taken for upright, and from which on its eyes for a mistake."""


def framed(cv2: Any, pixels: Pixels, face: Face, margin: float, *, level: bool = True) -> Crop:
    """Cut a square around a face; where that reaches over the border it is moved inside.

    margin: what is added on each side, as a share of the face's height. level: turn it so that
    the eyes, where they are known, lie on a level, if the square, turned, lies in the picture.
    The box says where the square lies, not how far it was turned.
    """
    side = max(1.0, face.side * (1.0 + 2.0 * margin))
    height, width = pixels.shape[:2]
    box = _inside(face.x - side / 2, face.y - side / 2, side, width, height)
    angle = tilt(face) if level else 0.0
    reach = side / 2 * (math.cos(math.radians(angle)) + abs(math.sin(math.radians(angle))))
    inside = reach <= min(face.x, face.y, width - face.x, height - face.y)
    if not (LEVEL < abs(angle) < STEEPEST and inside):
        return given(pixels, box, face.kind, face.score)
    size = max(1, round(side))
    left, upper = max(0, int(face.x - reach)), max(0, int(face.y - reach))
    around = pixels[upper : int(face.y + reach) + 1, left : int(face.x + reach) + 1]
    x, y = face.x - left, face.y - upper
    turn = cv2.getRotationMatrix2D((x, y), angle, 1.0)
    turn[:, 2] += (size / 2 - x, size / 2 - y)
    turned = cv2.warpAffine(around, turn, (size, size), flags=cv2.INTER_LINEAR)
    return Crop(np.asarray(turned, np.uint8), box, face.kind, face.score)


def tilt(face: Face) -> float:
    """Return by how many degrees the right eye of the picture lies below the left one."""
    if face.eyes is None:
        return 0.0
    (left, upper), (right, lower) = face.eyes
    return math.degrees(math.atan2(lower - upper, right - left))


def _inside(x: float, y: float, side: float, width: int, height: int) -> Box:
    """Return the square, moved into the picture; what does not fit is cut off."""
    across, down = min(round(side), width), min(round(side), height)
    left = min(max(0, round(x)), width - across)
    upper = min(max(0, round(y)), height - down)
    return Box(left, upper, max(1, across), max(1, down))
