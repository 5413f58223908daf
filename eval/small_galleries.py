"""Pictures dev/SET/CLASS/* come in; how galleries of a few names keep a rate of 5 %, goes out.

    python -m eval.small_galleries [--data FOLDER] [--backbones palette mobilenetv2] [--draws 12]

One, two, three, five and ten names with one, three or five pictures each are enrolled, all others
are strangers. These galleries live on what was measured on other pictures (`fewshot/priors/`),
moved by what they say of themselves. For 5 %: the share of strangers named, mean of sets and the
highest of a set, and of the known rightly named, beside the best score in hindsight.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from eval.asked import Asked, ask
from eval.backbones import key_of, load, offer_backbones, vectors_of
from eval.episodes import mean_of_sets, spread_of
from eval.galleries import draw
from eval.open_set import DEV, LARGE, hindsight
from eval.pictures import read_set
from eval.report import markdown, write
from eval.sets import read_options
from fewshot.risk import RATE

NAMES, SHOTS = (1, 2, 3, 5, 10), (1, 3, 5)
STRANGERS = 200


def by_name(asked: list[Asked]) -> list[np.ndarray[Any, Any]]:
    """Return by name: strangers named; known rightly named; the same in hindsight."""
    whose = np.concatenate([one.whose for one in asked])
    known = np.concatenate([one.known for one in asked])
    right = np.concatenate([one.right for one in asked])
    named = np.concatenate([one.named[RATE] for one in asked])
    best = np.concatenate([hindsight(one, RATE) for one in asked])
    made = []
    for of, hits in ((~known, named), (known, named & right), (known, best & right)):
        made.append(np.array([hits[of & (whose == one)].mean() for one in np.unique(whose[of])]))
    return made


def main() -> int:
    """Measure, print, write."""
    options = read_options(__doc__, repeats=12, what="draws", also=offer_backbones)
    result: dict[str, Any] = {}
    rows: list[list[object]] = []
    for title in options.more.backbones:
        backbone = load(title)
        key = key_of(backbone)
        sets = {}
        for name in DEV:
            most = 40 if name == "hololive20" else LARGE[1]
            some = read_set(
                options.dev / name, at_least=3, most_classes=LARGE[0], most_pictures=most
            )
            sets[name] = (vectors_of(some, backbone, options.more.vectors), some.labels)
            print(f"{title} {name}: {len(some.labels)} pictures", file=sys.stderr)
        for names in NAMES:
            for shots in SHOTS:
                found = []
                for vectors, labels in sets.values():
                    if names >= int(labels.max()) + 1:
                        continue
                    seeds = [np.random.default_rng([9, turn]) for turn in range(options.repeats)]
                    drawn = [
                        draw(labels, names, shots, seed, most_strangers=STRANGERS) for seed in seeds
                    ]
                    asked = [ask(vectors, labels, one, key, "auto") for one in drawn]
                    found.append(by_name(asked))
                three = [mean_of_sets([one[which] for one in found]) for which in range(3)]
                highest = max(float(one[0].mean()) for one in found)
                result[f"{title}, {names}, {shots}"] = {
                    "sets": len(found), "strangers": three[0], "highest": highest,
                    "known": three[1], "hindsight": three[2],
                }  # fmt: skip
                rows.append(
                    [title, names, shots, len(found), spread_of(three[0]), f"{highest:.3f}"]
                    + [spread_of(one) for one in three[1:]]
                )
    head = [
        "backbone", "names", "references", "sets", "strangers named", "highest of a set",
        "known rightly named", "hindsight",
    ]  # fmt: skip
    about = (
        f"5 % asked; {options.repeats} draws a set; means of sets, 95 % intervals by bootstrap "
        "over the names of each set."
    )
    write("small_galleries", {"figures": result}, markdown(head, rows), options.out, about)
    return 0


if __name__ == "__main__":
    sys.exit(main())
