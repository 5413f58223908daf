"""A network of YuNet's kind, an ONNX file, comes in; it finds faces and their eyes, by OpenCV.

Wu, Peng, Yu, YuNet: a tiny millisecond-level face detector, Machine Intelligence Research 2023.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np

from fewshot.crops import Pixels
from fewshot.detectors.catalog import DetectorSpec
from fewshot.detectors.errors import DetectorRefused
from fewshot.detectors.face import FINER, HARDER, SURE, Face, largest_first
from fewshot.detectors.opencv import Small, opencv, quiet

_SIDES = (512, 512, 1024)  # pixels of the longest side, by effort
_BEST = (0.9, 0.7, 0.8)
"""The score that the best face needs, by effort: a finer look shows more that is none."""
_LIKELY = 0.7  # that each face beside it needs
_OVERLAP, _MOST = 0.3, 1000
_NO_CONFIG = np.empty(0, np.uint8)


class YuNet:
    """A network for faces; each thread has its own, for it is set to each picture's size."""

    def __init__(self, spec: DetectorSpec, path: Path, content: bytes) -> None:
        """Load it from what its file holds and try it; raises DetectorRefused, OpencvMissing.

        path: how an error names it.
        """
        self.spec, self._path = spec, path
        self._content = np.frombuffer(content, np.uint8)
        self._cv2: Any = opencv(spec.kind)
        self._of_thread = threading.local()
        self.find(np.full((64, 64, 3), 128, np.uint8), SURE)

    def find(self, pixels: Pixels, effort: int) -> list[Face]:
        """Return the faces, the largest first; see `Detector`."""
        cv2 = self._cv2
        small = Small.of(
            cv2,
            pixels,
            _SIDES[effort],
            padded=effort == HARDER,
            enlarged=2.0 if effort == FINER else 1.0,
        )
        network = self._network()
        try:
            network.setInputSize(small.pixels.shape[1::-1])
            rows = network.detect(cv2.cvtColor(small.pixels, cv2.COLOR_RGB2BGR))[1]
        except cv2.error as error:
            reason = "it is a network of another kind than YuNet"
            raise DetectorRefused(self._path, reason) from error
        if rows is None:
            return []
        rows = rows[np.isfinite(rows).all(axis=1) & (rows[:, 2:4] >= 1).all(axis=1)]
        best = float(rows[:, -1].max(initial=0.0))
        if best < _BEST[effort]:
            return []
        return largest_first(self._face(row.tolist(), small) for row in rows)

    def _face(self, row: list[float], small: Small) -> Face:
        """Read a row of 15 numbers: a box, five points (the eyes first), a score."""
        x, y, width, height = row[:4]
        eyes = sorted(((row[4], row[5]), (row[6], row[7])))
        score = min(1.0, max(0.0, row[-1]))
        face = Face(
            x + width / 2,
            y + height / 2,
            max(width, height) / self.spec.geometry.side,
            score,
            self.spec.kind,
            (eyes[0], eyes[1]),
        )
        return face.scaled(small.by, small.edge, small.edge)

    def _network(self) -> Any:
        if not hasattr(self._of_thread, "network"):
            cv2 = self._cv2
            try:
                with quiet(cv2):
                    self._of_thread.network = cv2.FaceDetectorYN.create(
                        "onnx",
                        self._content,
                        _NO_CONFIG,
                        (_SIDES[0], _SIDES[0]),
                        _LIKELY,
                        _OVERLAP,
                        _MOST,
                    )
            except (cv2.error, SystemError) as error:
                raise DetectorRefused(self._path, "OpenCV cannot read it as a network") from error
        return self._of_thread.network
