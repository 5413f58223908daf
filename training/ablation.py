"""Training pictures come in; what each ingredient of the recipe gives goes out, as a table.

    python -m training.ablation ../shared/data/train --keep FOLDER [--samples 100000]

Short trainings, each without one ingredient, on all but the held-out classes, judged on these by
the nearest class mean. A run that is over is read, not repeated. Writes training/ablation.md.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

import numpy as np

from training.compact import offer_keep
from training.recipe import Recipe
from training.tables import keep

VARIATIONS: dict[str, dict[str, Any]] = {
    "all": {},
    "with palette beside it": {"alone": 0.2},
    "without MobileNetV2 as a teacher": {"teachers": {"mobilefacenet": 4.0}},
    "MobileNetV2 with a third of its weight": {
        "teachers": {"mobilenetv2": 4.0, "mobilefacenet": 4.0}
    },
    "without the network for faces as a teacher": {"teachers": {"mobilenetv2": 12.0}},
    "without a margin": {"margin": 0.0},
    "without the layout": {"shape": {"grid": 0}},
    "version 1's shape": {"shape": {"widths": [64, 128, 256], "blocks": [2, 2, 2]}},
}
TEACHERS = ["mobilenetv2", "mobilefacenet"]
SHOWN = {
    "mean_drawn": "drawn", "mean_other": "others", "alone_mean_drawn": "drawn, network alone",
    "alone_mean_other": "others, network alone", "hololive20": "hololive", "genshin89": "genshin",
    "pokemon150": "pokemon", "simpsons42": "simpsons", "lol148": "lol", "grocery81": "grocery",
    "tinyimagenet200": "tinyimagenet", "photo_to_caric": "photo to caricature",
}  # fmt: skip


def main(given: list[str] | None = None) -> int:
    """Train each variation, print, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    offer_keep(parser)
    parser.add_argument("--samples", type=int, default=100_000, help="a run  [100000]")
    parser.add_argument("--side", type=int, default=64, help="pixels  [64]")
    options = parser.parse_args(given)
    import keras

    keras.mixed_precision.set_global_policy("mixed_bfloat16")
    from eval.report import markdown
    from training.material import begin, gather, looker, whole_pictures
    from training.run import LOG
    from training.validation import scores, unit

    material = gather(options.pictures, options.keep, TEACHERS, options.processes)
    usual = Recipe(samples=options.samples, sides=((options.side, 1.0),), held_out=True)
    found: dict[str, dict[str, float]] = {}
    for title in ("palette", "mobilenetv2"):
        pictures, vectors = whole_pictures(material, title)
        found[f"{title} itself"] = scores(pictures, vectors)
        found["both joined"] = scores(
            pictures, unit(np.hstack([whole_pictures(material, one)[1] for one in
                                      ("palette", "mobilenetv2")])),
        )  # fmt: skip
    for title, part in VARIATIONS.items():
        print(title, flush=True)
        folder = options.keep / f"ablation-{options.samples}-{title.replace(' ', '-')}"
        run = begin(material, usual.changed(part), folder)
        run.train(looker(material, run))
        last = (folder / LOG).read_text().splitlines()[-1]
        found[title] = json.loads(last)
    rows = [
        [title, *(f"{one[key]:.3f}" if key in one else "" for key in SHOWN)]
        for title, one in found.items()
    ]
    table = markdown(["recipe", *SHOWN.values()], rows)
    pictures, _ = whole_pictures(material, "palette")
    about = (
        f"{options.samples:,} samples of {options.side} pixels each, one run a row, seed "
        f"{usual.seed}; {len(pictures):,} pictures of {len(set(pictures.classes))} held-out "
        "classes, five pictures a name enrolled, nearest class mean, 20 draws."
    )
    keep("ablation", table, about)
    print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
