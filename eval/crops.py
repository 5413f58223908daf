"""Pictures dev/SET/CLASS/* come in; in how many a face is found, and what that gives, goes out.

    python -m eval.crops [--data FOLDER] [--draws 100] [--out eval/results]

Needs the detectors' files in a folder of FEWSHOT_WEIGHTS, or in the cache. Each crop is measured on
all pictures: where it finds nothing the whole picture is taken, as crop auto does by itself. Five
shots a name (bbt8 three), nearest class mean, centered on the support, all names of a set at once,
the same draws for all. Two crops are told beside them: by OpenCV's own cascade, which needs no
download, where YuNet's file is missing. `found` is what a detector says: there are no true boxes.
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.backbones import Vectors, load
from eval.episodes import class_accuracies, mean_of_sets, spread_of
from eval.pictures import PictureSet, read_set
from eval.readme_tables import put
from eval.report import RESULTS, markdown, write
from eval.same_picture import rate
from eval.sets import SHOTS, read_options
from fewshot.backbones.backbone import Backbone
from fewshot.crops import FIXED, Crop, Cropper
from fewshot.detectors.catalog import HAAR, YUNET
from fewshot.detectors.cropper import FaceCropper
from fewshot.detectors.face import SURE
from fewshot.detectors.loading import MARGIN, load_cropper
from fewshot.images import decode, read_picture
from fewshot.pipeline import ordered_map
from fewshot.watch import Watch

SETS = ("seed4_raw", "seed3_faces_full", "bbt8", "sports5", "lfw", "ourcar_photo")
THINGS = ("grocery81", "tinyimagenet200")
"""Without faces, but for a few on packages: what is found there is false."""
MOST = 20  # pictures a name, of things
BACKBONES = ("compact", "mobilenetv2", "palette")
WHOLE, AUTO = "whole", "auto"
RULE = "nearest mean"

Found = dict[str, list[str]]  # crop -> of each picture the kind of what was taken
Accuracies = dict[str, dict[str, NDArray[np.float64]]]  # crop -> backbone -> (classes,)


def croppers() -> dict[str, Cropper]:
    """Return what is compared, by title; each falls back to the whole picture."""
    made = {
        "face": load_cropper("face", Watch(), MARGIN, people=YUNET),
        "anime-face": load_cropper("anime-face", Watch()),
        AUTO: load_cropper(AUTO, Watch(), MARGIN, people=YUNET),
        "face, haar": load_cropper("face", Watch(), MARGIN, people=HAAR),
        "auto, haar": load_cropper(AUTO, Watch(), MARGIN, people=HAAR),
    }
    found: dict[str, Cropper] = {WHOLE: FIXED[WHOLE]}
    for title, one in made.items():
        assert isinstance(one, FaceCropper)
        found[title] = replace(one, fall_back=True)
    return found


def only_sure(cropper: Cropper) -> Cropper:
    """Return the cropper without its fallbacks: what its detectors find at the first look."""
    assert isinstance(cropper, FaceCropper)
    first = tuple(step for step in cropper.steps if all(effort == SURE for _, effort in step))
    return replace(cropper, steps=first)


def cut_all(pictures: PictureSet, ways: dict[str, Cropper]) -> list[dict[str, Crop]]:
    """Cut every picture in every way, the largest face of each."""
    size = max(cropper.at_least for cropper in ways.values())

    def one(path: Path) -> dict[str, Crop]:
        pixels = decode(read_picture(path), size).pixels
        return {title: cropper(pixels)[0] for title, cropper in ways.items()}

    return list(ordered_map(one, pictures.files))


def measure(
    pictures: PictureSet, ways: dict[str, Cropper], backbones: dict[str, Backbone], draws: int
) -> tuple[Found, Accuracies]:
    """Return what was found, and how well each backbone names what was cut."""
    cut = cut_all(pictures, ways)
    found = {title: [one[title].kind for one in cut] for title in ways}
    accuracies: Accuracies = {title: {} for title in ways}
    for name, backbone in backbones.items():

        def vectors_of(crops: dict[str, Crop], backbone: Backbone = backbone) -> Vectors:
            vectors: Vectors = backbone.embed([one.pixels for one in crops.values()])
            return vectors

        every = np.stack(list(ordered_map(vectors_of, cut)), axis=1)  # (ways, n, d)
        for title, own in zip(ways, every, strict=True):
            accuracies[title][name] = class_accuracies(
                own, pictures.labels, shots=SHOTS.get(pictures.name, 5), draws=draws, seed=1,
                center=True,
            )[RULE]  # fmt: skip
    return found, accuracies


def main() -> int:
    """Measure, print, write."""
    options = read_options(__doc__, repeats=100, what="draws")
    backbones = {title: load(title) for title in BACKBONES}
    ways = croppers()
    sure = {f"{title}, first look": only_sure(ways[title]) for title in ("face", "anime-face")}
    shares: list[list[Any]] = []
    rows: list[list[Any]] = []
    sets: dict[str, Any] = {}
    for name in (*SETS, *THINGS):
        print(name, file=sys.stderr)
        most = MOST if name in THINGS else None
        pictures = read_set(options.dev / name, at_least=SHOTS.get(name, 5) + 1, most_pictures=most)
        found, accuracies = measure(pictures, ways, backbones, options.repeats)
        looked = {title: own for title, own in found.items() if title != WHOLE}
        every = read_set(options.dev / name, at_least=1, most_pictures=most)
        if len(every.files) > len(pictures.files):
            cut = cut_all(every, {title: ways[title] for title in looked})
            looked = {title: [one[title].kind for one in cut] for title in looked}
        first = cut_all(every, sure)
        looked |= {title: [one[title].kind for one in first] for title in sure}
        share = {title: rate([kind != WHOLE for kind in kinds]) for title, kinds in looked.items()}
        sets[name] = {
            "pictures found in": len(every.files),
            "pictures": len(pictures.files),
            "names": len(pictures.classes),
            "found": share,
            "kinds": {title: dict(Counter(kinds)) for title, kinds in looked.items()},
            "accuracy": {
                title: {one: mean_of_sets([own]) for one, own in by.items()}
                for title, by in accuracies.items()
            },
            "gain": {
                title: {
                    one: mean_of_sets([own - accuracies[WHOLE][one]]) for one, own in by.items()
                }
                for title, by in accuracies.items()
                if title != WHOLE
            },
        }
        shares.append([name, len(every.files), *(_share(share[title]) for title in _order(share))])
        for backbone in backbones:
            cells = [spread_of(sets[name]["accuracy"][title][backbone]) for title in ways]
            gain = spread_of(sets[name]["gain"][AUTO][backbone], sign="+")
            n = f"{len(pictures.files)} ({len(pictures.classes)})"
            rows.append([f"{name}, {backbone}", n, *cells, gain])
    table = markdown(["set, backbone", "n", *ways, "auto less whole"], rows)
    head = ["found in", "n", *_order(sets[SETS[0]]["found"])]
    both = f"{markdown(head, shares)}\n\n{table}"
    about = (
        "First table: share of pictures in which a crop finds something, 95 % intervals by Wilson; "
        "first look: without the fallbacks (padded, smaller, larger copies of the picture). "
        f"Second: balanced accuracy, {options.repeats} draws of five pictures a name (bbt8 three), "
        "nearest class mean centered on the support; 95 % intervals by bootstrap over names, of "
        "the gain paired. n: pictures (names). Where a crop finds nothing the whole picture counts."
    )
    if options.out == RESULTS:
        put("crops", both)
    write("crops", {"draws": options.repeats, "sets": sets}, both, options.out, about)
    return 0


def _order(found: dict[str, Any]) -> list[str]:
    return sorted(found, key=lambda title: (title.split(",")[0] == AUTO, title))


def _share(one: dict[str, float]) -> str:
    return spread_of((one["share"], one["low"], one["high"]))


if __name__ == "__main__":
    sys.exit(main())
