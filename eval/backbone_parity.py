"""Real pictures come in; how well LiteRT's vectors agree with those of Keras itself goes out.

    python -m eval.backbone_parity [--data FOLDER] [--pictures 200] [--vectors FOLDER] [--out ...]

The pictures are taken evenly over the dev sets; both sides are given the same prepared input. For
mobilenetv2 also with smaller weights, and how often the nearest of the other pictures stays the
same. Ends with 1 where a float32 graph has a cosine below 0.9999 to Keras on any picture.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.backbones import Vectors, measurable, vectors_of
from eval.episodes import spread_of
from eval.pictures import PictureSet, read_set
from eval.report import markdown, write
from eval.sets import DRAWN, OTHER, SHOTS, SMALL_OTHER, offer_vectors, read_options
from fewshot.backbones.backbone import Backbone
from fewshot.backbones.catalog import find_backbone
from fewshot.backbones.choice import BackboneChoice
from fewshot.backbones.loading import load_backbone
from fewshot.backbones.preprocessing import PREPROCESSINGS
from fewshot.backbones.squeeze import prepared
from fewshot.images import decode, read_picture

TARGET = 0.9999
SMALLER = ("fp16", "int8")
SMALLER_OF = "mobilenetv2"


def evenly(dev: Path, count: int) -> PictureSet:
    """Return about as many pictures of every set, evenly taken from it, `count` in all."""
    files: list[Path] = []
    names = (*DRAWN, *OTHER)
    for number, name in enumerate(names):
        limit, each = (None, None) if name in DRAWN else SMALL_OTHER
        least = SHOTS.get(name, 5) + 1
        own = read_set(dev / name, at_least=least, most_classes=limit, most_pictures=each).files
        wanted = count * (number + 1) // len(names) - count * number // len(names)
        files += [own[len(own) * i // wanted] for i in range(wanted)]
    return PictureSet("dev", files, np.zeros(len(files), np.int64), ["any"])


def by_keras(pictures: PictureSet, backbone: Backbone) -> Vectors:
    """Return what Keras makes of the pictures, float32 weights, each row of length 1."""
    from fewshot.backbones.keras_networks import embedding_network

    made = backbone.blueprint
    assert made is not None
    model = embedding_network(made.network, made.size, made.layer, Path(made.source))
    how = PREPROCESSINGS[made.preprocessing]
    rows = []
    for path in pictures.files:
        pixels = decode(read_picture(path), 2 * made.size).pixels
        row = np.asarray(model(prepared(pixels, made.size, how), training=False), np.float64)[0]
        rows.append(row / np.linalg.norm(row))
    return np.stack(rows)


def nearest(vectors: Vectors) -> NDArray[np.intp]:
    """Return which other picture is nearest to each; (n,)."""
    similar = vectors @ vectors.T
    np.fill_diagonal(similar, -np.inf)
    return np.asarray(similar.argmax(axis=1))


def wilson(hits: int, n: int) -> tuple[float, float, float]:
    """Return a share and its 95 % interval after Wilson."""
    z, share = 1.96, hits / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * float(np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)))
    return share, middle - half, min(1.0, middle + half)


def main() -> int:
    """Measure, print, write; return the exit status."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    options = read_options(__doc__, repeats=200, what="pictures", also=offer_vectors)
    pictures = evenly(options.dev, options.repeats)
    choices = {
        title: one for title, one in measurable().items() if not find_backbone(one.name).finished
    }
    result: dict[str, Any] = {"pictures": len(pictures.files), "target": TARGET, "backbones": {}}
    rows, missed = [], []
    for title, choice in choices.items():
        full = load_backbone(choice)
        theirs = by_keras(pictures, full)
        kept = nearest(theirs)
        for precision in ("float32", *(SMALLER if title == SMALLER_OF else ())):
            print(f"{title} {precision}", file=sys.stderr)
            ours = vectors_of(pictures, _at(choice, precision), options.more.vectors)
            cosines = np.minimum((ours * theirs).sum(axis=1), 1.0)
            share = wilson(int((nearest(ours) == kept).sum()), len(kept))
            one = {"n": len(kept), "lowest": float(cosines.min()), "mean": float(cosines.mean())}
            result["backbones"][f"{title}, {precision}"] = one | {"nearest the same": share}
            figures = [f"{one['lowest']:.7f}", f"{one['mean']:.7f}", spread_of(share)]
            rows.append([f"{title}, {precision}", len(kept), *figures])
            if precision == "float32" and not one["lowest"] >= TARGET:
                missed.append(title)
    head = ["backbone", "n", "lowest cosine", "mean cosine", "nearest picture the same"]
    about = (
        "Cosine to the vector that Keras gives with float32 weights for the same prepared input; "
        f"share of pictures whose nearest of the other {len(pictures.files) - 1} is the one that "
        "Keras finds, with Wilson's 95 % interval."
    )
    write("backbone_parity", result, markdown(head, rows), options.out, about)
    for title in missed:
        print(f"missed: {title} has a cosine below {TARGET} to Keras", file=sys.stderr)
    return 1 if missed else 0


def _at(choice: BackboneChoice, precision: str) -> Backbone:
    return load_backbone(choice if precision == "float32" else replace(choice, precision=precision))


if __name__ == "__main__":
    sys.exit(main())
