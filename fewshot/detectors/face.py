"""What a detector says of one face, and what a detector is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from fewshot.crops import Pixels
from fewshot.detectors.catalog import DetectorSpec

Point = tuple[float, float]
"""Across and down, in pixels."""


@dataclass(frozen=True, slots=True)
class Face:
    """A face: a square around it, in pixels, which may reach over the border of the picture.

    The square is as large as the face is high, forehead to chin, whatever detector found it.
    """

    x: float  # of its middle
    y: float
    side: float
    score: float  # the detector's own confidence, in [0, 1]
    kind: str  # "face", "anime-face" or "file"
    eyes: tuple[Point, Point] | None = None  # the one on the left of the picture first

    def scaled(self, by: float, left: float = 0.0, upper: float = 0.0) -> Face:
        """Return it where its picture is `by` times as large, these pixels cut off before."""

        def moved(point: Point) -> Point:
            return (point[0] - left) * by, (point[1] - upper) * by

        x, y = moved((self.x, self.y))
        eyes = (moved(self.eyes[0]), moved(self.eyes[1])) if self.eyes else None
        return Face(x, y, self.side * by, self.score, self.kind, eyes)


SURE, HARDER, FINER = 0, 1, 2
"""How hard a detector looks: only where it is as sure as it can be expected to be; also for faces
that fill the picture, and for likely ones; also for small ones."""

UNSURE = 0.15
"""How far below the surest face of a picture one may be and still count for its size."""

EFFORTS = (SURE, HARDER, FINER)


class Detector(Protocol):
    """Looks for faces; safe to share among threads."""

    @property
    def spec(self) -> DetectorSpec:
        """Its card."""

    def find(self, pixels: Pixels, effort: int) -> list[Face]:
        """Return the faces in pixels (height, width, 3), uint8 RGB, the largest first.

        effort: SURE, HARDER or FINER.
        """


def largest_first(faces: Iterable[Face]) -> list[Face]:
    """Return faces in the order of their size, those that are much less sure than others last."""
    found = list(faces)
    least = max((one.score for one in found), default=0.0) - UNSURE
    return sorted(found, key=lambda one: (one.score < least, -one.side, -one.score, one.x, one.y))


def joined(faces: Iterable[Face], more: Iterable[Face]) -> list[Face]:
    """Return all faces, the largest first; of `more` only those that lie on none before them.

    Two lie on one another where the middle of the one is well inside the other.
    """
    kept = list(faces)
    for face in more:
        if not any(_meet(face, other) for other in kept):
            kept.append(face)
    return largest_first(kept)


def _meet(one: Face, other: Face) -> bool:
    near = max(one.side, other.side) / 2
    return abs(one.x - other.x) < near and abs(one.y - other.y) < near
