"""Pictures train/SET/CLASS/* come in; how near strangers come to galleries of them goes out.

    python -m eval.stranger_prior [--data FOLDER] [--backbones palette mobilenetv2] [--galleries 4]
    python -m eval.stranger_prior --backbones compact --held-out FOLDER

For each backbone (a title of eval/backbones.py), and each rule that names: galleries of 1 to 40
names with 1 to 10 references each are drawn from each train set, all other names are strangers. The
mean and the spread of their decision scores are regressed on what a gallery knows of itself
(`fewshot.stranger_model.FEATURES`), each set counting the same; the tail is that of the scores of
each set, standardized by regressions that never saw that set. Writes fewshot/priors/KEY.json, which
is shipped; and, from all backbones together, leaving one of them out at a time, the one for those
that nobody measured. No dev picture is looked at.

`compact` was trained on train pictures: there strangers would come less near than they do. So it
is stood in for by the first of its two runs, which is shorter and held classes out (`--held-out
FOLDER`, what `training.package` made of it), asked about these classes alone; and what nobody
measured does not learn from it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.backbones import key_of, load, measurable, vectors_of
from eval.galleries import Labels, Vectors, draw
from eval.pictures import PictureSet, read_set
from eval.sets import offer_vectors, read_options
from fewshot.backbones.artifact import artifact_in
from fewshot.backbones.backbone import Backbone
from fewshot.backbones.catalog import COMPACT
from fewshot.backbones.litert import LiteRTBackbone
from fewshot.evaluation.in_memory import evidence_of, namer_of
from fewshot.rules import RULES, Rule
from fewshot.stranger_model import (
    BUCKETS,
    FEATURES,
    FOLDER,
    UNMEASURED,
    features,
    read_model,
)  # fmt: skip
from training.pictures import class_of
from training.validation import held_out as held_out_classes

SETS = (
    "hololive20", "pokemon150", "simpsons42", "genshin89", "lol148", "ourcar_photo",
    "ourcar_caric", "lfw", "grocery81", "tinyimagenet200", "emoji_styles", "omniglot_small",
)  # fmt: skip
"""Of train; all kinds of things, so that an unknown kind is met with some caution."""

SHIPPED = COMPACT.name
LIMITS = {"compact": (100, 12), "palette": (100, 12), "mobilenetv2": (100, 12)}
FEW = (24, 7)
"""At most so many names, and pictures a name, of a set; few for networks that take long."""

NAMES, SHOTS = (1, 2, 3, 5, 8, 12, 20, 40), (1, 2, 3, 5, 10)
RATES = (0.9, 0.7, 0.5, 0.3, 0.2, 0.15, 0.1, 0.07, 0.05, 0.03, 0.02, 0.01, 0.005)
RIDGE_MEAN, RIDGE_SPREAD = 1e-3, 2e-2
STRANGERS = 120


@dataclass(frozen=True)
class Point:
    """One gallery: what it knows of itself, and how near its strangers came."""

    group: str  # left out together
    bucket: int
    features: NDArray[np.float64]
    strangers: NDArray[np.float32]  # decision scores


def points_of(
    name: str, vectors: Vectors, labels: Labels, rule: Rule, galleries: int
) -> list[Point]:
    """Draw galleries of a set and show them strangers."""
    found = []
    largest, most = int(labels.max()) + 1, int(np.bincount(labels).max())
    for shots in (one for one in SHOTS if one < most):
        for names in (one for one in NAMES if one <= max(1, largest // 2 + 1) and one < largest):
            if rule.space == "centered" and names < 3:
                continue
            for turn in range(galleries):
                rng = np.random.default_rng([shots, names, turn])
                drawn = draw(labels, names, shots, rng, most_strangers=STRANGERS)
                support, owners = vectors[drawn.support], labels[drawn.support]
                evidence = evidence_of(
                    namer_of(support, owners, rule), support, owners, vectors[drawn.strangers]
                )
                bucket = int(np.searchsorted(BUCKETS, names))
                known = np.nan_to_num(features(evidence))  # of one name alone nothing is known
                found.append(Point(name, bucket, known, evidence.strangers))
    return found


def fit(points: Sequence[Point]) -> list[dict[str, Any]]:
    """Fit regressions and tails, a bucket at a time; one without points takes the nearest.

    Returns them as `stranger_model.read_model` reads them.
    """
    made: list[dict[str, Any] | None] = []
    for bucket in range(len(BUCKETS)):
        own = [one for one in points if one.bucket == bucket]
        made.append(_fit_bucket(own) if own else None)
    there = [at for at, one in enumerate(made) if one]
    nearest = [min(there, key=lambda other: (abs(other - at), -other)) for at in range(len(made))]
    return [made[at] or {} for at in nearest]


def _fit_bucket(points: Sequence[Point]) -> dict[str, Any]:
    groups = sorted({one.group for one in points})
    scores, weights = [], []
    for group in groups:
        rest = [one for one in points if one.group != group]
        left_out = [one for one in points if one.group == group]
        regression = _regress(rest if len(groups) > 1 else left_out)
        model = read_model([regression | {"rates": RATES, "tails": RATES}])
        total = sum(len(one.strangers) for one in left_out)
        for one in left_out:
            mean, spread = model.buckets[0].place(one.features)
            scores.append((one.strangers - mean) / spread)
            weights.append(np.full(len(one.strangers), 1.0 / (total * len(groups))))
    standardized, weight = np.concatenate(scores), np.concatenate(weights)
    order = np.argsort(-standardized)
    beyond = np.cumsum(weight[order])
    tails = [float(standardized[order][np.searchsorted(beyond, rate)]) for rate in RATES]
    rising = np.maximum.accumulate(np.array(tails) + 1e-6 * np.arange(len(tails)))
    return _regress(points) | {"rates": list(RATES), "tails": _short(rising)}


def _regress(points: Sequence[Point]) -> dict[str, Any]:
    groups = [one.group for one in points]
    weights = np.array([1.0 / groups.count(group) for group in groups])
    weights /= weights.sum()
    given = np.stack([one.features for one in points])
    center, scale = weights @ given, np.sqrt(weights @ (given - weights @ given) ** 2)
    scale[scale < 1e-6] = 1.0
    center[0], scale[0] = 0.0, 1.0
    design = (given - center) / scale
    free = np.diag([0.0] + [1.0] * (len(FEATURES) - 1))  # the constant is not held back
    square = (design * weights[:, np.newaxis]).T @ design

    def solved(targets: NDArray[np.float64], ridge: float) -> NDArray[np.float64]:
        return np.linalg.solve(square + ridge * free, design.T @ (weights * targets))

    mean = solved(np.array([float(one.strangers.mean()) for one in points]), RIDGE_MEAN)
    left = [
        0.5 * np.log(np.mean((one.strangers - row @ mean) ** 2) + 1e-9)
        for one, row in zip(points, design, strict=True)
    ]
    arrays = {"center": center, "scale": scale, "mean": mean}
    return {key: _short(value) for key, value in arrays.items()} | {
        "spread": _short(solved(np.array(left), RIDGE_SPREAD))
    }


def _short(values: NDArray[np.float64]) -> list[float]:
    return [float(f"{value:.6g}") for value in values.tolist()]


def main() -> int:
    """Measure and write."""
    options = read_options(__doc__, repeats=4, what="galleries", also=_offer)
    known: dict[str, dict[Rule, list[Point]]] = {}
    for title in options.more.backbones:
        backbone, limits = _backbone(title, options.more.held_out), LIMITS.get(title, FEW)
        points: dict[Rule, list[Point]] = defaultdict(list)
        pictures = 0
        for name in SETS:
            some = read_set(
                options.train / name, at_least=2,
                most_classes=None if title == SHIPPED else limits[0], most_pictures=limits[1],
            )  # fmt: skip
            if title == SHIPPED:
                some = _only_held_out(some, options.train)
            if not len(some.classes):
                continue
            vectors = vectors_of(some, backbone, options.more.vectors)
            pictures += len(vectors)
            for rule in RULES:
                points[rule] += points_of(name, vectors, some.labels, rule, options.repeats)
            print(f"{title} {name}: {len(vectors)} pictures", file=sys.stderr)
        key = "-".join(part for part in key_of(backbone) if part is not None)
        sets = len({one.group for some in points.values() for one in some})
        _write(key, points, {"sets": sets, "pictures": pictures})
        if title != SHIPPED:
            known[title] = points
    if len(known) > 1:
        together: dict[Rule, list[Point]] = {
            rule: [
                Point(title, one.bucket, one.features, one.strangers)
                for title, points in known.items()
                for one in points[rule]
            ]
            for rule in RULES
        }
        _write(UNMEASURED, together, {"backbones": len(known), "sets": len(SETS)})
    return 0


def _backbone(title: str, held_out: Path | None) -> Backbone:
    if title != SHIPPED:
        return load(title)
    if held_out is None:
        raise SystemExit(f"{SHIPPED} takes --held-out: see python -m eval.stranger_prior --help")
    return LiteRTBackbone(artifact_in(held_out), COMPACT)


def _only_held_out(pictures: PictureSet, train: Path) -> PictureSet:
    """Leave the classes that a run with --held-out did not learn."""
    aside = held_out_classes([class_of(one) for one in train.glob("*/*/*")])
    names = [
        name
        for number, name in enumerate(pictures.classes)
        if class_of(pictures.files[int(np.argmax(pictures.labels == number))]) in aside
    ]
    numbers = {pictures.classes.index(name): at for at, name in enumerate(names)}
    rows = [row for row, label in enumerate(pictures.labels.tolist()) if label in numbers]
    labels = np.array([numbers[int(pictures.labels[row])] for row in rows], np.int64)
    return PictureSet(pictures.name, [pictures.files[row] for row in rows], labels, names)


def _write(key: str, points: dict[Rule, list[Point]], about: dict[str, int]) -> None:
    document = {
        "format": "fewshot-stranger-prior",
        "version": 1,
        "measured": about | {"galleries": sum(len(one) for one in points.values())},
        "rules": {str(rule): fit(some) for rule, some in points.items()},
    }
    FOLDER.mkdir(exist_ok=True)
    text = json.dumps(document, separators=(",", ":"))
    (FOLDER / f"{key}.json").write_text(text + "\n", encoding="utf-8")
    print(f"{key}: {document['measured']}, {len(text):,} bytes")


def _offer(parser: argparse.ArgumentParser) -> None:
    titles = list(measurable())
    usual = [one for one in titles if one != SHIPPED]
    parser.add_argument("--backbones", nargs="+", choices=titles, default=usual)
    parser.add_argument("--held-out", type=Path, help=f"the graph that stands in for {SHIPPED}")
    offer_vectors(parser)


if __name__ == "__main__":
    sys.exit(main())
