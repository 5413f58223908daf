"""Backbones come in; what one picture takes each of them, beside mobilenetv2, goes out.

    python -m eval.one_picture [--backbones ...] [--repeats 200] [--out eval/results]

One decoded picture of 640 x 480, one thread, all backbones in turn, round by round, in this
process; a ratio is of one round. `embed` is all there is to it: squeezing the picture, the graph,
bringing the vector to length 1. Ends with 1 where `compact` takes more than 1.25 times as long.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

from eval.backbones import load, measurable
from eval.readme_tables import CARD, put
from eval.report import REPEATS, RESULTS, markdown, spread, summary, write

BESIDE, OURS, MOST = "mobilenetv2", "compact", 1.25
FIRST = 5
"""Rounds that are not counted: caches and clocks warm up."""


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m eval.one_picture")
    parser.add_argument(
        "--backbones", nargs="+", choices=list(measurable()), default=[OURS, "palette", BESIDE]
    )
    parser.add_argument("--repeats", type=int, default=200, help="rounds")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder for JSON and table")
    options = parser.parse_args()
    titles = list(dict.fromkeys([*options.backbones, BESIDE]))
    backbones = {title: load(title) for title in titles}
    blobs = np.random.default_rng(0).integers(0, 255, (6, 8, 3), dtype=np.uint8)
    pixels = blobs.repeat(80, axis=0).repeat(80, axis=1)
    taken: dict[str, list[float]] = {title: [] for title in titles}
    for turn in range(options.repeats + FIRST):
        for title, backbone in backbones.items():
            start = time.perf_counter()
            backbone.embed([pixels], threads=1)
            if turn >= FIRST:
                taken[title].append(1000 * (time.perf_counter() - start))
    ratios = {
        title: summary([own / other for own, other in zip(some, taken[BESIDE], strict=True)])
        for title, some in taken.items()
    }
    found = {title: summary(some) for title, some in taken.items()}
    rows = [
        [title, found[title]["n"], spread(found[title], 2), spread(ratios[title], 2)]
        for title in titles
    ]
    table = markdown(["backbone", "n", "ms a picture", f"ratio to {BESIDE}"], rows)
    if options.out == RESULTS:
        put("one picture", table, CARD)
    short = {
        title: {
            what: {key: value for key, value in one[title].items() if key != "values"}
            for what, one in (("milliseconds", found), ("ratio", ratios))
        }
        for title in titles
    }
    write("one_picture", {"backbones": short}, table, options.out, REPEATS)
    over = ratios[OURS]["median"] if OURS in ratios else 0.0
    if over > MOST:
        print(f"missed: {OURS} takes {over:.2f} times as long as {BESIDE}, target <= {MOST}")
    return int(over > MOST)


if __name__ == "__main__":
    sys.exit(main())
