"""Picture files come in; squares of pixels, as a network is given them, go out in one array."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fewshot.backbones.squeeze import squeezed
from fewshot.crops import find_fixed
from fewshot.errors import UnreadableImage
from fewshot.images import decode, read_picture
from fewshot.pipeline import ordered_map
from fewshot.watch import Watch

PIXELS = "pixels.bin"
IN_MEMORY = 1 << 30  # bytes
"""What is more lies in a file that the system pages in."""

Squares = NDArray[np.uint8]


class Rows:
    """Some rows of an array, taken from it when they are asked for: nothing is copied before."""

    def __init__(self, whole: Squares, places: NDArray[np.int64]) -> None:
        self._whole, self._places = whole, places

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, some: NDArray[np.int64] | slice) -> Squares:
        return self._whole[self._places[some]]


def read_squares(
    files: Sequence[Path], size: int, crop: str, folder: Path, watch: Watch
) -> tuple[Squares, list[UnreadableImage]]:
    """Decode, crop and squeeze pictures by the product's own path: (n, size, size, 3).

    folder: where the array lies if it is large. Pictures that cannot be read have no row; they are
    the refusals.
    """
    cut = find_fixed(crop)

    def one(path: Path) -> Squares | UnreadableImage:
        try:
            pixels = decode(read_picture(path), at_least=2 * size).pixels
        except UnreadableImage as error:
            return error
        return squeezed(cut(pixels)[0].pixels, size)

    shape = (len(files), size, size, 3)
    found: Squares
    if int(np.prod(shape, dtype=object)) > IN_MEMORY:
        found = np.memmap(folder / PIXELS, np.uint8, "w+", shape=shape)
    else:
        found = np.zeros(shape, np.uint8)
    refused, read = [], 0
    with watch.bar("reading pictures", len(files)) as advance:
        for made in ordered_map(one, files):
            if isinstance(made, UnreadableImage):
                refused.append(made)
            else:
                found[read] = made
                read += 1
            advance(1)
    return found[:read], refused
