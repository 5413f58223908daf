"""Pictures SET/CLASS/* come in; how often one is known again, and taken for another, goes out.

    python -m eval.same_picture [--data FOLDER] [--pictures 40] [--out ...]

Each picture is compared as `fewshot match` compares it with a corrected one: by the thumbnails of
both. Once with itself, changed as people change pictures: saved again, resized, mirrored, cropped
anywhere. And with other pictures of its class, which are the most like it that there are. Prints
- on dev sets the share that is known again, by change, and the share of other pictures that is
  taken for it, by set; each such pair is named on standard error, for some sets hold duplicates;
- on train sets, where the limits of `fewshot.same_picture` were chosen, the correlations they rest
  on.
"""

from __future__ import annotations

import io
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from eval.pictures import PictureSet, read_set
from eval.report import markdown, write
from eval.sets import OTHER, TRAIN, read_options
from fewshot.images import decode, read_picture, thumbnail
from fewshot.same_picture import SAME, SAME_DETAIL, likeness, same_picture
from fewshot.small_views import View, prepare

DEV = (
    *("hololive20", "genshin89", "pokemon150", "simpsons42", "ninjago2", "lol148", "seed4_raw"),
    *("seed3_faces_full", "style4", "omniglot_small", *OTHER),
)
MORE_TRAIN = ("emoji_styles", "omniglot_small", "pokemon_artpairs", "pacs_objects_styles")
OTHERS = 10
"""Other pictures of its class that each picture is compared with, at most."""

AT_LEAST = 192
"""Pixels a side that decoding leaves, as with `palette`."""

AREAS = (0.95, 0.9, 0.8, 0.7, 0.6, 0.5)
AIMS = {"saved again": 0.99, "resized": 0.99, "mirrored": 0.99, "cropped to 60 %": 0.95}
MOST_TAKEN = 0.005


@dataclass
class Tally:
    """What was asked and answered."""

    known: dict[str, list[bool]] = field(default_factory=lambda: defaultdict(list))  # by change
    scores: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))
    taken: dict[str, list[bool]] = field(default_factory=lambda: defaultdict(list))  # by set
    pairs: list[str] = field(default_factory=list)  # different pictures taken for one
    seconds: list[float] = field(default_factory=list)


def changes(image: Image.Image, rng: np.random.Generator) -> Iterator[tuple[str, Image.Image, int]]:
    """Yield a picture changed in each way: how, the picture, its JPEG quality (0: PNG)."""
    quality = int(rng.integers(40, 96))
    yield "saved again, JPEG 40 to 95", image, quality
    yield "saved again, PNG", image, 0
    factor = rng.uniform(0.5, 2)
    width, height = (max(1, round(side * factor)) for side in image.size)
    yield (
        "resized, 0.5 to 2 times",
        image.resize((width, height), Image.Resampling.BICUBIC),
        quality,
    )
    mirrored = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    yield "mirrored, saved again", mirrored, quality
    gain, more = rng.uniform(0.88, 1.12), rng.uniform(-8, 8)
    lighter = image.point(lambda level: min(255, max(0, round(level * gain + more))))
    yield "brightness changed by up to 12 %", lighter, quality
    for area in AREAS:
        yield f"cropped to {area:.0%}", cropped(image, area, rng), 90
    part = cropped(mirrored, rng.uniform(0.6, 0.95), rng)
    yield "cropped to 60-95 %, mirrored, saved again", part, quality


def cropped(image: Image.Image, area: float, rng: np.random.Generator) -> Image.Image:
    """Cut out so much of a picture, anywhere, up to 1.3 times as wide or as high in shape."""
    across = min(1.0, (area * np.exp(rng.uniform(-0.25, 0.25))) ** 0.5)
    down = min(1.0, area / across)
    width, height = round(min(1.0, area / down) * image.width), round(down * image.height)
    left = int(rng.integers(0, image.width - width + 1))
    upper = int(rng.integers(0, image.height - height + 1))
    return image.crop((left, upper, left + width, upper + height))


def compare(pictures: PictureSet, most: int, tally: Tally) -> None:
    """Compare pictures of a set with their changed copies and with others of their class."""
    rng = np.random.default_rng(7)

    @cache
    def view(number: int) -> View:
        return prepare(_thumbnail(pictures.files[number]))

    for number in rng.permutation(len(pictures.files))[:most].tolist():
        with Image.open(pictures.files[number]) as opened:
            image = opened.convert("RGB")
        for what, changed, quality in changes(image, rng):
            again = prepare(_thumbnail(_saved(changed, quality)))
            same, found = judged(view(number), again)
            tally.known[what].append(same)
            tally.scores["one picture"] += found
        own = np.flatnonzero(pictures.labels == pictures.labels[number])
        for other in rng.permutation(own[own != number])[:OTHERS].tolist():
            begun = time.thread_time()
            same, found = judged(view(number), view(other))
            tally.seconds.append(time.thread_time() - begun)
            tally.taken[pictures.name].append(same)
            tally.scores["two pictures"] += found
            if same:
                names = ("/".join(pictures.files[one].parts[-3:]) for one in (number, other))
                tally.pairs.append(" = ".join(names))


