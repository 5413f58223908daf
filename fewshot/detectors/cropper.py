"""Detectors come in; a cropper goes out, which cuts the faces they find out of pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fewshot.crops import Crop, Pixels, whole
from fewshot.detection import Detection
from fewshot.detectors.errors import CannotLook
from fewshot.detectors.face import EFFORTS, FINER, Detector, Face, joined
from fewshot.detectors.framing import framed
from fewshot.detectors.opencv import Small, opencv

AT_LEAST = 960
"""Pixels a side that decoding leaves: a face an eighth as wide still has 120."""

MOST = 1000
"""Faces of one picture; more are not looked at."""

LARGEST = 1024
"""Pixels of the longest side of what is looked at: detectors make their copies of that."""

Step = tuple[tuple[Detector, int], ...]
"""Detectors that look together, each with its effort; whoever is surest of a face is believed."""


@dataclass(frozen=True, slots=True)
class FaceCropper:
    """Looks for faces, step by step, until something is found."""

    name: str
    detection: Detection
    steps: tuple[Step, ...]
    fall_back: bool  # to the whole picture, where nothing is found
    at_least: int = AT_LEAST

    def __call__(self, pixels: Pixels, *, every: bool = False) -> list[Crop]:
        """Return the faces, the largest first; see `Cropper`."""
        cv2 = opencv(self.name)
        try:
            faces = self.faces(pixels, every=every)
            if not faces:
                return [whole(pixels)] if self.fall_back else []
            return [framed(cv2, pixels, one, self.detection.margin) for one in faces]
        except cv2.error as error:
            raise CannotLook(f"OpenCV cannot look at it: {error.err or error}") from error

    def faces(self, pixels: Pixels, *, every: bool = False) -> list[Face]:
        """Return the faces, the largest first: those that the first step that finds any finds.

        every: and what whoever is believed finds with more effort.
        """
        small = Small.of(opencv(self.name), pixels, LARGEST, quick=True)
        for step in self.steps:
            found = [(one, faces) for one, how in step if (faces := one.find(small.pixels, how))]
            if not found:
                continue
            believed, faces = max(found, key=lambda pair: max(face.score for face in pair[1]))
            if every:
                faces = joined(faces, believed.find(small.pixels, FINER))
            return [face.scaled(small.by) for face in faces[:MOST]]
        return []


def steps_of(detectors: Sequence[Detector]) -> tuple[Step, ...]:
    """Return in which order detectors look: the surest first, networks before cascades.

    Of cascades it is not known beforehand which is to be believed: they look together.
    """
    networks = [one for one in detectors if one.spec.name == "yunet"]
    others = [one for one in detectors if one.spec.name != "yunet"]
    return tuple(
        tuple((one, effort) for one in some)
        for effort in EFFORTS
        for some in (networks, others)
        if some
    )
