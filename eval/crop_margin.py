"""Pictures train/SET/CLASS/* come in; how much to leave around a face goes out.

    python -m eval.crop_margin [--data FOLDER] [--draws 50] [--out eval/results]

Faces are found by crop face (people) and crop anime-face (drawn) and cut with several margins, with
and without making their eyes level. Enrolled are five pictures a name, the others are asked: as
they are, and pasted into a busy scene a quarter as wide as it. Nearest class mean, centered on the
support, on the pictures in which a face is found, the same draws for all. None of dev is looked at:
fewshot.detectors.loading.MARGIN is chosen here. `compact` learned these pictures, whole and in
parts; MobileNetV2 never saw them. Without YuNet's file people are looked for by OpenCV's own.
"""

from __future__ import annotations

import sys
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.backbones import Vectors, load, vector_of
from eval.clutter import accuracies
from eval.clutter_scene import cluttered
from eval.episodes import mean_of_sets, spread_of
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

SETS = {"lfw": "face", "ourcar_photo": "face", "hololive20": "anime-face"}
MOST_NAMES, MOST_EACH, SHOTS = 60, 20, {"ourcar_photo": 3}
MARGINS = (0.0, 0.1, 0.2, 0.3, 0.5, 0.75)
BACKBONES = ("compact", "mobilenetv2")
WHOLE = "whole"
SCENE, PART = (508, 508), 4

Views = dict[str, Pixels]
Figures = dict[str, dict[str, NDArray[np.float64]]]  # backbone -> margin -> (classes,)


def views_of(cropper: FaceCropper, pixels: Pixels) -> Views | None:
    """Cut the largest face with every margin; None where none is found."""
    faces = cropper.faces(pixels)
    if not faces:
        return None
    cut = {WHOLE: pixels}
    for margin in MARGINS:
        for level in (True, False) if cropper.name == "face" else (False,):
            title = f"{margin:g}{', level' if level else ''}"
            cut[title] = framed(opencv("face"), pixels, faces[0], margin, level=level).pixels
    return cut


def measure(
    folder: Path, crop: str, backbones: dict[str, Backbone], draws: int
) -> tuple[Figures, Figures, tuple[int, int]]:
    """Return the accuracies alone and in clutter, and how many pictures have a face, of how many.

    folder: a set of train.
    """
    shots = SHOTS.get(folder.name, 5)
    pictures = read_set(
        folder, at_least=shots + 1, most_classes=MOST_NAMES, most_pictures=MOST_EACH
    )
    found = load_cropper(crop, Watch())
    assert isinstance(found, FaceCropper)
    cropper: FaceCropper = found

    def views(path: Path) -> tuple[Views, Views] | None:
        pixels = decode(read_picture(path), cropper.at_least).pixels
        alone = views_of(cropper, pixels)
        if alone is None:
            return None
        rng = np.random.default_rng([*sha256(path.read_bytes()).digest()[:8]])
        scene = np.asarray(cluttered(pixels, rng, size=SCENE, part=PART))
        return alone, views_of(cropper, scene) or dict.fromkeys(alone, scene)

    shown = list(ordered_map(views, pictures.files))
    sizes = np.bincount(
        [label for one, label in zip(shown, pictures.labels, strict=True) if one],
        minlength=len(pictures.classes),
    )
    kept = [row for row, one in enumerate(shown) if one and sizes[pictures.labels[row]] > shots]
    labels = np.unique(pictures.labels[kept], return_inverse=True)[1].reshape(-1).astype(np.int64)
    here = [one for row in kept if (one := shown[row])]
    alone: Figures = {title: {} for title in backbones}
    lost: Figures = {title: {} for title in backbones}
    for title, backbone in backbones.items():
        for way in here[0][0]:
            vectors: list[Vectors] = [
                np.stack(list(ordered_map(partial(vector_of, backbone), shown_so)))
                for shown_so in ([one[side][way] for one in here] for side in (0, 1))
            ]
            for figures, asked in zip((alone, lost), vectors, strict=True):
                figures[title][way] = accuracies(
                    vectors[0], asked, labels, shots=shots, draws=draws
                )
    return alone, lost, (len(here), len(pictures.files))


def main() -> int:
    """Measure, print, write."""
    options = read_options(__doc__, repeats=50, what="draws")
    backbones = {title: load(title) for title in BACKBONES}
    ways = [WHOLE, *(f"{m:g}{turn}" for m in MARGINS for turn in ("", ", level"))]
    rows: list[list[Any]] = []
    sets: dict[str, Any] = {}
    for name, crop in SETS.items():
        print(name, file=sys.stderr)
        *both, (faces, pictures) = measure(options.train / name, crop, backbones, options.repeats)
        sets[name] = {"crop": crop, "faces": faces, "pictures": pictures}
        for how, figures in zip(("alone", "in clutter"), both, strict=True):
            sets[name][how] = {
                title: {way: mean_of_sets([own]) for way, own in one.items()}
                for title, one in figures.items()
            }
            for title, one in figures.items():
                cells = [spread_of(sets[name][how][title][w]) if w in one else "" for w in ways]
                n = f"{faces} of {pictures} ({len(one[WHOLE])})"
                rows.append([f"{name}, {title}, {how}", n, *cells])
    about = (
        f"Balanced accuracy, {options.repeats} draws, five shots a name (ourcar_photo three); "
        "95 % intervals by bootstrap over names. n: pictures with a face found, of all (names). "
        "Margins are shares of the face's height, added on each side; level: eyes turned level. In "
        "clutter: asked in a scene of drawn shapes, a quarter as wide as it."
    )
    write("crop_margin", {"sets": sets}, markdown(["set", "n", *ways], rows), options.out, about)
    return 0


if __name__ == "__main__":
    sys.exit(main())
