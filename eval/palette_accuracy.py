"""Pictures SET/CLASS/* come in; how well palette names them, beside a plain color histogram.

    python -m eval.palette_accuracy [--data FOLDER] [--draws 100] [--out eval/results]

Five shots a class (genshin three, emoji one), all classes of a set at once. Also on gray copies.
Ends with 1 where palette's lead over the better histogram does not exclude zero.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.color_histogram import color_histogram
from eval.episodes import RULES, class_accuracies, mean_of_sets, spread_of
from eval.pictures import Embed, embed_set, read_set
from eval.report import markdown, write
from eval.sets import DRAWN, SHOTS, read_options
from fewshot.backbones.loading import load_backbone

BESIDE = ("ourcar_photo", "ourcar_caric", "lfw", "orl40", "grocery81", "emoji_styles")
HISTOGRAMS = ("histogram", "histogram, rooted")

Accuracies = dict[str, dict[str, NDArray[np.float64]]]  # embedding, rule -> (classes,)


def measure(folder: Path, *, draws: int, gray: bool) -> tuple[Accuracies, int, int]:
    """Return the accuracies of one set, how many pictures and how many classes it has."""
    shots = SHOTS.get(folder.name, 5)
    pictures = read_set(folder, at_least=shots + 1)
    palette = load_backbone("palette")
    embeds: dict[str, Embed] = {
        "palette": lambda pixels: palette.embed([pixels])[0],
        "histogram": lambda pixels: color_histogram(pixels, rooted=False),
        "histogram, rooted": lambda pixels: color_histogram(pixels, rooted=True),
    }
    found = {
        name: class_accuracies(vectors, pictures.labels, shots=shots, draws=draws, seed=1)
        for name, vectors in embed_set(pictures, embeds, gray=gray).items()
    }
    return found, len(pictures.files), len(pictures.classes)


def compare(sets: dict[str, Accuracies], rule: str) -> dict[str, Any]:
    """Return each embedding's mean over the main sets, and palette's lead over each histogram."""
    figures: dict[str, Any] = {}
    for name in ("palette", *HISTOGRAMS):
        figures[name] = mean_of_sets([sets[one][name][rule] for one in DRAWN])
    for name in HISTOGRAMS:
        leads = [sets[one]["palette"][rule] - sets[one][name][rule] for one in DRAWN]
        figures[f"palette minus {name}"] = mean_of_sets(leads)
    return figures


def main() -> int:
    """Measure, print, write; return the exit status."""
    options = read_options(__doc__, repeats=100, what="draws")
    result: dict[str, Any] = {"shots": SHOTS | {"others": 5}, "draws": options.repeats}
    rows = []
    for copies in ("color", "gray"):
        sets: dict[str, Accuracies] = {}
        counts: dict[str, tuple[int, int]] = {}
        for name in (*DRAWN, *BESIDE) if copies == "color" else DRAWN:
            print(f"{copies} {name}", file=sys.stderr)
            sets[name], *counted = measure(
                options.dev / name, draws=options.repeats, gray=copies == "gray"
            )
            counts[name] = (counted[0], counted[1])
        figures = {rule: compare(sets, rule) for rule in RULES}
        result[copies] = {
            "sets": {
                name: {
                    "pictures": counts[name][0],
                    "classes": counts[name][1],
                    **{
                        embedding: {rule: float(by.mean()) for rule, by in rules.items()}
                        for embedding, rules in found.items()
                    },
                }
                for name, found in sets.items()
            },
            "mean of the seven drawn sets": figures,
        }
        rows += _rows(copies, sets, counts, figures)
    head = ["pictures", "n (classes)", *("palette", *HISTOGRAMS), "palette, nearest reference"]
    low = min(
        result["color"]["mean of the seven drawn sets"]["nearest mean"][f"palette minus {name}"][1]
        for name in HISTOGRAMS
    )
    about = (
        f"Balanced accuracy, {options.repeats} draws of the support; intervals (95 %) by bootstrap "
        "over the classes of each set, those of a lead paired. Nearest class mean but where said."
    )
    write("palette_accuracy", result, markdown(head, rows), options.out, about)
    if low <= 0:
        print("missed: palette's lead over the histograms does not exclude zero", file=sys.stderr)
        return 1
    return 0


def _rows(
    copies: str,
    sets: dict[str, Accuracies],
    counts: dict[str, tuple[int, int]],
    figures: dict[str, dict[str, Any]],
) -> list[list[str]]:
    names = ("palette", *HISTOGRAMS)
    rows = [
        [
            f"{name} ({copies})",
            f"{counts[name][0]} ({counts[name][1]})",
            *(f"{found[one]['nearest mean'].mean():.3f}" for one in names),
            f"{found['palette']['nearest reference'].mean():.3f}",
        ]
        for name, found in sets.items()
    ]
    by_mean, by_reference = figures["nearest mean"], figures["nearest reference"]
    total = [sum(counts[name][i] for name in DRAWN) for i in (0, 1)]
    summary = [
        f"**mean of the seven drawn sets ({copies})**",
        f"{total[0]} ({total[1]})",
        *(spread_of(by_mean[one]) for one in names),
        spread_of(by_reference["palette"]),
    ]
    leads = [spread_of(by_mean[f"palette minus {one}"], sign="+") for one in HISTOGRAMS]
    return [*rows, summary, [f"palette's lead ({copies}, paired)", "", "", *leads, ""]]


if __name__ == "__main__":
    sys.exit(main())
