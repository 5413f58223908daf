"""Pictures of one to two megapixels come in; how long it takes to find a face in each goes out.

    python -m eval.detection_speed [--data FOLDER] [--pictures 40] [--out eval/results]

Pictures of dev/sports5 (people) and dev/seed4_raw (drawn), enlarged to 1.4 megapixels, decoded; on
one core, all crops in turn, picture by picture, after one that warms up. The time is that of the
whole crop: the smaller copies, all detectors and their fallbacks, the cut. Ends with 1 where the
median is 30 ms or more of a crop, on the pictures it is for, in which it finds something.
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
FOR = {"face (yunet)": SETS[:1], "face (haar)": SETS[:1], "anime-face": SETS[1:]}
"""The sets that a crop is for, where it is not for both."""

PIXELS = 1_400_000
MOST = 30.0  # milliseconds


def main() -> int:
    """Measure, print, write."""
    options = read_options(__doc__, repeats=40, what="pictures")
    opencv("face").setNumThreads(1)
    ways: dict[str, Cropper] = {
        "face (yunet)": load_cropper("face", Watch(), MARGIN, people=YUNET),
        "face (haar)": load_cropper("face", Watch(), MARGIN, people=HAAR),
        "anime-face": load_cropper("anime-face", Watch()),
        "auto (yunet)": load_cropper("auto", Watch(), MARGIN, people=YUNET),
        "auto (haar)": load_cropper("auto", Watch(), MARGIN, people=HAAR),
    }
    taken: dict[tuple[str, str], dict[str, list[float]]] = {
        (title, name): {"found": [], "nothing": []} for title in ways for name in SETS
    }
    for name in SETS:
        files = read_set(options.dev / name, at_least=1).files
        rows = np.linspace(0, len(files) - 1, options.repeats).astype(int).tolist()
        for turn, row in enumerate([rows[0], *rows]):
            image = Image.fromarray(decode(read_picture(files[row])).pixels)
            by = (PIXELS / (image.width * image.height)) ** 0.5
            pixels = np.asarray(image.resize((round(image.width * by), round(image.height * by))))
            for title, cropper in ways.items():
                start = time.perf_counter()
                crops = cropper(pixels)
                spent = 1000 * (time.perf_counter() - start)
                if turn:
                    found = bool(crops) and crops[0].kind != "whole"
                    taken[title, name]["found" if found else "nothing"].append(spent)
    figures: dict[str, Any] = {
        f"{title}, {name}": {what: summary(some) for what, some in own.items() if some}
        for (title, name), own in taken.items()
    }
    cells = [
        [title, *(part for what in ("found", "nothing") for part in _cells(own.get(what)))]
        for title, own in figures.items()
    ]
    head = ["crop, set", "n, found", "ms, found", "n, nothing found", "ms, nothing found"]
    table = markdown(head, cells)
    if options.out == RESULTS:
        put("detection speed", table)
    about = (
        "Pictures enlarged to 1.4 megapixels; one core. Medians with 95 % intervals (bootstrap "
        "over the pictures)."
    )
    short = {
        title: {
            what: {key: value for key, value in one.items() if key != "values"}
            for what, one in own.items()
        }
        for title, own in figures.items()
    }
    over = [
        f"{title} takes {own['found']['median']:.0f} ms"
        for title, own in figures.items()
        if "found" in own and own["found"]["median"] >= MOST and _is_for(title)
    ]
    write("detection_speed", {"crops": short, "missed": over}, table, options.out, about)
    for line in over:
        print(f"missed: {line}, target < {MOST:g}")
    return int(bool(over))


def _is_for(title: str) -> bool:
    crop, name = title.rsplit(", ", 1)
    return name in FOR.get(crop, SETS)


def _cells(one: dict[str, Any] | None) -> tuple[object, str]:
    return (one["n"], spread(one, 1)) if one else (0, "")


if __name__ == "__main__":
    sys.exit(main())
