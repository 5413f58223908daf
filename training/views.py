"""A picture comes in; the crops that teacher and student both see go out, and what only one does.

A teacher that saw the very crop that the student is asked about teaches more (Beyer et al.,
Knowledge distillation: a good teacher is patient and consistent, CVPR 2022); so crops are few,
drawn once, and a teacher's vector is kept for each.
"""

from __future__ import annotations

from hashlib import sha256

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Box = tuple[float, float, float, float]
"""Left, top, right, bottom, as shares of width and height."""

VIEWS = 4
"""Crops a picture, the first of which is the picture whole."""
LEAST = 0.66
"""Of a side, that a crop keeps at least."""

GEOMETRY = f"{VIEWS}x{LEAST:.2f}"
"""What a teacher's vectors are kept by, beside the picture and the teacher."""


def views_of(content: bytes) -> list[Box]:
    """Return the crops of a picture, the same for the same bytes."""
    random = np.random.default_rng(list(sha256(content).digest()[:16]))
    boxes: list[Box] = [(0.0, 0.0, 1.0, 1.0)]
    for _ in range(VIEWS - 1):
        width, height = random.uniform(LEAST, 1, 2)
        left, top = random.uniform(0, 1 - width), random.uniform(0, 1 - height)
        boxes.append((float(left), float(top), float(left + width), float(top + height)))
    return boxes


def cut(pixels: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    """Cut a crop (height, width, 3) out of a picture, to whole pixels."""
    height, width = pixels.shape[:2]
    left, top = round(box[0] * width), round(box[1] * height)
    right, bottom = max(left + 1, round(box[2] * width)), max(top + 1, round(box[3] * height))
    return pixels[top:bottom, left:right]


def student_view(
    pixels: NDArray[np.uint8], box: Box, side: int, random: np.random.Generator
) -> NDArray[np.float32]:
    """Draw what the student sees of a crop: (side, side, 3) float32 in -1 .. 1.

    The crop moved a little, mirrored half of the time, lighter or darker, a little more or less
    colored, 8 % gray, and with a square of one color somewhere half of the time. Hue is left alone:
    characters are known by it.
    """
    moved = np.clip(np.array(box) + random.normal(0, 0.045, 4), 0, 1)
    (left, right), (top, bottom) = (
        _within(float(moved[at]), float(moved[at + 2]), side)
        for at, side in enumerate(pixels.shape[1::-1])
    )
    picture = Image.fromarray(pixels).resize(
        (side, side), Image.Resampling.BILINEAR, box=(left, top, right, bottom), reducing_gap=2.0
    )
    given = np.asarray(picture, np.float32)
    if random.random() < 0.5:
        given = given[:, ::-1]
    gray = given.mean(axis=2, keepdims=True)
    if random.random() < 0.08:
        given = np.repeat(gray, 3, axis=2)
    else:
        given = gray + (given - gray) * np.float32(random.uniform(0.75, 1.25))
    middle = given.mean()
    contrast, light = random.uniform(0.75, 1.25), random.uniform(-28, 28)
    given = (given - middle) * np.float32(contrast) + np.float32(middle + light)
    given = np.clip(given, 0, 255) / np.float32(127.5) - np.float32(1)
    if random.random() < 0.5:
        size = int(side * random.uniform(0.15, 0.45))
        x, y = random.integers(0, side - size + 1, 2)
        given[y : y + size, x : x + size] = random.uniform(-1, 1, 3)
    return np.asarray(given, np.float32)


def _within(start: float, end: float, side: int) -> tuple[float, float]:
    """Turn two shares of a side into pixels, two apart where there are two."""
    least = min(2.0, side)
    first = min(min(start, end) * side, side - least)
    return first, min(float(side), max(max(start, end) * side, first + least))
