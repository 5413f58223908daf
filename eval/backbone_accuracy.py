"""Pictures SET/CLASS/* come in; how well each backbone names them, beside palette, goes out.

    python -m eval.backbone_accuracy [--data FOLDER] [--draws 100] [--vectors FOLDER] [--out ...]

Five shots a class (genshin three, emoji one), nearest class mean, all classes of a set at once, the
same draws for every backbone. One contender more is joined of two: palette's vector beside that of
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
from eval.sets import DRAWN, OTHER, SHOTS, offer_vectors, read_options
from fewshot.backbones.backbone import Backbone

JOINED = ("palette", "mobilenetv2")
RULE = "nearest mean"

Accuracies = dict[str, NDArray[np.float64]]  # contender -> (classes,)


def joined(*parts: Vectors) -> Vectors:
    """Lay unit vectors of the same pictures side by side; each row has length 1 again."""
    return np.concatenate(parts, axis=1) / np.float32(np.sqrt(len(parts)))


def measure(
    folder: Path, backbones: dict[str, Backbone], *, draws: int, keep: Path | None
) -> tuple[Accuracies, int]:
    """Return each contender's accuracy, class by class, and how many pictures the set has."""
    shots = SHOTS.get(folder.name, 5)
    pictures = read_set(folder, at_least=shots + 1)
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
    result: dict[str, Any] = {"shots": SHOTS | {"others": 5}, "draws": options.repeats, "sets": {}}
    rows = []
    for name in (*DRAWN, *OTHER):
        print(name, file=sys.stderr)
        found, count = measure(
            options.dev / name, backbones, draws=options.repeats, keep=options.more.vectors
        )
        sets[name] = found
        classes = len(found["palette"])
        figures = {title: mean_of_sets([own]) for title, own in found.items()}
        leads = _leads([found])
        one = {"pictures": count, "classes": classes, "chance": 1 / classes}
        result["sets"][name] = one | {"accuracy": figures, "lead over palette": leads}
        cells = [spread_of(figure) for figure in figures.values()]
        rows.append([name, f"{count} ({classes})", f"{1 / classes:.3f}", *cells])
    for title, names in (("seven drawn sets", DRAWN), ("nine other sets", OTHER)):
        group = [sets[name] for name in names]
        figures = {one: mean_of_sets([own[one] for own in group]) for one in group[0]}
        leads = _leads(group)
        result[f"mean of the {title}"] = {"accuracy": figures, "lead over palette": leads}
        total = sum(result["sets"][name]["pictures"] for name in names)
        count = f"{total} ({sum(result['sets'][name]['classes'] for name in names)})"
        chance = f"{np.mean([result['sets'][name]['chance'] for name in names]):.3f}"
        cells = [spread_of(figure) for figure in figures.values()]
        rows.append([f"**mean of the {title}**", count, chance, *cells])
        cells = [spread_of(lead, sign="+") for lead in leads.values()]
        rows.append(["lead over palette (paired)", "", "", "", *cells])
    head = ["set", "n (classes)", "chance", *sets[DRAWN[0]]]
    about = (
        f"Balanced accuracy, {options.repeats} draws of the support, the same for all; intervals "
        "(95 %) by bootstrap over the classes of each set, those of a lead paired. "
        "inceptionv3-mixed8 and vgg19-block3 are the lower parts of their networks."
    )
    write("backbone_accuracy", result, markdown(head, rows), options.out, about)
    return 0


def _leads(group: list[Accuracies]) -> dict[str, tuple[float, float, float]]:
    return {
        title: mean_of_sets([own[title] - own["palette"] for own in group])
        for title in group[0]
        if title != "palette"
    }


if __name__ == "__main__":
    sys.exit(main())
