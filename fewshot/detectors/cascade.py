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
    _Pass(side=240, step=1.05, neighbors=4, padded=True),
    _Pass(side=720, step=1.1, neighbors=6, most=80, enlarged=2.0),
)
_HAAR = (  # smaller pictures, for its features take longer
    _Pass(side=224, step=1.1, neighbors=5),
    _Pass(side=176, step=1.1, neighbors=6, padded=True),
    _Pass(side=640, step=1.1, neighbors=8, most=80, enlarged=2.0),
)
_HALF = 5.0  # windows that make a score of one half


class Cascade:
    """A boosted cascade; each thread has its own, for OpenCV's keep what they work on."""

    def __init__(self, spec: DetectorSpec, path: Path, content: bytes) -> None:
        """Load it from what its file holds; raises DetectorRefused, OpencvMissing.

        path: how an error names it.
        """
        self.spec, self._path, self._content = spec, path, content
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
            self._of_thread.classifier = self._read()
        return self._of_thread.classifier

    def _read(self) -> Any:
        cv2, made = self._cv2, None
        try:
            text = self._content.decode("utf-8")
            with quiet(cv2):
                made = cv2.CascadeClassifier()
                how = cv2.FILE_STORAGE_READ | cv2.FILE_STORAGE_MEMORY
                storage = cv2.FileStorage(text, how)  # its nodes live as long as it does
                read = made.read(storage.getFirstTopLevelNode())
        except (cv2.error, SystemError, UnicodeDecodeError, ValueError) as error:
            raise DetectorRefused(self._path, "it is no cascade that OpenCV reads") from error
        if not read or made.empty():
            raise DetectorRefused(self._path, "it is no cascade that OpenCV reads")
        return made
