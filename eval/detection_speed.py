"""Pictures of one to two megapixels come in; how long it takes to find a face in each goes out.

    python -m eval.detection_speed [--data FOLDER] [--pictures 30] [--out eval/results]

Pictures of dev/sports5 and dev/seed4_raw, enlarged to 1.4 megapixels and decoded; on one core, all
crops in turn, picture by picture, after one that warms up. The time is that of the whole crop: the
smaller copies, all detectors and their fallbacks, the cut. Ends with 1 where the median of a crop
over the pictures in which it finds something is 30 ms or more.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import numpy as np
from PIL import Image

from eval.pictures import read_set
from eval.readme_tables import put
from eval.report import RESULTS, markdown, spread, summary, write
from eval.sets import read_options
from fewshot.crops import Cropper
from fewshot.detectors.catalog import HAAR, YUNET
from fewshot.detectors.loading import MARGIN, load_cropper
from fewshot.detectors.opencv import opencv
from fewshot.images import decode, read_picture
from fewshot.watch import Watch

SETS = ("sports5", "seed4_raw")
PIXELS = 1_400_000
MOST = 30.0  # milliseconds


def main() -> int:
    """Measure, print, write."""
    options = read_options(__doc__, repeats=30, what="pictures")
    opencv("face").setNumThreads(1)
    ways: dict[str, Cropper] = {
        "face (yunet)": load_cropper("face", Watch(), MARGIN, people=YUNET),
        "face (haar)": load_cropper("face", Watch(), MARGIN, people=HAAR),
        "anime-face": load_cropper("anime-face", Watch()),
        "auto (yunet)": load_cropper("auto", Watch(), MARGIN, people=YUNET),
        "auto (haar)": load_cropper("auto", Watch(), MARGIN, people=HAAR),
    }
    taken: dict[str, dict[str, list[float]]] = {t: {"found": [], "nothing": []} for t in ways}
    for name in SETS:
        files = read_set(options.dev / name, at_least=1).files
        rows = np.linspace(0, len(files) - 1, options.repeats).astype(int).tolist()
        for turn, row in enumerate([rows[0], *rows]):
            image = Image.fromarray(decode(read_picture(files[row])).pixels)
            by = (PIXELS / (image.width * image.height)) ** 0.5
            large = image.resize((round(image.width * by), round(image.height * by)))
            pixels = np.asarray(large)
            for title, cropper in ways.items():
                start = time.perf_counter()
                crops = cropper(pixels)
                spent = 1000 * (time.perf_counter() - start)
                if turn:
                    found = bool(crops) and crops[0].kind != "whole"
                    taken[title]["found" if found else "nothing"].append(spent)
    figures: dict[str, Any] = {
        title: {what: summary(some) for what, some in own.items() if some}
        for title, own in taken.items()
    }
    cells = [
        [title, *(part for what in ("found", "nothing") for part in _cells(own.get(what)))]
        for title, own in figures.items()
    ]
    head = ["crop", "n, found", "ms, found", "n, nothing found", "ms, nothing found"]
    table = markdown(head, cells)
    if options.out == RESULTS:
        put("detection speed", table)
    about = (
        f"Pictures of {', '.join(SETS)}, enlarged to 1.4 megapixels; one core. Medians with 95 % "
        "intervals (bootstrap over the pictures)."
    )
    short = {
        title: {
            what: {key: value for key, value in one.items() if key != "values"}
            for what, one in own.items()
        }
        for title, own in figures.items()
    }
    write("detection_speed", {"crops": short}, table, options.out, about)
    over = [
        f"crop {title} takes {own['found']['median']:.0f} ms, target < {MOST:g}"
        for title, own in figures.items()
        if "found" in own and own["found"]["median"] >= MOST
    ]
    for line in over:
        print(f"missed: {line}")
    return int(bool(over))


def _cells(one: dict[str, Any] | None) -> tuple[object, str]:
    return (one["n"], spread(one, 1)) if one else (0, "")


if __name__ == "__main__":
    sys.exit(main())
