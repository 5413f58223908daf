"""Pictures dev/SET/CLASS/* come in; how well they are named when they stand in clutter goes out.

    python -m eval.clutter [--data FOLDER] [--draws 50] [--out eval/results]

Enrolled are the pictures as they are; asked are the same pictures' like, pasted into a busy scene a
half, a quarter and an eighth as wide as it: of every other picture the scene is of drawn shapes, of
the others a photograph of groceries. Both sides are cut in the same way: whole, or by crop auto.
Five shots a name, nearest class mean, centered on the support, the same draws for all. Needs the
detectors' files in a folder of FEWSHOT_WEIGHTS, or in the cache.
"""

from __future__ import annotations

import sys
from collections import Counter
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from eval.backbones import Vectors, load, vector_of
from eval.clutter_scene import cluttered, pasted
from eval.episodes import centered, mean_of_sets, spread_of
from eval.pictures import PictureSet, read_set
from eval.readme_tables import put
from eval.report import RESULTS, markdown, write
from eval.sets import read_options
from fewshot.backbones.backbone import Backbone
from fewshot.crops import FIXED, Cropper, Pixels
from fewshot.detectors.catalog import YUNET
from fewshot.detectors.loading import MARGIN, load_cropper
from fewshot.folders import find_pictures
from fewshot.images import decode, read_picture
from fewshot.pipeline import ordered_map
from fewshot.watch import Watch

SETS = ("seed3_faces_full", "hololive20", "bbt8", "lfw", "ourcar_photo")
SHOTS = {"bbt8": 3}
SCENE = (1024, 1024)
PARTS = (1, 2, 4, 8)  # 1: the picture alone
BACKBONES = ("compact", "mobilenetv2")
BEHIND = "grocery81"

Cut = dict[str, tuple[Pixels, str]]  # crop -> pixels and what they are of


def scene_of(path: Path, part: int, photographs: list[Path]) -> Pixels:
    """Return the picture alone, or in a scene; the same for the same bytes."""
    pixels = decode(read_picture(path), at_least=SCENE[0] // 2).pixels
    if part == 1:
        return pixels
    seed = sha256(path.read_bytes()).digest()
    rng = np.random.default_rng([part, *seed[:8]])
    if seed[0] % 2:
        return np.asarray(cluttered(pixels, rng, size=SCENE, part=part))
    behind = Image.fromarray(decode(read_picture(photographs[seed[1] % len(photographs)])).pixels)
    return np.asarray(pasted(pixels, behind.resize(SCENE), rng, part))


def cut_all(
    pictures: PictureSet, part: int, ways: dict[str, Cropper], photographs: list[Path]
) -> list[Cut]:
    """Cut every picture, alone or in its scene, in every way."""

    def one(path: Path) -> Cut:
        scene = scene_of(path, part, photographs)
        found = {title: cropper(scene)[0] for title, cropper in ways.items()}
        return {title: (crop.pixels, crop.kind) for title, crop in found.items()}

    return list(ordered_map(one, pictures.files))


def accuracies(
    known: Vectors, new: Vectors, labels: NDArray[np.int64], *, shots: int, draws: int
) -> NDArray[np.float64]:
    """Return each class's accuracy: `known` are drawn from as support, of `new` the rest is asked.

    known, new: (n, d), row by row of the same pictures.
    """
    rng = np.random.default_rng(1)
    count = int(labels.max()) + 1
    right, asked = np.zeros(count), np.zeros(count)
    for _ in range(draws):
        rows = [rng.permutation(np.flatnonzero(labels == one))[:shots] for one in range(count)]
        support = np.concatenate(rows)
        query = np.setdiff1d(np.arange(len(labels)), support)
        here, there = centered(known[support], new[query])
        means = here.reshape(count, shots, -1).mean(axis=1)
        means /= np.linalg.norm(means, axis=1, keepdims=True)
        truth = labels[query]
        hits = truth[(there @ means.T).argmax(axis=1) == truth]
        asked += np.bincount(truth, minlength=count)
        right += np.bincount(hits, minlength=count)
    return np.asarray(right / asked)


def measure(
    folder: Path,
    ways: dict[str, Cropper],
    backbones: dict[str, Backbone],
    photographs: list[Path],
    draws: int,
) -> dict[str, Any]:
    """Return, by part, crop and backbone, each name's accuracy; and what was found."""
    shots = SHOTS.get(folder.name, 5)
    pictures = read_set(folder, at_least=shots + 1)
    vectors: dict[tuple[int, str, str], Vectors] = {}
    kinds: dict[int, dict[str, dict[str, int]]] = {}
    for part in PARTS:
        cut = cut_all(pictures, part, ways, photographs)
        kinds[part] = {title: dict(Counter(one[title][1] for one in cut)) for title in ways}
        for name, backbone in backbones.items():
            for title in ways:
                shown = (one[title][0] for one in cut)
                rows = ordered_map(partial(vector_of, backbone), shown)
                vectors[part, title, name] = np.stack(list(rows))
    found = {
        key: accuracies(
            vectors[1, key[1], key[2]], own, pictures.labels, shots=shots, draws=draws
        )
        for key, own in vectors.items()
    }  # fmt: skip
    return {
        "pictures": len(pictures.files),
        "names": len(pictures.classes),
        "accuracies": found,
        "kinds": kinds,
    }


def main() -> int:
    """Measure, print, write."""
    options = read_options(__doc__, repeats=50, what="draws")
    backbones = {title: load(title) for title in BACKBONES}
    ways: dict[str, Cropper] = {
        "whole": FIXED["whole"],
        "auto": load_cropper("auto", Watch(), MARGIN, people=YUNET),
    }
    photographs = list(find_pictures(options.dev / BEHIND))
    held = {}
    for name in SETS:
        print(name, file=sys.stderr)
        held[name] = measure(options.dev / name, ways, backbones, photographs, options.repeats)
    rows: list[list[Any]] = []
    sets: dict[str, Any] = {}
    for name in (*SETS, "mean of the sets"):
        some = [held[name]] if name in held else list(held.values())
        n = f"{sum(one['pictures'] for one in some)} ({sum(one['names'] for one in some)})"
        sets[name] = {
            "n": n,
            "kinds": {one: held[name]["kinds"] for one in [name] if name in held},
            "accuracy": {},
        }
        for backbone in backbones:
            cells = []
            for part in PARTS:
                own = [one["accuracies"] for one in some]
                both = {t: mean_of_sets([one[part, t, backbone] for one in own]) for t in ways}
                gain = [one[part, "auto", backbone] - one[part, "whole", backbone] for one in own]
                sets[name]["accuracy"][f"{backbone}, 1/{part}"] = both | {
                    "gain": mean_of_sets(gain)
                }
                cells += [spread_of(both["whole"]), spread_of(both["auto"])]
            rows.append([f"{name}, {backbone}", n, *cells])
    head = ["set, backbone", "n"]
    head += [f"{'alone' if p == 1 else f'1/{p}'}, {title}" for p in PARTS for title in ways]
    about = (
        f"Balanced accuracy, {options.repeats} draws of five pictures a name (bbt8 three), "
        "pictures enrolled as they are and asked alone, or in a scene of "
        f"{SCENE[0]} x {SCENE[1]} pixels, 1/2 to 1/8 as wide as it; 95 % intervals by bootstrap "
        "over names. n: pictures (names)."
    )
    table = markdown(head, rows)
    if options.out == RESULTS:
        put("clutter", table)
    write("clutter", {"draws": options.repeats, "sets": sets}, table, options.out, about)
    return 0


if __name__ == "__main__":
    sys.exit(main())
