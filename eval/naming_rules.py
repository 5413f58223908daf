"""Pictures SET/CLASS/* come in; which rule names best, with few and with uneven references.

    python -m eval.naming_rules [--data FOLDER] [--draws 40] [--out eval/results]

palette; all classes of a set at once; one, five, or one to ten references a class. Leads against
the nearest class mean, which is what a match uses, paired.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.episodes import RULES, class_accuracies, mean_of_sets, spread_of
from eval.pictures import embed_set, read_set
from eval.report import markdown, write
from eval.sets import DRAWN, TRAIN, read_options
from fewshot.backbones.loading import load_backbone

SHOTS: dict[str, int | tuple[int, int]] = {"one": 1, "five": 5, "one to ten": (1, 10)}

Found = dict[str, dict[str, list[NDArray[np.float64]]]]  # shots, rule -> sets' class accuracies


def measure(folders: list[Path], draws: int) -> Found:
    """Return the class accuracies of every set by shots and rule; small classes are left out."""
    palette = load_backbone("palette")
    found: Found = {shots: {rule: [] for rule in RULES} for shots in SHOTS}
    for folder in folders:
        print(f"{folder.parent.name} {folder.name}", file=sys.stderr)
        pictures = read_set(folder, at_least=6, most_classes=60, most_pictures=50)
        embed = {"palette": lambda pixels: palette.embed([pixels])[0]}
        vectors = embed_set(pictures, embed)["palette"]
        for name, shots in SHOTS.items():
            rules = class_accuracies(vectors, pictures.labels, shots=shots, draws=draws, seed=1)
            for rule, accuracies in rules.items():
                found[name][rule].append(accuracies)
    return found


def main() -> int:
    """Measure, print, write."""
    options = read_options(__doc__, repeats=40, what="draws")
    groups = {
        "dev": measure([options.dev / name for name in DRAWN], options.repeats),
        "train": measure([options.train / name for name in TRAIN], options.repeats),
    }
    result: dict[str, Any] = {}
    rows = []
    for shots in SHOTS:
        for rule in RULES:
            row = [shots, rule]
            for group, found in groups.items():
                own, mean = found[shots][rule], found[shots]["nearest mean"]
                accuracy = mean_of_sets(own)
                lead = mean_of_sets([a - b for a, b in zip(own, mean, strict=True)])
                result[f"{group}, {shots}, {rule}"] = {"accuracy": accuracy, "lead": lead}
                row += [f"{accuracy[0]:.3f}", spread_of(lead, sign="+") if own is not mean else ""]
            rows.append(row)
    head = ["references", "rule"]
    for group, found in groups.items():
        classes = sum(len(one) for one in found["five"]["nearest mean"])
        head += [f"{group}, {classes} classes", "against nearest mean"]
    about = (
        f"Balanced accuracy, mean of {len(DRAWN)} and {len(TRAIN)} sets, {options.repeats} draws; "
        "paired 95 % intervals by bootstrap over the classes of each set."
    )
    write("naming_rules", {"figures": result}, markdown(head, rows), options.out, about)
    return 0


if __name__ == "__main__":
    sys.exit(main())
