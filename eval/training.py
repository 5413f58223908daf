"""Pictures SET/CLASS/* come in; what training buys over a gallery, class by class, goes out.

    python -m eval.training [--data FOLDER] [--seeds 5] [--vectors FOLDER] [--sets ...] [--out ...]

Ten pictures a class are learned from, all others asked; the same draw for every contender, the
network MobileNetV2. Nothing is held out to choose an epoch: heads and networks are trained for as
many epochs as they are by default. Heads with a space are asked in two ways, as the classifier and
by nearest class mean in the space. Then the names that training has never seen: heads are trained
on one half of a set's classes, and the other half is enrolled with five pictures a class and asked
by nearest class mean, in the space and without it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from eval.backbones import Vectors, load, measurable, vectors_of
from eval.episodes import mean_of_sets, spread_of
from eval.pictures import PictureSet, read_set
from eval.report import markdown, write
from eval.sets import offer_vectors, read_options
from fewshot.backbones.choice import BackboneChoice
from fewshot.heads.batches import Labels
from fewshot.heads.estimator import HeadEstimator
from fewshot.heads.fitting import Hooks
from fewshot.heads.softmax import SoftmaxHead
from fewshot.heads.triplet import TripletHead
from fewshot.training.metrics import nearest_mean
from fewshot.training.network import seeing_pixels, with_head
from fewshot.training.on_pixels import Start
from fewshot.training.phases import Pictures, Progress, Training, run_model
from fewshot.training.settings import Settings
from fewshot.training.squares import read_squares
from fewshot.watch import Watch

SETS = ("hololive20", "pokemon150")
SHOTS, NEW_SHOTS = 10, 5
BASELINES = ("nearest neighbor", "nearest class mean")
AUGMENT = {"rotation": 15.0, "zoom": 0.2, "shift": 0.1, "flip": 1.0}

Answers = NDArray[np.int64]
Tallies = dict[str, NDArray[np.float64]]  # contender -> (classes,) shares named rightly


class Draw:
    """One draw of what is learned from, of some classes; labels run from 0."""

    def __init__(
        self, pictures: PictureSet, classes: NDArray[np.int64], shots: int, seed: int
    ) -> None:
        rng = np.random.default_rng(seed)
        train, asked = [], []
        for one in classes:
            own = rng.permutation(np.flatnonzero(pictures.labels == one))
            train.append(own[:shots])
            asked.append(own[shots:])
        self.train, self.asked = np.concatenate(train), np.concatenate(asked)
        place = {int(one): number for number, one in enumerate(classes)}
        self.labels: Labels = np.array([place[int(i)] for i in pictures.labels[self.train]])
        self.truth: Labels = np.array([place[int(i)] for i in pictures.labels[self.asked]])
        self.classes = len(classes)

    def right(self, answers: Answers) -> NDArray[np.float64]:
        """Return each class's share named rightly."""
        hits = np.bincount(self.truth[answers == self.truth], minlength=self.classes)
        return np.asarray(hits / np.bincount(self.truth, minlength=self.classes))


def by_head(draw: Draw, vectors: Vectors, head: HeadEstimator, title: str) -> Tallies:
    """Ask a head as the classifier it is, and by nearest class mean in its space."""
    train, asked = vectors[draw.train], vectors[draw.asked]
    head.fit(train, draw.labels)
    inside = [head.transform(one) for one in (train, asked)]
    return {
        title: draw.right(head.predict(asked)),
        f"{title}, class mean in its space": draw.right(
            nearest_mean(inside[0], draw.labels, inside[1], draw.classes)
        ),
    }


def by_network(
    draw: Draw, pictures: PictureSet, settings: Settings, choice: BackboneChoice | None
) -> NDArray[np.float64]:
    """Train a network on the draw and ask it."""
    keras.backend.clear_session()
    start = Start(settings, choice, Watch())
    files = [pictures.files[row] for row in (*draw.train, *draw.asked)]
    pixels, refused = read_squares(files, start.size, "whole", Path(), Watch())
    assert not refused
    learned = Pictures(pixels[: len(draw.train)], draw.labels)
    network = with_head(start.base, settings, draw.classes)
    training = Training(
        network, start.preprocessing, settings, draw.classes, learned, None, Watch(), Hooks()
    )
    training.run(Progress(), lambda _: None)
    see = seeing_pixels(network.whole, start.preprocessing, settings)
    return draw.right(run_model(see, pixels[len(draw.train) :]).argmax(axis=1))


def contenders(pictures: PictureSet, vectors: Vectors, seed: int, *, networks: bool) -> Tallies:
    """Return what each contender names rightly of one draw, class by class."""
    every = np.arange(len(pictures.classes))
    draw = Draw(pictures, every, SHOTS, seed)
    train, asked = vectors[draw.train], vectors[draw.asked]
    found = {
        BASELINES[0]: draw.right(draw.labels[(asked @ train.T).argmax(axis=1)]),
        BASELINES[1]: draw.right(nearest_mean(train, draw.labels, asked, draw.classes)),
        **by_head(draw, vectors, SoftmaxHead(seed=seed), "softmax head"),
        **by_head(draw, vectors, TripletHead(seed=seed), "triplet head"),
        "softmax head, linear (gap)": draw.right(
            SoftmaxHead("gap", epochs=60, seed=seed).fit(train, draw.labels).predict(asked)
        ),
    }
    if networks:
        choice = measurable()["mobilenetv2"]
        tuned = Settings("finetune", seed=seed)
        found["fine-tuned"] = by_network(draw, pictures, tuned, choice)
        found["scratch"] = by_network(draw, pictures, Settings("scratch", seed=seed), None)
        changed = Settings("scratch", augment=AUGMENT, seed=seed)
        found["scratch, augmented"] = by_network(draw, pictures, changed, None)
    return found


