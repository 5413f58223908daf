"""Pictures SET/CLASS/* come in; how well each backbone names them, beside palette, goes out.

    python -m eval.backbone_accuracy [--data FOLDER] [--draws 100] [--vectors FOLDER] [--out ...]

Five shots a class (genshin and bbt8 three, emoji one), nearest class mean, all classes of a set at
once, the same draws for every backbone. The drawn sets are taken whole, of the others at most 20
names with six pictures each. One contender more is joined of two: palette's vector beside that of
mobilenetv2, each of length 1, both brought to length 1 together.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.backbones import Vectors, load, measurable, vectors_of
from eval.episodes import class_accuracies, mean_of_sets, spread_of
from eval.pictures import read_set
from eval.report import markdown, write
from eval.sets import DRAWN, OTHER, SHOTS, SMALL_OTHER, offer_vectors, read_options
from fewshot.backbones.backbone import Backbone

JOINED = ("palette", "mobilenetv2")
RULE = "nearest mean"
MEANS = {
    f"mean of the {len(DRAWN)} drawn sets": DRAWN,
    f"mean of the {len(OTHER)} other sets": OTHER,
}

Accuracies = dict[str, NDArray[np.float64]]  # contender -> (classes,)


def joined(*parts: Vectors) -> Vectors:
    """Lay unit vectors of the same pictures side by side; each row has length 1 again."""
    return np.concatenate(parts, axis=1) / np.float32(np.sqrt(len(parts)))


def measure(
    folder: Path, backbones: dict[str, Backbone], *, draws: int, keep: Path | None
) -> tuple[Accuracies, int]:
    """Return each contender's accuracy, class by class, and how many pictures the set has."""
    shots = SHOTS.get(folder.name, 5)
    names, each = (None, None) if folder.name in DRAWN else SMALL_OTHER
    pictures = read_set(folder, at_least=shots + 1, most_classes=names, most_pictures=each)
    vectors = {title: vectors_of(pictures, one, keep) for title, one in backbones.items()}
    vectors[" + ".join(JOINED)] = joined(*(vectors[title] for title in JOINED))
    found = {
        title: class_accuracies(own, pictures.labels, shots=shots, draws=draws, seed=1)[RULE]
        for title, own in vectors.items()
    }
    return found, len(pictures.files)


def main() -> int:
    """Measure, print, write."""
    options = read_options(__doc__, repeats=100, what="draws", also=offer_vectors)
    backbones = {title: load(title) for title in measurable()}
    sets: dict[str, Accuracies] = {}
    pictures: dict[str, int] = {}
    for name in (*DRAWN, *OTHER):
        print(name, file=sys.stderr)
        sets[name], pictures[name] = measure(
            options.dev / name, backbones, draws=options.repeats, keep=options.more.vectors
        )
    groups = {name: (name,) for name in sets} | MEANS
    figures = {
        title: {
            "pictures": sum(pictures[name] for name in names),
            "classes": sum(len(sets[name]["palette"]) for name in names),
            "chance": float(np.mean([1 / len(sets[name]["palette"]) for name in names])),
            **_compare([sets[name] for name in names]),
        }
        for title, names in groups.items()
    }
    rows = []
    for title, one in figures.items():
        shown = f"**{title}**" if title in MEANS else title
        row = [shown, f"{one['pictures']} ({one['classes']})", f"{one['chance']:.3f}"]
        rows.append([*row, *(spread_of(figure) for figure in one["accuracy"].values())])
        if title in MEANS:
            leads = (spread_of(lead, sign="+") for lead in one["lead over palette"].values())
            rows.append(["lead over palette (paired)", "", "", "", *leads])
    head = ["set", "n (classes)", "chance", *sets[DRAWN[0]]]
    about = (
        f"Balanced accuracy, {options.repeats} draws of the support, the same for all; intervals "
        "(95 %) by bootstrap over the classes of each set, those of a lead paired. "
        "inceptionv3-mixed8 and vgg19-block3 are the lower parts of their networks."
    )
    result = {"shots": SHOTS | {"others": 5}, "draws": options.repeats, "sets": figures}
    write("backbone_accuracy", result, markdown(head, rows), options.out, about)
    return 0


def _compare(group: list[Accuracies]) -> dict[str, Any]:
    """Return each contender's mean over sets, and its lead over palette, with intervals."""
    accuracy = {title: mean_of_sets([own[title] for own in group]) for title in group[0]}
    leads = {
        title: mean_of_sets([own[title] - own["palette"] for own in group])
        for title in group[0]
        if title != "palette"
    }
    return {"accuracy": accuracy, "lead over palette": leads}


if __name__ == "__main__":
    sys.exit(main())
