"""Pictures SET/CLASS/* come in; what each block of palette gives goes out.

    python -m eval.palette_blocks [--data FOLDER] [--draws 40] [--out eval/results]

Nearest class mean, five shots a class (genshin three), all classes of a set at once, on two groups
of sets that have no class in common; leads against palette as it is, paired.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from eval.episodes import class_accuracies, mean_of_sets, spread_of
from eval.pictures import Embed, embed_set, read_set
from eval.report import markdown, write
from eval.sets import DRAWN, SHOTS, TRAIN, read_options
from fewshot.backbones.palette import WEIGHTS, blocks, joined
from fewshot.backbones.squeeze import squeezed

VARIANTS: dict[str, tuple[float, ...]] = {
    "palette": WEIGHTS,
    "without colors": (0.0, 0.25, 0.5, 0.5),
    "without tones": (1.0, 0.0, 0.5, 0.5),
    "without layout": (1.0, 0.25, 0.0, 0.5),
    "without edges": (1.0, 0.25, 0.5, 0.0),
    "colors alone": (1.0, 0.0, 0.0, 0.0),
    "layout and edges at .35": (1.0, 0.25, 0.35, 0.35),
    "layout and edges at .7": (1.0, 0.25, 0.7, 0.7),
}

Figures = dict[str, list[NDArray[np.float64]]]  # variant -> for each set, its classes' accuracies


def measure(folders: list[Path], *, draws: int, gray: bool) -> Figures:
    """Return each variant's accuracies, set by set."""
    embeds: dict[str, Embed] = {
        name: lambda parts, weights=weights: joined(parts, weights)  # type: ignore[misc]
        for name, weights in VARIANTS.items()
    }
    figures: Figures = {name: [] for name in VARIANTS}
    for folder in folders:
        print(f"{folder.parent.name} {folder.name}", file=sys.stderr)
        shots = SHOTS.get(folder.name, 5)
        pictures = read_set(folder, at_least=shots + 1, most_classes=60, most_pictures=50)
        vectors = embed_set(pictures, embeds, gray=gray, prepare=_blocks)
        for name, own in vectors.items():
            found = class_accuracies(own, pictures.labels, shots=shots, draws=draws, seed=1)
            figures[name].append(found["nearest mean"])
    return figures


def _blocks(pixels: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
    return blocks(squeezed(pixels, 96, Image.Resampling.BICUBIC))


def main() -> int:
    """Measure, print, write."""
    options = read_options(__doc__, repeats=40, what="draws")
    dev = [options.dev / name for name in DRAWN]
    groups = {
        "dev": measure(dev, draws=options.repeats, gray=False),
        "train": measure([options.train / n for n in TRAIN], draws=options.repeats, gray=False),
        "dev in gray": measure(dev, draws=options.repeats, gray=True),
    }
    result: dict[str, dict[str, dict[str, tuple[float, float, float]]]] = {}
    rows = []
    for name in VARIANTS:
        row, result[name] = [name], {}
        for group, figures in groups.items():
            own, whole = figures[name], figures["palette"]
            accuracy = mean_of_sets(own)
            lead = mean_of_sets([a - b for a, b in zip(own, whole, strict=True)])
            result[name][group] = {"accuracy": accuracy, "against palette": lead}
            row += [f"{accuracy[0]:.3f}", "" if name == "palette" else spread_of(lead, sign="+")]
        rows.append(row)
    head = ["variant"]
    for group, figures in groups.items():
        classes = sum(len(one) for one in figures["palette"])
        head += [f"{group}, {classes} classes", "against palette"]
    about = (
        f"Balanced accuracy, mean of {len(DRAWN)} and {len(TRAIN)} sets, {options.repeats} draws; "
        "paired 95 % intervals by bootstrap over the classes of each set."
    )
    write("palette_blocks", {"variants": result}, markdown(head, rows), options.out, about)
    return 0


if __name__ == "__main__":
    sys.exit(main())
