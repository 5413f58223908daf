"""Pixels come in; the part of them that is embedded goes out, with its box, kind and score.

A cropper is the seam for detectors: anything with a name that turns pixels into one crop.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fewshot.errors import UnknownCropper


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels, its origin at the upper left."""

    x: int
    y: int
    width: int
    height: int

    def __post_init__(self) -> None:
        if self.x < 0 or self.y < 0 or self.width < 1 or self.height < 1:
            raise ValueError(f"a box lies inside its picture and has an area; got {self}")

    def scaled(self, across: float, down: float) -> Box:
        """Return the same part of a picture that is `across` times as wide, `down` as high."""
        return Box(
            round(self.x * across),
            round(self.y * down),
            max(1, round(self.width * across)),
            max(1, round(self.height * down)),
        )


@dataclass(frozen=True, slots=True)
class Crop:
    """The part of a picture that is embedded."""

    pixels: NDArray[np.uint8]  # (height, width, 3), RGB
    box: Box  # where it lies in the pixels it was cut from
    kind: str  # what was found: "whole", later "face" ...
    score: float = 1.0  # the detector's own confidence, in [0, 1]


Cropper = Callable[[NDArray[np.uint8]], Crop]


def whole(pixels: NDArray[np.uint8]) -> Crop:
    """Take the whole picture."""
    height, width = pixels.shape[:2]
    return Crop(pixels, Box(0, 0, width, height), "whole")


CROPPERS: dict[str, Cropper] = {"whole": whole}


def find_cropper(name: str) -> Cropper:
    """Return the cropper of this name; raises UnknownCropper, which lists those there are."""
    try:
        return CROPPERS[name]
    except KeyError:
        raise UnknownCropper(name, CROPPERS) from None
