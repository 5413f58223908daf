"""OpenCV, loaded when a face is first looked for; and pictures made ready for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any

from fewshot.crops import Pixels
from fewshot.detectors.errors import OpencvMissing

_LOGGING, _SILENT = Lock(), 0

PADDING = 0.25
"""What is added on each side, as a share of the shorter one, to find a face that fills it."""


def opencv(crop: str) -> Any:
    """Return the module cv2; raises OpencvMissing, naming the crop that takes it."""
    try:
        import cv2
    except ImportError as error:
        raise OpencvMissing(crop) from error
    if not hasattr(cv2, "CascadeClassifier") or not hasattr(cv2, "FaceDetectorYN"):
        raise OpencvMissing(crop, f"of version 4; this is {getattr(cv2, '__version__', 'another')}")
    return cv2


@contextmanager
def quiet(cv2: Any) -> Iterator[None]:
    """Keep OpenCV from writing to standard error what it also raises."""
    logging = getattr(cv2.utils, "logging", cv2)  # which of the two depends on the version
    with _LOGGING:  # the level is that of the whole process
        level = logging.getLogLevel()
        logging.setLogLevel(_SILENT)
        try:
            yield
        finally:
            logging.setLogLevel(level)


@dataclass(frozen=True, slots=True)
class Small:
    """A picture made smaller for a detector, and how to get back from it."""

    pixels: Pixels
    by: float  # how many times as large the picture is
    edge: int  # pixels that were added on each side

    @classmethod
    def of(
        cls,
        cv2: Any,
        pixels: Pixels,
        side: int,
        *,
        padded: bool = False,
        enlarged: float = 1.0,
        quick: bool = False,
    ) -> Small:
        """Bring the longest side of a picture to at most `side` pixels, and perhaps add an edge.

        enlarged: how many times as large a smaller picture may become for it. quick: to less than
        half its size it is brought by averages over all pixels, else from the nearest four.
        """
        height, width = pixels.shape[:2]
        by = max(1.0 / enlarged, max(height, width) / side)
        if by != 1.0:
            size = (max(1, round(width / by)), max(1, round(height / by)))
            averaged = by >= 2.0 if quick else by > 1.0
            way = cv2.INTER_AREA if averaged else cv2.INTER_LINEAR
            pixels = cv2.resize(pixels, size, interpolation=way)
        edge = round(PADDING * min(pixels.shape[:2])) if padded else 0
        if edge:
            pixels = cv2.copyMakeBorder(pixels, edge, edge, edge, edge, cv2.BORDER_REPLICATE)
        return cls(pixels, by, edge)