def judged(one: View, other: View) -> tuple[bool, list[tuple[float, float]]]:
    """Tell whether two are one, as `same_picture` does, with the correlations if there are any."""
    if one.flat or other.flat:
        return same_picture(one, other), []
    found = likeness(one, other)
    return found.same, [(found.fine, found.detail)]


def _thumbnail(picture: Path | bytes) -> bytes:
    return thumbnail(decode(read_picture(picture), AT_LEAST).pixels)


def _saved(image: Image.Image, quality: int) -> bytes:
    file = io.BytesIO()
    if quality:
        image.save(file, "JPEG", quality=quality)
    else:
        image.save(file, "PNG")
    return file.getvalue()


def rate(answers: list[bool]) -> dict[str, Any]:
    """Return n, the share that is true, and its 95 % interval (Wilson)."""
    n, share, z = len(answers), float(np.mean(answers)), 1.96
    middle, around = (
        share + z * z / (2 * n),
        z * (share * (1 - share) / n + (z / n / 2) ** 2) ** 0.5,
    )
    low, high = ((middle + sign * around) / (1 + z * z / n) for sign in (-1, 1))
    return {"n": n, "share": share, "low": max(0.0, low), "high": min(1.0, high)}


def _row(what: str, answers: list[bool]) -> tuple[str, str, str]:
    found = rate(answers)
    return what, str(found["n"]), f"{found['share']:.4f} [{found['low']:.4f}, {found['high']:.4f}]"


def _quantiles(scores: list[tuple[float, float]], at: float) -> str:
    fine, detail = np.quantile(np.array(scores), at, axis=0)
    return f"{fine:.2f}, {detail:.2f}"


def main() -> int:
    """Compare all, print the tables, and say whether the aims are met."""
    options = read_options(__doc__, repeats=40, what="pictures")
    tallies = {}
    for part, folder, sets in (
        ("train", options.train, (*TRAIN, *MORE_TRAIN)),
        ("dev", options.dev, DEV),
    ):
        tallies[part] = tally = Tally()
        for name in dict.fromkeys(sets):
            print(f"{part} {name}", file=sys.stderr)
            pictures = read_set(folder / name, at_least=2, most_classes=40, most_pictures=20)
            compare(pictures, options.repeats, tally)
        for pair in tally.pairs:
            print(f"taken for one: {part} {pair}", file=sys.stderr)
    dev = tallies["dev"]
    everything = [one for answers in dev.taken.values() for one in answers]
    middle, slow = (1e3 * float(np.quantile(dev.seconds, at)) for at in (0.5, 0.95))
    table = "\n\n".join(
        [
            markdown(
                ("the same picture", "n", "known again"),
                [_row(what, answers) for what, answers in dev.known.items()],
            ),
            markdown(
                ("another of its class", "n", "taken for it"),
                [
                    *(_row(name, answers) for name, answers in dev.taken.items()),
                    _row("**all**", everything),
                ],
            ),
            markdown(
                ("train: correlation, of edges", "n", "lowest 0.1 %", "middle", "highest 0.5 %"),
                [
                    (what, len(some), *(_quantiles(some, at) for at in (0.001, 0.5, 0.995)))
                    for what, some in tallies["train"].scores.items()
                ],
            ),
            f"Limits: {SAME}, {SAME_DETAIL}. One comparison: {middle:.1f} ms in the middle, "
            f"{slow:.1f} ms of a core at 95 % (n = {len(dev.seconds)}).",
        ]
    )
    result = {
        part: {
            "known": {what: rate(answers) for what, answers in tally.known.items()},
            "taken": {name: rate(answers) for name, answers in tally.taken.items()},
            "all taken": rate([one for answers in tally.taken.values() for one in answers]),
            "pairs": tally.pairs,
        }
        for part, tally in tallies.items()
    }
    about = (
        f"Up to {options.repeats} pictures a set and {OTHERS} others of the class of each; 95 % "
        "intervals by Wilson, which take comparisons for independent."
    )
    milliseconds = {"median": middle, "p95": slow}
    write("same_picture", result | {"milliseconds": milliseconds}, table, options.out, about)
    missed = [
        what
        for what, answers in dev.known.items()
        for start, aim in AIMS.items()
        if what.startswith(start) and np.mean(answers) < aim
    ]
    return int(bool(missed) or bool(np.mean(everything) > MOST_TAKEN))


if __name__ == "__main__":
    sys.exit(main())
