"""The detectors there are: what they find, where their files come from. Loads nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fewshot.backbones.spec import PublishedWeights

Kind = Literal["face", "anime-face", "file"]

_ZOO = "https://media.githubusercontent.com/media/opencv/opencv_zoo"
_ANIMEFACE = "https://raw.githubusercontent.com/nagadomi/lbpcascade_animeface"


@dataclass(frozen=True, slots=True)
class Geometry:
    """How a detector's box lies to a face: as shares of the face's height, forehead to chin.

    side: how large the box is. down: how far its middle lies below the face's.
    """

    side: float = 1.0
    down: float = 0.0


@dataclass(frozen=True, slots=True)
class DetectorSpec:
    """A detector's card."""

    name: str
    summary: str
    kind: Kind  # what it finds
    license: str
    source: str  # paper or code
    files: tuple[PublishedWeights, ...]  # to fetch; none for one that comes with OpenCV
    instead: str = ""
    geometry: Geometry = Geometry()
    bundled: str = ""  # its file among OpenCV's own
    otherwise: str = "name it as crop file:PATH if you want it"


HAAR = DetectorSpec(
    name="haar",
    summary="faces of people, seen from the front; Haar cascade",
    kind="face",
    license="Intel License Agreement (BSD-like), as its file states; comes with OpenCV",
    source="Viola, Jones, CVPR 2001; opencv-python-headless",
    files=(),
    geometry=Geometry(side=0.86, down=-0.043),
    bundled="haarcascade_frontalface_default.xml",
)
YUNET = DetectorSpec(
    name="yunet",
    summary="faces of people, with eyes, nose and mouth; network YuNet",
    kind="face",
    license="MIT (Shiqi Yu), as opencv_zoo states; trained on WIDER FACE",
    source="Wu, Peng, Yu, YuNet, Machine Intelligence Research 2023; opencv_zoo",
    files=(
        PublishedWeights(
            "face_detection_yunet_2026may.onnx",
            f"{_ZOO}/47534e27c9851bb1128ccc0102f1145e27f23f98/models/face_detection_yunet/"
            "face_detection_yunet_2026may.onnx",
            size=229_738,
            digest="sha256:ebafce4e3c118d6554634be5c27ab333b4c047a9a8c3faf1d7cf93101c22f0f0",
        ),
    ),
    instead="or leave it: without it crop face takes OpenCV's own cascade, haar",
)
ANIMEFACE = DetectorSpec(
    name="animeface",
    summary="faces of drawn characters; LBP cascade",
    kind="anime-face",
    license="MIT (nagadomi)",
    source="nagadomi/lbpcascade_animeface",
    files=(
        PublishedWeights(
            "lbpcascade_animeface.xml",
            f"{_ANIMEFACE}/4433ab1ae1166ea75acfe99eb0f18709dac329a0/lbpcascade_animeface.xml",
            size=246_945,
            digest="sha256:9376d30ac38db6bda2a68b88b3b76bbd7e6aa33af47f7f5c76bc88ca75f1ce30",
        ),
    ),
    instead="or take crop face (people), which needs no download, or crop file:PATH",
    geometry=Geometry(side=1.16, down=0.045),
)
OWN = DetectorSpec("file", "a detector of your own", "file", "your own detector's", "", ())

DETECTORS: dict[str, DetectorSpec] = {one.name: one for one in (HAAR, YUNET, ANIMEFACE)}
FETCHED: dict[str, DetectorSpec] = {one.name: one for one in DETECTORS.values() if one.files}
"""Those that `fewshot models fetch` brings."""
