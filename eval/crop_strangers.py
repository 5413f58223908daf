"""Pictures dev/SET/CLASS/* come in; whether crop auto keeps the rate of false names goes out.

    python -m eval.crop_strangers [--data FOLDER] [--halves 20] [--out eval/results]

What stands in for evidence in a small gallery was measured on whole pictures; faces alone are more
like one another. So, as in `eval.open_set`: half of a set's names are enrolled with five pictures
each (genshin three), the other names are strangers, drawn anew 20 times; with whole pictures, and
with crop auto, by `compact`. Needs the detectors' files in a folder of FEWSHOT_WEIGHTS.
"""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

import numpy as np

from eval.asked import RATES, Asked, ask
from eval.backbones import Vectors, key_of, load, vector_of
from eval.crops import cut_all
from eval.galleries import draw
from eval.open_set import by_name
from eval.pictures import read_set
from eval.readme_tables import put
from eval.report import RESULTS, markdown, write
from eval.sets import SHOTS, read_options
from fewshot.crops import FIXED, Cropper
from fewshot.detectors.catalog import YUNET
from fewshot.detectors.loading import MARGIN, load_cropper
from fewshot.pipeline import ordered_map
from fewshot.watch import Watch

SETS = ("seed4_raw", "hololive20", "genshin89", "sports5", "lfw", "ourcar_photo", "grocery81")
MOST = 20  # pictures a name
BACKBONE = "compact"


def shares(asked: list[Asked]) -> dict[str, Any]:
    """Return, by rate, the shares of strangers named and of the known rightly named."""
    whose, known, right = (
        np.concatenate([getattr(one, what) for one in asked])
        for what in ("whose", "known", "right")
    )
    made = {}
    for rate in RATES:
        named = np.concatenate([one.named[rate] for one in asked])
        made[str(rate)] = {
            "strangers named": by_name(whose[~known], named[~known]),
            "known rightly named": by_name(whose[known], (named & right)[known]),
        }
    return made


def main() -> int:
    """Measure, print, write."""
    options = read_options(__doc__, repeats=20, what="halves")
    backbone = load(BACKBONE)
    ways: dict[str, Cropper] = {
        "whole": FIXED["whole"],
        "auto": load_cropper("auto", Watch(), MARGIN, people=YUNET),
    }
    sets: dict[str, Any] = {}
    for name in SETS:
        print(name, file=sys.stderr)
        shots = SHOTS.get(name, 5)
        some = read_set(options.dev / name, at_least=shots + 1, most_pictures=MOST)
        cut = cut_all(some, ways)
        names = len(some.classes) // 2
        sets[name] = {"pictures": len(some.files), "names": len(some.classes), "enrolled": names}
        for title in ways:
            shown = [one[title].pixels for one in cut]
            vectors: Vectors = np.stack(list(ordered_map(partial(vector_of, backbone), shown)))
            seeds = [np.random.default_rng([7, turn]) for turn in range(options.repeats)]
            sets[name][title] = shares(
                [
                    ask(vectors, some.labels, draw(some.labels, names, shots, seed),
                        key_of(backbone), "auto")
                    for seed in seeds
                ]
            )  # fmt: skip
    table = _table(sets)
    if options.out == RESULTS:
        put("crop strangers", table)
    about = (
        f"{options.repeats} random halves a set; means over names, 95 % intervals by bootstrap "
        "over the names. n: pictures (names enrolled)."
    )
    write("crop_strangers", {"halves": options.repeats, "sets": sets}, table, options.out, about)
    return 0


def _table(sets: dict[str, Any]) -> str:
    rows: list[list[str]] = []
    shown = [
        (what, title) for what in ("strangers named", "known rightly named") for title in _WAYS
    ]
    for rate in map(str, RATES):
        for name, one in sets.items():
            cells = [one[title][rate][what] for what, title in shown]
            n = f"{one['pictures']} ({one['enrolled']})"
            spread = [f"{c[0]:.3f} [{c[1]:.3f}, {c[2]:.3f}]" for c in cells]
            rows.append([f"{100 * float(rate):.0f} %", name, n, *spread])
        means = [
            np.mean([one[title][rate][what][0] for one in sets.values()]) for what, title in shown
        ]
        rows.append(
            [f"{100 * float(rate):.0f} %", "**mean of sets**", "", *(f"**{m:.3f}**" for m in means)]
        )
    return markdown(["asked", "set", "n", *(f"{what}, {t}" for what, t in shown)], rows)


_WAYS = ("whole", "auto")

if __name__ == "__main__":
    sys.exit(main())