def unseen(pictures: PictureSet, vectors: Vectors, seed: int) -> Tallies:
    """Return what is named rightly of the classes that no head was trained on."""
    order = np.random.default_rng(seed).permutation(len(pictures.classes))
    half = len(order) // 2
    learned = Draw(pictures, np.sort(order[:half]), SHOTS, seed)
    new = Draw(pictures, np.sort(order[half:]), NEW_SHOTS, seed)
    spaces: dict[str, Callable[[Vectors], Vectors]] = {"without training": lambda x: x}
    for title, head in (
        ("softmax head", SoftmaxHead(seed=seed)),
        ("triplet head", TripletHead(seed=seed)),
        ("triplet head of 128 numbers", TripletHead(d=128, rate=1e-3, seed=seed)),
    ):
        head.fit(vectors[learned.train], learned.labels)
        spaces[title] = head.transform
    nobody = np.full(len(pictures.classes), np.nan)
    found: Tallies = {}
    for title, space in spaces.items():
        train, asked = space(vectors[new.train]), space(vectors[new.asked])
        shares = nobody.copy()
        shares[np.sort(order[half:])] = new.right(
            nearest_mean(train, new.labels, asked, new.classes)
        )
        found[title] = shares
    return found


def offer(parser: argparse.ArgumentParser) -> None:
    """Offer --sets, --heads-only and --vectors."""
    parser.add_argument("--sets", nargs="+", default=list(SETS))
    parser.add_argument("--heads-only", action="store_true", help="train no networks")
    offer_vectors(parser)


def main() -> int:
    """Measure, print, write."""
    options = read_options(__doc__, repeats=5, what="seeds", also=offer)
    known: list[Tallies] = []
    new: list[Tallies] = []
    about: dict[str, Any] = {}
    backbone = load("mobilenetv2")
    for name in options.more.sets:
        pictures = read_set(options.dev / name, at_least=SHOTS + 1)
        vectors = vectors_of(pictures, backbone, options.more.vectors)
        about[name] = {"pictures": len(pictures.files), "classes": len(pictures.classes)}
        draws, halves = [], []
        for seed in range(options.repeats):
            print(name, seed, file=sys.stderr)
            draws.append(contenders(pictures, vectors, seed, networks=not options.more.heads_only))
            halves.append(unseen(pictures, vectors, seed))
        known.append(_mean(draws))
        new.append(_mean_where_asked(halves))
    result = {
        "known names": _figures(known, BASELINES, options.more.sets),
        "names never trained on": _figures(new, ("without training",), options.more.sets),
    }
    table = "\n\n".join(_page(title, one) for title, one in result.items())
    asked = ", ".join(
        f"{name} {one['classes']} classes, {one['pictures']} pictures"
        for name, one in about.items()
    )
    sentence = (
        f"Balanced accuracy, and paired differences; 95 % intervals by bootstrap over classes; n: "
        f"{asked}; {options.repeats} draws. Known names: {SHOTS} pictures a class, all others "
        f"asked. Never trained on: a random half of the classes is learned, {NEW_SHOTS} pictures "
        "of each other one are enrolled. MobileNetV2 was trained on ImageNet. Augmented: "
        + ", ".join(f"{name} {amount:g}" for name, amount in AUGMENT.items())
        + "."
    )
    write("training", {"sets": about, **result}, table, options.out, sentence)
    return 0


def _mean(draws: list[Tallies]) -> Tallies:
    return {title: np.mean([one[title] for one in draws], axis=0) for title in draws[0]}


def _mean_where_asked(halves: list[Tallies]) -> Tallies:
    """Average each class over the draws in which it was among the new ones."""
    asked = ~np.isnan([next(iter(one.values())) for one in halves]).all(axis=0)
    return {title: np.nanmean([one[title][asked] for one in halves], axis=0) for title in halves[0]}


def _figures(
    found: list[Tallies], baselines: tuple[str, ...], names: list[str]
) -> dict[str, dict[str, Any]]:
    """Return, for each set and their mean, each contender's accuracy and leads over baselines."""
    groups = {name: [own] for name, own in zip(names, found, strict=True)}
    return {
        group: {
            title: {
                "accuracy": mean_of_sets([one[title] for one in own]),
                **{
                    base: mean_of_sets([one[title] - one[base] for one in own])
                    for base in baselines
                },
            }
            for title in own[0]
        }
        for group, own in (groups | {"mean of sets": found}).items()
    }


def _page(title: str, figures: dict[str, dict[str, Any]]) -> str:
    rows, head = [], []
    for group, own in figures.items():
        for contender, one in own.items():
            accuracy, *leads = one.values()
            head = ["set", "contender", "accuracy", *(f"less {base}" for base in [*one][1:])]
            rows.append(
                [
                    group,
                    contender,
                    spread_of(accuracy),
                    *("" if not any(lead) else spread_of(lead, "+") for lead in leads),
                ]
            )
    return f"## {title}\n\n{markdown(head, rows)}"


if __name__ == "__main__":
    sys.exit(main())
