"""Pictures dev/SET/CLASS/* come in; how near each stays to itself when it is changed goes out.

    python -m eval.robustness [--data FOLDER] [--pictures 40] [--backbones ...] [--out ...]

Each picture is saved anew as JPEG of quality 30, halved, cropped by a tenth of each side anywhere,
made a quarter lighter and darker, mirrored. Two figures a backbone: the cosine of the changed
picture to the picture, both centered on the pictures of its set (so that backbones whose vectors
all lie close together have no advantage), and how often, of the pictures taken of its set, the one
that it was made from is the nearest.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from eval.backbones import Vectors, load, measurable
from eval.episodes import mean_of_sets, spread_of
from eval.pictures import read_set
from eval.readme_tables import CARD, put
from eval.report import RESULTS, markdown, write
from eval.same_picture import rate
from eval.sets import DRAWN, read_options
from fewshot.backbones.backbone import Backbone
from fewshot.images import decode, read_picture
from fewshot.lengths import unit_rows
from fewshot.pipeline import ordered_map

SETS = (*DRAWN, "ourcar_photo", "ourcar_caric", "lfw", "grocery81", "tinyimagenet200")
SIDE = 512
"""Pixels that pictures are decoded to at least, and changed at."""
Change = Callable[[Image.Image, np.random.Generator], Image.Image]


def _saved(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=30)
    return Image.open(file).convert("RGB")


def _halved(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    size = (max(1, image.width // 2), max(1, image.height // 2))
    return image.resize(size, Image.Resampling.BICUBIC)


def _cropped(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    width, height = (max(1, round(0.9 * side)) for side in image.size)
    left = int(rng.integers(0, image.width - width + 1))
    upper = int(rng.integers(0, image.height - height + 1))
    return image.crop((left, upper, left + width, upper + height))


def _lit(gain: float) -> Change:
    def lit(image: Image.Image, rng: np.random.Generator) -> Image.Image:
        return image.point(lambda level: min(255, round(level * gain)))

    return lit


def _mirrored(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


CHANGES: dict[str, Change] = {
    "JPEG, quality 30": _saved,
    "half size": _halved,
    "cropped by a tenth": _cropped,
    "a quarter lighter": _lit(1.25),
    "a quarter darker": _lit(0.75),
    "mirrored": _mirrored,
}


def measure(
    folder: Path, backbones: dict[str, Backbone], most: int
) -> dict[str, dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]]:
    """Return, by backbone and change, each picture's cosine to itself and whether it is nearest."""
    rng = np.random.default_rng(3)
    files = read_set(folder, at_least=1).files
    files = [files[row] for row in sorted(rng.permutation(len(files))[:most].tolist())]

    def views(path: Path) -> list[NDArray[np.uint8]]:
        image = Image.fromarray(decode(read_picture(path), SIDE).pixels)
        own = np.random.default_rng(list(sha256(path.read_bytes()).digest()[:8]))
        return [np.asarray(one) for one in (image, *(do(image, own) for do in CHANGES.values()))]

    shown = list(ordered_map(views, files))
    found = {}
    for title, backbone in backbones.items():
        vectors: list[Vectors] = [backbone.embed(one) for one in shown]
        every = np.stack(vectors, axis=1)  # (changes and one, n, d)
        middle = every[0].mean(axis=0)
        plain = unit_rows(every[0] - middle)
        found[title] = {
            change: _compared(plain, unit_rows(every[at] - middle))
            for at, change in enumerate(CHANGES, start=1)
        }
    return found


def _compared(plain: Vectors, changed: Vectors) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    cosines = (changed @ plain.T).astype(np.float64)
    nearest = cosines.argmax(axis=1) == np.arange(len(plain))
    return np.diag(cosines), nearest.astype(np.float64)


def main() -> int:
    """Measure, print, write."""
    options = read_options(__doc__, repeats=40, what="pictures", also=_offer)
    backbones = {title: load(title) for title in options.more.backbones}
    sets = {}
    for name in options.more.sets:
        print(name, file=sys.stderr)
        sets[name] = measure(options.dev / name, backbones, options.repeats)
    n = sum(len(next(iter(one[options.more.backbones[0]].values()))[0]) for one in sets.values())
    figures: dict[str, Any] = {
        title: {
            change: {
                "cosine": mean_of_sets([one[title][change][0] for one in sets.values()]),
                "found again": rate(
                    [bool(hit) for one in sets.values() for hit in one[title][change][1]]
                ),
            }
            for change in CHANGES
        }
        for title in backbones
    }
    rows = []
    for change in CHANGES:
        found = [figures[title][change] for title in backbones]
        again = [
            (one["share"], one["low"], one["high"]) for one in (f["found again"] for f in found)
        ]
        rows.append([change, *map(spread_of, [f["cosine"] for f in found]), *map(spread_of, again)])
    head = ["changed"]
    head += [f"{what}, {title}" for what in ("cosine", "found again") for title in backbones]
    about = (
        f"{n} pictures of {len(sets)} sets, mean over sets; 95 % intervals by bootstrap over the "
        "pictures of each set, of what is found again Wilson's. Cosines after centering on the "
        "pictures of the set; found again: "
        "of the pictures taken of the set, it is the nearest itself."
    )
    table = markdown(head, rows)
    if options.out == RESULTS:
        put("robustness", table, CARD)
    result = {"pictures": n, "figures": figures}
    write("robustness", result, table, options.out, about)
    return 0


def _offer(parser: argparse.ArgumentParser) -> None:
    usual = ["compact", "mobilenetv2", "palette"]
    parser.add_argument("--backbones", nargs="+", choices=list(measurable()), default=usual)
    parser.add_argument("--sets", nargs="+", default=list(SETS))


if __name__ == "__main__":
    sys.exit(main())
