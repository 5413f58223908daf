"""The name of a crop, or what a recipe says of one, comes in; the cropper goes out."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

from fewshot.backbones.choice import FILE
from fewshot.backbones.errors import WeightsMissing
from fewshot.backbones.weights import obtain_weights, published_weights, weights_by_digest
from fewshot.crops import CROPPERS, FIXED, LOOKING, Cropper
from fewshot.detection import VERSION, Detection, DetectorFile
from fewshot.detectors.cascade import Cascade
from fewshot.detectors.catalog import ANIMEFACE, DETECTORS, HAAR, OWN, YUNET, DetectorSpec
from fewshot.detectors.cropper import FaceCropper, steps_of
from fewshot.detectors.errors import DetectorMissing, DetectorRefused
from fewshot.detectors.face import Detector
from fewshot.detectors.opencv import opencv
from fewshot.detectors.yunet import YuNet
from fewshot.errors import UnknownCropper
from fewshot.ordinary import open_ordinary
from fewshot.watch import Watch

MARGIN = 0.1
"""What is added on each side of a face, as a share of its height: chosen by eval/crop_margin.py.

More lets the background speak, less cuts off hair and chin.
"""

LARGEST = 32 << 20  # bytes
"""Of a detector's file; those we know have less than one megabyte."""

_SUFFIXES = (".xml", ".onnx")


def load_cropper(
    crop: str, watch: Watch, margin: float = MARGIN, *, people: DetectorSpec | None = None
) -> Cropper:
    """Return a cropper by name: "whole", "center", "face", "anime-face", "auto" or "file:PATH".

    margin: what is added on each side of a face, as a share of its height, 0 to 4. people: what
    looks for them; None takes YuNet where its file is here, else OpenCV's own cascade.
    Raises UnknownCropper, OpencvMissing, WeightsMissing, WeightsRefused, DetectorRefused.
    """
    if crop in FIXED:
        return FIXED[crop]
    if crop.startswith(FILE):
        path = Path(os.path.abspath(os.path.expanduser(crop.removeprefix(FILE))))
        opencv("file")
        content = _content(path)
        file = DetectorFile(
            "file",
            sha256(content).hexdigest(),
            os.fsdecode(os.fsencode(path)).encode("utf-8", "backslashreplace").decode(),
        )
        return _made("file", [(file, path, content)], margin)
    if crop not in LOOKING or crop == "file":
        raise UnknownCropper(crop, CROPPERS)
    opencv(crop)
    wanted = [] if crop == "anime-face" else [people or _best_for_people()]
    if crop != "face":
        wanted.append(ANIMEFACE)
    found = []
    for one in wanted:
        path = _obtained(one, watch)
        content = _content(path)
        found.append((DetectorFile(one.name, sha256(content).hexdigest()), path, content))
    return _made(crop, found, margin)


def load_cropper_again(crop: str, detection: Detection, watch: Watch) -> Cropper:
    """Return the cropper of a recipe: the same detectors, whatever else is here by now.

    Raises UnknownCropper, OpencvMissing, DetectorMissing, DetectorRefused.
    """
    if crop not in LOOKING:
        raise UnknownCropper(crop, CROPPERS)
    opencv(crop)
    if detection.version != VERSION:
        raise DetectorMissing(
            crop,
            f"this fewshot frames faces otherwise (version {VERSION}, not {detection.version})",
            "use the version that made the gallery, or enroll the pictures into a new one",
        )
    files = []
    for one in detection.detectors:
        path = _found_again(one, watch)
        content = _content(path)
        if sha256(content).hexdigest() != one.sha256:
            raise DetectorMissing(
                one.name,
                f"{path} is another one than the gallery was made with",
                "enroll the pictures into a new gallery",
            )
        files.append((one, path, content))
    return _made(crop, files, detection.margin)


def _best_for_people() -> DetectorSpec:
    """Return YuNet where its file is here, else OpenCV's own cascade: nothing is downloaded."""
    return YUNET if published_weights(YUNET) else HAAR


def _obtained(spec: DetectorSpec, watch: Watch) -> Path:
    if spec.bundled:
        return _bundled(spec)
    return obtain_weights(spec, watch).path


def _bundled(spec: DetectorSpec) -> Path:
    path = Path(opencv(spec.kind).data.haarcascades) / spec.bundled
    if not path.is_file():
        raise DetectorMissing(
            spec.name,
            f"this OpenCV has no {spec.bundled}",
            "install opencv-python-headless, or fewshot models fetch yunet",
        )
    return path


def _found_again(file: DetectorFile, watch: Watch) -> Path:
    if file.name == "file":
        found = weights_by_digest(file.sha256, file.source, _SUFFIXES)
        if found is None:
            raise DetectorMissing(
                file.source or "of your own",
                f"no file with SHA-256 {file.sha256[:12]}... is here",
                "put it back, or into a folder of FEWSHOT_WEIGHTS",
            )
        return found.path
    spec = DETECTORS.get(file.name)
    if spec is None:
        raise DetectorMissing(file.name, "this fewshot does not know it", "upgrade fewshot")
    try:
        return _obtained(spec, watch)
    except WeightsMissing as missing:
        raise DetectorMissing(
            spec.name,
            f"the gallery was made with it, and {missing.file} is not here",
            f"fewshot models fetch {spec.name} where there is a network, or put the file into a "
            "folder of FEWSHOT_WEIGHTS",
        ) from missing


def _content(path: Path) -> bytes:
    """Read a detector's file once: what is checked is what is used, whatever becomes of it."""
    if path.suffix.lower() not in _SUFFIXES:
        raise DetectorRefused(path, "name a cascade (.xml) or a network like YuNet (.onnx)")
    try:
        with open_ordinary(path) as file:
            content = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DetectorRefused(path, reason.lower()) from error
    if len(content) > LARGEST:
        raise DetectorRefused(path, f"it has more than {LARGEST >> 20} MiB")
    return content


def _made(crop: str, files: list[tuple[DetectorFile, Path, bytes]], margin: float) -> FaceCropper:
    detectors = [
        _loaded(DETECTORS.get(one.name, OWN), path, content) for one, path, content in files
    ]
    detection = Detection(tuple(one for one, *_ in files), float(margin))
    return FaceCropper(crop, detection, steps_of(detectors), fall_back=crop == "auto")


def _loaded(spec: DetectorSpec, path: Path, content: bytes) -> Detector:
    made = Cascade if path.suffix.lower() == ".xml" else YuNet
    return made(spec, path, content)
