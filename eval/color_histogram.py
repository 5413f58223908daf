"""Crops come in; plain color histograms over 1 + 4 + 9 cells go out: what palette must beat.

RGB, four steps a channel (64 bins), in the whole picture, its quarters and its ninths, each cell
summing to one, joined (896 numbers). `rooted` takes square roots (Hellinger), the usual cure for
large bins. Source: the spatial pyramid of Lazebnik, Schmid, Ponce, CVPR 2006, over color.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 96


def color_histogram(pixels: NDArray[np.uint8], *, rooted: bool) -> NDArray[np.float32]:
    """Return the histogram of one picture, (896,) float32, length 1."""
    small = np.asarray(Image.fromarray(pixels).resize((SIDE, SIDE), Image.Resampling.BOX))
    bins = (small >> 6).astype(np.int64) @ np.array([16, 4, 1])
    cells = []
    for count in (1, 2, 3):
        side = SIDE // count
        for row in range(count):
            for column in range(count):
                cell = bins[row * side : (row + 1) * side, column * side : (column + 1) * side]
                cells.append(np.bincount(cell.ravel(), minlength=64) / cell.size)
    joined = np.concatenate(cells)
    vector = np.sqrt(joined) if rooted else joined
    return np.asarray(vector / np.linalg.norm(vector), np.float32)
