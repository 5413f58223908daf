"""A crop comes in; a square of pixels, or a network's input, goes out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fewshot.backbones.preprocessing import Preprocessing


def squeezed(
    crop: NDArray[np.uint8], side: int, by: Image.Resampling = Image.Resampling.BILINEAR
) -> NDArray[np.uint8]:
    """Bring a crop (height, width, 3) to a square of `side` pixels, whatever its shape.

    By Pillow's filter, which averages over all it shrinks, after a box reduction to not less than
    the size wanted.
    """
    image = Image.fromarray(crop)
    return np.asarray(image.resize((side, side), by, reducing_gap=1.0))


def prepared(crop: NDArray[np.uint8], side: int, how: Preprocessing) -> NDArray[np.float32]:
    """Turn a crop (height, width, 3), uint8 RGB, into an input (1, side, side, 3), float32."""
    pixels = squeezed(crop, side)
    if how.bgr:
        pixels = np.ascontiguousarray(pixels[..., ::-1])
    row = np.tile(np.array(how.subtracted, np.float32), side)  # one for a whole row of pixels
    numbers = np.subtract(pixels.reshape(side, side * 3), row, dtype=np.float32)
    numbers *= np.float32(1.0 / how.divisor)
    return numbers.reshape(1, side, side, 3)
