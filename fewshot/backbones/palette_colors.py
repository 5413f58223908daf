"""A picture of 96 x 96 comes in; how much of it has each color of a fine palette goes out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SIDE = 96
_TINY = np.float32(1e-9)  # against division by zero

_LIGHTNESS_LEVELS = 6
_CHROMA_STEP = 23.0  # width of a bin on the compressed a and b axes
_CHROMA_POWER = 0.7  # below one: finer bins near gray
_CENTER_SPREAD = 0.2  # of the Gaussian window, as a part of the side
_BORDER = 12  # pixels; the frame taken for background
_BORDER_DISCOUNT = 8.0
_SHARE_POWER = 0.25  # below one: a small patch of a telling color counts
_VOLUME_POWER = 0.25


def colors(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the colors of a picture (96, 96, 3): (COLORS,), signed, length 1.

    Shares of the bins of Lab space, pixels weighted toward the center, the border's colors
    discounted, raised to a small power (as the power transform of few-shot learning: Hu, Gripon,
    Pateux, ICANN 2021), their mean removed so that unlike pictures are near 0.
    """
    coarse = (picture >> 3).astype(np.int32)
    bins = _BIN[(coarse[..., 0] << 10 | coarse[..., 1] << 5 | coarse[..., 2]).ravel()]
    shares = np.bincount(bins, weights=_WINDOW, minlength=COLORS)
    border = np.bincount(bins[_FRAME], minlength=COLORS) / len(_FRAME)
    raised = (shares / (1 + _BORDER_DISCOUNT * border)) ** _SHARE_POWER
    signed = ((raised - raised.mean()) * _SCALE).astype(np.float32)
    return np.asarray(signed / (np.linalg.norm(signed) + _TINY), np.float32)


def _lab(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return CIE Lab (D65, IEC 61966-2-1) of sRGB colors in 0..255, one a row."""
    scaled = rgb / 255.0
    linear = np.where(scaled <= 0.04045, scaled / 12.92, ((scaled + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array(
        [
            [0.4124564, 0.3575761, 0.1804375],
            [0.2126729, 0.7151522, 0.0721750],
            [0.0193339, 0.1191920, 0.9503041],
        ]
    )
    xyz = linear @ to_xyz.T / to_xyz.sum(axis=1)
    bent = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    x, y, z = bent.T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)


def _color_bins() -> tuple[NDArray[np.int16], NDArray[np.int64]]:
    """Return the bin of each of 32 x 32 x 32 coarse RGB colors, and how many share each bin."""
    levels = np.arange(32) * 8 + 4.0
    coarse = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1)
    lightness, a, b = _lab(coarse.reshape(-1, 3)).T
    chroma = np.hypot(a, b) + 1e-9
    stretch = (chroma / 100) ** _CHROMA_POWER * 100 / chroma / _CHROMA_STEP
    row = np.clip(lightness * _LIGHTNESS_LEVELS / 100, 0, _LIGHTNESS_LEVELS - 1).astype(np.int64)
    column_a = np.rint(a * stretch).astype(np.int64) + 32
    column_b = np.rint(b * stretch).astype(np.int64) + 32
    code = (row * 64 + column_a) * 64 + column_b
    _, bins, volumes = np.unique(code, return_inverse=True, return_counts=True)
    return bins.reshape(-1).astype(np.int16), volumes


def _window() -> NDArray[np.float64]:
    """Return Gaussian weights of the pixels, flattened, summing to one."""
    place = (np.arange(SIDE) + 0.5) / SIDE - 0.5
    bell = np.exp(-(place**2) / (2 * _CENTER_SPREAD**2))
    weights = np.outer(bell, bell).ravel()
    result: NDArray[np.float64] = weights / weights.sum()
    return result


def _frame() -> NDArray[np.intp]:
    """Return the flat indices of the pixels of the border."""
    inside = np.zeros((SIDE, SIDE), dtype=bool)
    inside[_BORDER:-_BORDER, _BORDER:-_BORDER] = True
    return np.flatnonzero(~inside)


_BIN, _VOLUME = _color_bins()
_SCALE = (_VOLUME**_VOLUME_POWER).astype(np.float32)
_WINDOW = _window()
_FRAME = _frame()
COLORS = len(_VOLUME)
"""How many numbers `colors` returns."""
