"""Two folders of the same names come in; how well the one is named by the other goes out.

    python -m eval.two_folders [--data FOLDER] [--draws 20] [--backbones ...]

Photographs against caricatures of the same people, both ways, and each against itself; and the
splits that the anime experiments published, all of the train folder enrolled, with and without the
test pictures that stand in it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from eval.backbones import measurable
from eval.comparisons import brief, compare, offer_backbones
from eval.readme_tables import put
from eval.report import markdown, write
from eval.sets import read_options
from fewshot.evaluation.report import Evaluation

SHOTS = (1, 3, 5)
PHOTO, DRAWN = "ourcar_photo", "ourcar_caric"
WAYS = {
    "photograph -> caricature": (PHOTO, DRAWN),
    "caricature -> photograph": (DRAWN, PHOTO),
    "photograph -> photograph": (PHOTO, None),
    "caricature -> caricature": (DRAWN, None),
}
PUBLISHED = {
    "4 characters": (
        "seed4_published_train",
        "seed4_published_test",
    ),
    "3 characters": ("seed3_published_train", "seed3_published_test"),
}
HEADS = ("softmax", "triplet")


def main() -> int:
    """Measure, print, write."""
    options = read_options(__doc__, repeats=20, what="draws", also=_offer)
    backbones = options.more.backbones
    across = {
        title: compare(
            options.dev / one, test=_folder(options.dev, other), backbones=backbones, shots=SHOTS,
            protocols=["all"], episodes=options.repeats,
        )
        for title, (one, other) in WAYS.items()
    }  # fmt: skip
    splits = {
        title: compare(
            options.dev / train, test=options.dev / test, backbones=backbones,
            methods=["usual", *HEADS],
        )
        for title, (train, test) in PUBLISHED.items()
    }  # fmt: skip
    crossing, published = _across(across), _splits(splits)
    put("across", crossing)
    put("published splits", published)
    page = f"## Photographs and caricatures\n\n{crossing}\n\n## Published splits\n\n{published}"
    sentence = (
        f"40 people, photographs ({PHOTO}) and caricatures ({DRAWN}): balanced accuracy among all, "
        f"{options.repeats} draws, 95 % intervals by resampling names. Published splits: pictures "
        "right, Wilson's 95 % intervals; all of the train folder is enrolled. The experiment of "
        "the 4 characters published 95.45 %, 21 of 22, with InceptionV3 trained on that folder."
    )
    result: dict[str, Any] = {title: brief(done) for title, done in {**across, **splits}.items()}
    write("two_folders", result, page, options.out, sentence)
    return 0


def _offer(parser: argparse.ArgumentParser) -> None:
    offer_backbones(parser, tuple(measurable()))


def _folder(dev: Path, name: str | None) -> Path | None:
    return None if name is None else dev / name


def _across(found: dict[str, Evaluation]) -> str:
    rows = []
    for title, done in found.items():
        for backbone in dict.fromkeys(one.backbone for one in done.results):
            for shots in SHOTS:
                some = [
                    one
                    for one in done.results
                    if one.backbone == backbone and one.setting.shots == shots
                ]
                if not some:
                    continue
                ours = next(one for one in some if one.method.name == "gallery")
                best = max(some, key=lambda one: one.accuracy.value)
                rows.append(
                    [
                        title, backbone, shots, ours.classes, f"{ours.n:,}", f"{ours.chance:.3f}",
                        ours.accuracy.said(), f"{best.method.title} {best.accuracy.said()}",
                    ]
                )  # fmt: skip
    head = ["enrolled -> asked", "backbone", "pictures a name", "names", "n", "chance"]
    head += ["our matching", "best of 8"]
    return markdown(head, rows)


def _splits(found: dict[str, Evaluation]) -> str:
    rows = []
    for title, done in found.items():
        for one in done.results:
            leaks = one.plain_with_leaks or ""
            rows.append([title, one.backbone, one.method.title, one.plain, leaks])
    head = ["split", "backbone", "contender", "right, leaked ones left out", "with them"]
    return markdown(head, rows)


if __name__ == "__main__":
    sys.exit(main())
