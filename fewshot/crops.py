"""Pixels come in; the parts of them that are embedded go out, each with its box, kind and score.

A cropper is the seam for detectors: anything that turns pixels into crops. Those that look for
nothing are here; those that look for faces in `detectors`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import index
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from fewshot.detection import Detection
from fewshot.errors import UnknownCropper

Pixels = NDArray[np.uint8]


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

    @classmethod
    def of(cls, box: Sequence[int]) -> Box:
        """Return a box of four whole numbers; raises ValueError for anything else."""
        try:
            return cls(*map(index, box))
        except TypeError as error:
            raise ValueError(f"a box is x, y, width and height, whole numbers: {box!r}") from error

    def __str__(self) -> str:
        return f"{self.x} {self.y} {self.width} {self.height}"

    def __iter__(self) -> Iterator[int]:
        return iter((self.x, self.y, self.width, self.height))

    def scaled(self, across: float, down: float) -> Box:
        """Return the same part of a picture that is `across` times as wide, `down` as high."""
        return Box(
            round(self.x * across),
            round(self.y * down),
            max(1, round(self.width * across)),
            max(1, round(self.height * down)),
        )

    def within(self, width: int, height: int) -> Box:
        """Return the part of it that lies in a picture of this size; raises ValueError for none."""
        right, lower = min(self.x + self.width, width), min(self.y + self.height, height)
        return Box(self.x, self.y, right - self.x, lower - self.y)


@dataclass(frozen=True, slots=True)
class Crop:
    """A part of a picture."""

    pixels: Pixels  # (height, width, 3), RGB
    box: Box  # where it lies in the pixels it was cut from
    kind: str  # "whole", "center", "given", "face", "anime-face", "file"
    score: float = 1.0  # the detector's own confidence, in [0, 1]


class Cropper(Protocol):
    """Turns pixels (height, width, 3), uint8 RGB, into crops, the largest first."""

    @property
    def name(self) -> str:
        """What a recipe calls it."""

    @property
    def detection(self) -> Detection | None:
        """What it looks for faces with; None for one that looks for nothing."""

    @property
    def at_least(self) -> int:
        """How many pixels a side decoding is to leave; 0: as many as the backbone needs."""

    def __call__(self, pixels: Pixels, *, every: bool = False) -> list[Crop]:
        """Return the crops; none where nothing was found. every: also those that are hard to see.

        Without it, more than one may be found, but only the first is worth looking at.
        """


@dataclass(frozen=True, slots=True)
class FixedCropper:
    """Cuts the same part of every picture."""

    name: str
    cut: Callable[[Pixels], Crop]
    detection: None = None
    at_least: int = 0

    def __call__(self, pixels: Pixels, *, every: bool = False) -> list[Crop]:
        """Return the one crop."""
        return [self.cut(pixels)]


def whole(pixels: Pixels) -> Crop:
    """Take the whole picture."""
    height, width = pixels.shape[:2]
    return Crop(pixels, Box(0, 0, width, height), "whole")


def center(pixels: Pixels) -> Crop:
    """Take the largest square in the middle."""
    height, width = pixels.shape[:2]
    side = min(height, width)
    return given(pixels, Box((width - side) // 2, (height - side) // 2, side, side), "center")


def given(pixels: Pixels, box: Box, kind: str = "given", score: float = 1.0) -> Crop:
    """Take what lies in a box, as far as it lies in the picture; raises ValueError for nothing."""
    box = box.within(pixels.shape[1], pixels.shape[0])
    inside = pixels[box.y : box.y + box.height, box.x : box.x + box.width]
    return Crop(np.ascontiguousarray(inside), box, kind, score)


FIXED: dict[str, Cropper] = {
    "whole": FixedCropper("whole", whole),
    "center": FixedCropper("center", center),
}
LOOKING = ("face", "anime-face", "auto", "file")
"""Those that look for something; "file" looks with a detector of the user's own, file:PATH."""

CROPPERS = (*FIXED, "face", "anime-face", "auto", "file:PATH")


def find_fixed(name: str) -> Cropper:
    """Return a cropper that looks for nothing, by name; raises UnknownCropper."""
    try:
        return FIXED[name]
    except KeyError:
        raise UnknownCropper(name, CROPPERS) from None
