"""A cascade's file comes in; it finds faces: Haar or LBP features, by OpenCV.

Viola, Jones, Rapid object detection using a boosted cascade of simple features, CVPR 2001.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fewshot.crops import Pixels
from fewshot.detectors.catalog import DetectorSpec
from fewshot.detectors.errors import DetectorRefused
from fewshot.detectors.face import Face, largest_first
from fewshot.detectors.opencv import Small, opencv, quiet


@dataclass(frozen=True, slots=True)
class _Pass:
    side: int  # pixels that the longest side of the picture is brought to
    step: float  # from one size of the window to the next
    neighbors: int  # windows that must agree
    padded: bool = False
    most: int = 0  # pixels of the largest face looked for; 0: any
    enlarged: float = 1.0  # how many times as large a small picture may become


_LBP = (
    _Pass(side=320, step=1.1, neighbors=5),
    _Pass(side=240, step=1.05, neighbors=3, padded=True),
    _Pass(side=720, step=1.1, neighbors=4, most=80, enlarged=2.0),
)
_HAAR = (  # smaller pictures, for a window takes three times the work
    _Pass(side=224, step=1.1, neighbors=5),
    _Pass(side=176, step=1.1, neighbors=4, padded=True),
    _Pass(side=640, step=1.1, neighbors=4, most=80, enlarged=2.0),
)
_HALF = 5.0  # windows that make a score of one half


class Cascade:
    """A boosted cascade; each thread has its own, for OpenCV's keep what they work on."""

    def __init__(self, spec: DetectorSpec, path: Path) -> None:
        """Load it; raises DetectorRefused, OpencvMissing."""
        self.spec, self._path = spec, path
        self._cv2: Any = opencv(spec.kind)
        self._of_thread = threading.local()
        self._classifier()

    def find(self, pixels: Pixels, effort: int) -> list[Face]:
        """Return the faces, the largest first; see `Detector`."""
        how, cv2 = (_HAAR if self.spec.name == "haar" else _LBP)[effort], self._cv2
        small = Small.of(cv2, pixels, how.side, padded=how.padded, enlarged=how.enlarged)
        gray = cv2.equalizeHist(cv2.cvtColor(small.pixels, cv2.COLOR_RGB2GRAY))
        boxes, counts = self._classifier().detectMultiScale2(
            gray,
            scaleFactor=how.step,
            minNeighbors=how.neighbors,
            maxSize=(how.most, how.most) if how.most else gray.shape[::-1],
        )
        rows = zip(boxes, counts, strict=True)
        return largest_first(self._face(box, int(count), small) for box, count in rows)

    def _face(self, box: Any, count: int, small: Small) -> Face:
        x, y, width, height = (float(one) for one in box)
        own = self.spec.geometry
        side = max(width, height) / own.side
        face = Face(
            x + width / 2,
            y + height / 2 - own.down * side,
            side,
            count / (count + _HALF),
            self.spec.kind,
        )
        return face.scaled(small.by, small.edge, small.edge)

    def _classifier(self) -> Any:
        if not hasattr(self._of_thread, "classifier"):
            cv2 = self._cv2
            try:
                with quiet(cv2):
                    made = cv2.CascadeClassifier(str(self._path))
            except (cv2.error, SystemError) as error:  # no XML, or of another kind
                raise DetectorRefused(self._path, "it is no cascade that OpenCV reads") from error
            if made.empty():
                raise DetectorRefused(self._path, "it is no cascade that OpenCV reads")
            self._of_thread.classifier = made
        return self._of_thread.classifier
