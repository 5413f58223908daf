"""Pictures train/SET/CLASS/* come in; how much to leave around a face goes out.

    python -m eval.crop_margin [--data FOLDER] [--draws 50] [--out eval/results]

Faces are found by crop face (people) and crop anime-face (drawn) and cut with several margins, with
and without making their eyes level. Accuracy with five shots a name, nearest class mean, centered
on the support, on the pictures in which a face is found, the same draws for all. None of dev is
looked at: fewshot.detectors.loading.MARGIN is chosen here. `compact` learned these pictures, whole
and in parts; MobileNetV2 never saw them.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.backbones import Vectors, load, vector_of
from eval.episodes import class_accuracies, mean_of_sets, spread_of
from eval.pictures import read_set
from eval.report import markdown, write
from eval.sets import read_options
from fewshot.backbones.backbone import Backbone
from fewshot.crops import Pixels
from fewshot.detectors.cropper import FaceCropper
from fewshot.detectors.framing import framed
from fewshot.detectors.loading import load_cropper
from fewshot.detectors.opencv import opencv
from fewshot.images import decode, read_picture
from fewshot.pipeline import ordered_map
from fewshot.watch import Watch

SETS = {
    "lfw": "face",
    "ourcar_photo": "face",
    "hololive20": "anime-face",
    "genshin89": "anime-face",
}
MOST_NAMES, MOST_EACH, SHOTS = 100, 40, {"ourcar_photo": 3, "genshin89": 2}
MARGINS = (0.0, 0.15, 0.3, 0.5, 0.75, 1.0)
BACKBONES = ("compact", "mobilenetv2")
WHOLE = "whole"
RULE = "nearest mean"


def measure(
    folder: Path, crop: str, backbones: dict[str, Backbone], draws: int
) -> tuple[dict[str, dict[str, NDArray[np.float64]]], tuple[int, int]]:
    """Return, by backbone and margin, each name's accuracy; and how many pictures, and of how many.

    folder: a set of train.
    """
    shots = SHOTS.get(folder.name, 5)
    pictures = read_set(
        folder, at_least=shots + 1, most_classes=MOST_NAMES, most_pictures=MOST_EACH
    )
    cropper = load_cropper(crop, Watch())
    assert isinstance(cropper, FaceCropper)
    cv2 = opencv(crop)
    found: FaceCropper = cropper

    def views(path: Path) -> dict[str, Pixels] | None:
        pixels = decode(read_picture(path), found.at_least).pixels
        faces = found.faces(pixels)
        if not faces:
            return None
        cut = {WHOLE: pixels}
        for margin in MARGINS:
            for level in (True, False) if faces[0].eyes else (False,):
                title = f"{margin:g}{', level' if level else ''}"
                cut[title] = framed(cv2, pixels, faces[0], margin, level=level).pixels
        return cut

    shown = list(ordered_map(views, pictures.files))
    sizes = np.bincount(
        [label for one, label in zip(shown, pictures.labels, strict=True) if one],
        minlength=len(pictures.classes),
    )
    kept = [row for row, one in enumerate(shown) if one and sizes[pictures.labels[row]] > shots]
    labels = np.unique(pictures.labels[kept], return_inverse=True)[1].reshape(-1).astype(np.int64)
    here = [one for row in kept if (one := shown[row])]
    result: dict[str, dict[str, NDArray[np.float64]]] = {}
    for title, backbone in backbones.items():
        result[title] = {}
        for way in here[0]:
            shown_so = [one[way] for one in here]
            vectors: Vectors = np.stack(list(ordered_map(partial(vector_of, backbone), shown_so)))
            result[title][way] = class_accuracies(
                vectors, labels, shots=shots, draws=draws, seed=1, center=True
            )[RULE]
    return result, (len(here), len(pictures.files))


def main() -> int:
    """Measure, print, write."""
    options = read_options(__doc__, repeats=50, what="draws")
    backbones = {title: load(title) for title in BACKBONES}
    ways = [WHOLE, *(f"{m:g}{turn}" for m in MARGINS for turn in ("", ", level"))]
    rows: list[list[Any]] = []
    sets: dict[str, Any] = {}
    for name, crop in SETS.items():
        print(name, file=sys.stderr)
        found, (faces, pictures) = measure(options.train / name, crop, backbones, options.repeats)
        sets[name] = {"crop": crop, "faces": faces, "pictures": pictures} | {
            title: {way: mean_of_sets([own]) for way, own in one.items()}
            for title, one in found.items()
        }
        for title, one in found.items():
            cells = [spread_of(sets[name][title][way]) if way in one else "" for way in ways]
            n = f"{faces} of {pictures} ({len(one[WHOLE])})"
            rows.append([f"{name}, {crop}, {title}", n, *cells])
    about = (
        f"Balanced accuracy, {options.repeats} draws, five shots a name (ourcar_photo three, "
        "genshin89 two); 95 % intervals by bootstrap over names. n: pictures with a face found, of "
        "all (names). Margins are shares of the face's height, added on each side; level: eyes "
        "turned level."
    )
    write("crop_margin", {"sets": sets}, markdown(["set", "n", *ways], rows), options.out, about)
    return 0


if __name__ == "__main__":
    sys.exit(main())
