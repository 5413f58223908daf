"""A small JPEG comes in; the picture in it goes out, made ready to be compared with others."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Planes = NDArray[np.float32]
"""(3, height, width): brightness and two of color, 0 to 255."""

Rectangle = tuple[float, float, float, float]
"""Left, upper, right and lower edge."""

MOST_SIDE = 256
"""Pixels a side that no thumbnail has: ours have 128."""

COARSE = 28
"""Pixels a side, of a square of the same area, of a picture at the first look."""

FLAT = 2.0
"""The standard deviation, in levels of 255, up to which a picture is of one color."""


@dataclass(frozen=True, slots=True)
class View:
    """A picture made ready to be compared."""

    image: Image.Image  # YCbCr, as it came
    half: Image.Image  # the same in half the size, where that is large enough for a first look
    coarse: Planes  # about COARSE ** 2 pixels
    mean: NDArray[np.float32]  # (3,)
    flat: bool


def prepare(jpeg: bytes) -> View:
    """Decode a thumbnail; raises ValueError where it is no JPEG of at most 256 pixels a side."""
    try:
        with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as opened:
            if max(opened.size) > MOST_SIDE:
                raise ValueError(f"a thumbnail of {opened.width} x {opened.height} pixels")
            image = opened.convert("YCbCr")
    except Exception as error:  # a hostile file makes Pillow raise anything
        raise ValueError(f"no thumbnail: {error}") from error
    return view_of(image)


def view_of(image: Image.Image) -> View:
    """Make a picture ready, in YCbCr, of any size."""
    area = image.width * image.height
    factor = COARSE / area**0.5
    coarse = planes_of(image, round(image.width * factor), round(image.height * factor))
    spread = float(coarse.std(axis=(1, 2)).max())
    half = image.reduce(2) if min(image.size) >= 2 * COARSE else image
    return View(image, half, coarse, coarse.mean(axis=(1, 2)), spread <= FLAT)


def planes_of(image: Image.Image, width: int, height: int, box: Rectangle | None = None) -> Planes:
    """Bring a picture, or the part of it within these edges in pixels, to a size in pixels."""
    small = image.resize((max(1, width), max(1, height)), Image.Resampling.BILINEAR, box=box)
    return np.asarray(small, np.float32).transpose(2, 0, 1).copy()
