"""Pictures SET/CLASS/* come in; how high strangers come, and how many are named, goes out.

    python -m eval.strangers [--data FOLDER] [--backbone palette] [--galleries 40] [--out ...]

Half of a set's names are enrolled with five pictures each (genshin three), the other names are
strangers; drawn anew for each gallery. Prints, for a backbone (a title of eval/backbones.py):
- the prior's fit on train sets: the similarity that 5 % of strangers exceed, against the number of
  references, by least squares over sets, gallery sizes and references a name;
- on dev sets, which the prior never saw: the share of strangers that get a name at the usual
  threshold (by the prior that is shipped), the share of known queries rightly named, and the
  latter at the best threshold that hindsight could choose in each gallery for naming 5 % of its
  strangers.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.backbones import load, measurable, vectors_of
from eval.pictures import read_set
from eval.report import interval, markdown, write
from eval.sets import OTHER, SHOTS, SMALL_OTHER, SMALL_TRAIN, TRAIN, offer_vectors, read_options
from fewshot.backbones.backbone import Backbone
from fewshot.backbones.catalog import strangers_of
from fewshot.backbones.spec import StrangerPrior
from fewshot.calibration import StrangerSample, threshold_for
from fewshot.prototypes import Prototypes

DEV = (
    "hololive20", "genshin89", "pokemon150", "simpsons42", "lol148", "seed4_raw", "ourcar_photo",
    "lfw", "orl40", "grocery81",
)  # fmt: skip
RATE = 0.05
LARGE = (120, 20)
"""Of a set at most so many names, and so many pictures a name."""
FITTED_SHOTS = (1, 5, 10)

Vectors = NDArray[np.float32]
Labels = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Asked:
    """What one gallery answered: a row a question."""

    threshold: float
    stranger: Labels  # (n,), whose picture was shown to a gallery without that name
    named: NDArray[np.bool_]  # (n,), whether it got a name
    known: Labels  # (m,), whose picture was shown to a gallery with that name
    right: NDArray[np.bool_]  # (m,), whether the nearest name was the right one
    found: NDArray[np.bool_]  # (m,), whether it was given
    hindsight: NDArray[np.bool_]  # (m,), the same at the best threshold that names 5 % of strangers


def fit_prior(
    sets: dict[str, tuple[Vectors, Labels]], draws: int, most_pictures: int = LARGE[1]
) -> dict[str, Any]:
    """Fit at_one + per_doubling * log2(references) to where 5 % of strangers come, set by set.

    most_pictures: how many a name has at most; galleries with more references a name are not made.
    """
    points: list[tuple[str, float, float]] = []
    rng = np.random.default_rng(0)
    for name, (vectors, labels) in sets.items():
        classes = int(labels.max()) + 1
        for shots in (one for one in FITTED_SHOTS if one <= most_pictures):
            for names in (1, 2, 5, 10, 20, 50):
                if names > classes // 2:
                    continue
                nearest = [_strangers(vectors, labels, names, shots, rng)[1] for _ in range(draws)]
                high = float(np.quantile(np.concatenate(nearest), 1 - RATE))
                points.append((name, np.log2(names * shots), high))
    own = sorted({name for name, _, _ in points})
    design = np.array([[*(name == one for one in own), x] for name, x, _ in points], float)
    solved, *_ = np.linalg.lstsq(design, np.array([y for *_, y in points]), rcond=None)
    per_set = dict(zip(own, solved[:-1].tolist(), strict=True))
    return {
        "at_one": float(np.mean(solved[:-1])),
        "per_doubling": float(solved[-1]),
        "at_one_by_set": per_set,
        "points": len(points),
        "sets": len(own),
        "pictures": sum(len(labels) for _, labels in sets.values()),
    }


def ask(
    vectors: Vectors, labels: Labels, shots: int, prior: StrangerPrior, rng: np.random.Generator
) -> Asked:
    """Enroll half of the names and ask about everybody else, and about what was not enrolled."""
    names = (int(labels.max()) + 1) // 2
    strangers, near, prototypes, support = _strangers(vectors, labels, names, shots, rng)
    owners = labels[support]
    stand_ins = prototypes.as_strangers(vectors[support], owners)
    threshold = threshold_for(prior, len(support), StrangerSample(stand_ins, owners))
    queries = np.setdiff1d(np.flatnonzero(np.isin(labels, prototypes.owners)), support)
    answers = [prototypes.nearest(vectors[one], 1)[0] for one in queries]
    similar = np.array([similarity for _, similarity in answers])
    right = np.array([owner for owner, _ in answers]) == labels[queries]
    best = np.nextafter(np.sort(near)[len(near) - 1 - int(RATE * len(near))], 2.0)
    return Asked(
        threshold=threshold,
        stranger=labels[strangers],
        named=near >= threshold,
        known=labels[queries],
        right=right,
        found=right & (similar >= threshold),
        hindsight=right & (similar >= best),
    )


def figures(asked: list[Asked]) -> dict[str, Any]:
    """Return each rate as the mean over names, and its interval by bootstrap over the names."""
    stranger = np.concatenate([one.stranger for one in asked])
    known = np.concatenate([one.known for one in asked])

    def rate(whose: Labels, hits: list[NDArray[np.bool_]]) -> tuple[float, float, float]:
        hit = np.concatenate(hits)
        by_name = [float(hit[whose == name].mean()) for name in np.unique(whose)]
        return float(np.mean(by_name)), *interval(by_name, of=np.mean)

    return {
        "strangers named": rate(stranger, [one.named for one in asked]),
        "known rightly named": rate(known, [one.found for one in asked]),
        "known, hindsight at 5 %": rate(known, [one.hindsight for one in asked]),
        "known, no rejection": rate(known, [one.right for one in asked]),
        "threshold": float(np.mean([one.threshold for one in asked])),
    }


def main() -> int:
    """Measure, print, write."""
    options = read_options(__doc__, repeats=40, what="galleries", also=_offer)
    given = options.more
    backbone, keep = load(given.backbone), given.vectors
    limits = SMALL_TRAIN if given.small else LARGE
    train = {name: _vectors(options.train / name, 6, backbone, keep, limits) for name in TRAIN}
    fit = fit_prior(train, options.repeats, limits[1])
    made = backbone.blueprint
    prior = strangers_of(backbone.spec.name, made.layer if made else None)
    rng = np.random.default_rng(1)
    sets: dict[str, Any] = {}
    for name in DEV:
        shots = SHOTS.get(name, 5)
        limits = SMALL_OTHER if given.small and name in OTHER else LARGE
        vectors, labels = _vectors(options.dev / name, shots + 1, backbone, keep, limits)
        asked = [ask(vectors, labels, shots, prior, rng) for _ in range(options.repeats)]
        count = {"pictures": len(labels), "names": int(labels.max()) + 1}
        sets[name] = {**count, **figures(asked)}
    shown = (
        "strangers named", "known rightly named", "known, hindsight at 5 %", "known, no rejection",
    )  # fmt: skip
    rows = [
        [name, f"{one['pictures']} ({one['names']})", f"{one['threshold']:.2f}"]
        + [f"{one[key][0]:.3f} [{one[key][1]:.3f}, {one[key][2]:.3f}]" for key in shown]
        for name, one in sets.items()
    ]
    averages = [f"{np.mean([one[key][0] for one in sets.values()]):.3f}" for key in shown]
    rows.append(["**mean of sets**", "", "", *averages])
    head = ["set", "n (names)", "threshold", *shown]
    text = (
        f"{given.backbone}: prior fitted on {fit['sets']} train sets ({fit['pictures']} pictures, "
        f"{fit['points']} points): "
        f"at_one {fit['at_one']:.3f} (sets {min(fit['at_one_by_set'].values()):.3f} to "
        f"{max(fit['at_one_by_set'].values()):.3f}), per_doubling {fit['per_doubling']:.4f}; "
        f"shipped: {prior.at_one}, {prior.per_doubling}.\n\n" + markdown(head, rows)
    )
    about = (
        f"Means over names, asked in up to {options.repeats} galleries of half of them; "
        "95 % intervals by bootstrap over the names, which in sets of four names says little."
    )
    result = {"backbone": given.backbone, "prior": fit, "sets": sets}
    name = "strangers" if given.backbone == "palette" else f"strangers_{given.backbone}"
    write(name, result | {"galleries": options.repeats}, text, options.out, about)
    return 0


def _offer(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--backbone", choices=list(measurable()), default="palette")
    parser.add_argument("--small", action="store_true", help="take fewer pictures")
    offer_vectors(parser)


def _vectors(
    folder: Path,
    at_least: int,
    backbone: Backbone,
    keep: Path | None,
    limits: tuple[int, int],
) -> tuple[Vectors, Labels]:
    print(f"{folder.parent.name} {folder.name}", file=sys.stderr)
    names, each = limits
    pictures = read_set(folder, at_least=at_least, most_classes=names, most_pictures=each)
    return vectors_of(pictures, backbone, keep), pictures.labels


def _strangers(
    vectors: Vectors, labels: Labels, names: int, shots: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.float64], Prototypes, NDArray[np.int64]]:
    """Enroll some names; return the strangers, how near each comes, the means, the support."""
    enrolled = rng.permutation(int(labels.max()) + 1)[:names]
    support = np.concatenate(
        [rng.permutation(np.flatnonzero(labels == one))[:shots] for one in enrolled]
    )
    prototypes = Prototypes(vectors[support], labels[support])
    strangers = rng.permutation(np.flatnonzero(~np.isin(labels, enrolled)))[:400]
    near = np.array([prototypes.nearest(vectors[one], 1)[0][1] for one in strangers])
    return strangers, near, prototypes, support


if __name__ == "__main__":
    sys.exit(main())
