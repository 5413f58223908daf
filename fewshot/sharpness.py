"""Thumbnails and boxes come in; how sharp they are, and which are blurred or tiny, goes out.

Source of the measure: variance of the Laplacian, Pech-Pacheco et al., ICPR 2000; here divided by
the variance of the gray itself, so that a picture of little contrast is not called blurred.
"""

from __future__ import annotations

import io
import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

TINY = 48
"""Pixels: a crop whose shorter side is less, and less than half of the gallery's usual, is tiny."""

BLURRED = 8.0
"""A blurred picture is less than one eighth as sharp as the gallery's usual."""

_FENCE = 1.5
_LARGEST = 512

Floats = NDArray[np.float64]


def sharpness(jpeg: bytes | None) -> float:
    """Return the logarithm of how sharp a thumbnail is; NaN where it is missing or damaged."""
    try:
        with Image.open(io.BytesIO(jpeg or b""), formats=("JPEG",)) as image:
            if max(image.size) > _LARGEST or min(image.size) < 3:
                return float("nan")
            image.draft("L", image.size)  # brightness alone is decoded
            gray = np.asarray(image.convert("L"), np.float32)
    except Exception:  # noqa: BLE001  whatever stands in the gallery, the others are measured
        return float("nan")
    around = gray[1:-1, :-2] + gray[1:-1, 2:] + gray[:-2, 1:-1] + gray[2:, 1:-1]
    laplacian = around - np.float32(4) * gray[1:-1, 1:-1]
    return math.log(_variance(laplacian) / (_variance(gray) + 1.0) + 1e-6)


def _variance(values: NDArray[np.float32]) -> float:
    """Return the variance; in one product, for thousands of pictures are measured."""
    moved = (values - values.mean()).ravel()
    return float(moved @ moved) / len(moved)


def blurred(sharp: Floats) -> NDArray[np.bool_]:
    """Tell which are blurred beside the rest: `sharp` (n,) of `sharpness`, NaN where not known.

    Less than an eighth of the usual, and below the lower fence of the gallery's own (1.5 times the
    distance between the quartiles): a gallery of soft pictures is not all blurred.
    """
    known = sharp[~np.isnan(sharp)]
    if not len(known):
        return np.zeros(len(sharp), bool)
    low, middle, high = np.quantile(known, (0.25, 0.5, 0.75))
    limit = min(low - _FENCE * (high - low), middle - np.log(BLURRED))
    return np.asarray(sharp < limit)


def tiny(shorter: Floats) -> NDArray[np.bool_]:
    """Tell which crops are tiny: `shorter` (n,), the shorter side of each in pixels."""
    if not len(shorter):
        return np.zeros(0, bool)
    return np.asarray(shorter < min(float(TINY), float(np.median(shorter)) / 2.0))
