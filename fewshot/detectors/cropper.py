"""Detectors come in; a cropper goes out, which cuts the faces they find out of pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fewshot.crops import Crop, Pixels, whole
from fewshot.detection import Detection
from fewshot.detectors.face import EFFORTS, Detector, Face
from fewshot.detectors.framing import framed
from fewshot.detectors.opencv import opencv

AT_LEAST = 960
"""Pixels a side that decoding leaves: a face an eighth as wide still has 120."""

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

    def __call__(self, pixels: Pixels) -> list[Crop]:
        """Return the faces, the largest first; see `Cropper`."""
        faces = self.faces(pixels)
        if not faces:
            return [whole(pixels)] if self.fall_back else []
        cv2 = opencv(self.name)
        return [framed(cv2, pixels, one, self.detection.margin) for one in faces]

    def faces(self, pixels: Pixels) -> list[Face]:
        """Return what the first step that finds something finds; see `Detector`."""
        for step in self.steps:
            found = [faces for one, effort in step if (faces := one.find(pixels, effort))]
            if found:
                return max(found, key=lambda faces: max(face.score for face in faces))
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
