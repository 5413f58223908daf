"""Pictures SET/CLASS/* come in; what `fewshot doctor` finds of planted faults goes out.

    python -m eval.doctor [--data FOLDER] [--backbone palette] [--galleries 20] [--out ...]

Galleries of all of a set's names with up to ten pictures each, drawn anew for each gallery:
- 5, 10 and 20 % of the references enrolled under another name, on three dev sets: AUROC of the
  score, precision among as many as were swapped, what is flagged, and the share of the pictures
  that were not enrolled that get their right name (nearest class mean), before and after --apply;
- on clean galleries of ten dev sets: the share of references flagged, copies apart;
- planted one at a time on the same three sets: blurred pictures, pictures of another set, and names
  cut in two.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.backbones import load, measurable, vectors_of
from eval.doctor_plants import EACH, Pictures, drawn, measured_picture, planted
from eval.pictures import read_set
from eval.report import interval, markdown, write
from eval.sets import offer_vectors, read_options
from fewshot.backbones.catalog import same_picture_of
from fewshot.diagnosis import COPY, COPY_ACROSS, MISLABELED, SAME_IDENTITY, signs
from fewshot.findings import APPLIED
from fewshot.pipeline import ordered_map
from fewshot.prototypes import Prototypes

SWAPPED = ("hololive20", "pokemon150", "grocery81")
CLEAN = (
    *SWAPPED, "genshin89", "simpsons42", "lol148", "seed4_raw", "ourcar_photo", "lfw", "orl40",
)  # fmt: skip
SHARES = (0.05, 0.1, 0.2)
MOST = (120, 40)
BOUND = 0.05

Vectors = NDArray[np.float32]
Labels = NDArray[np.int64]
Flags = NDArray[np.bool_]


def swapped(labels: Labels, share: float, rng: np.random.Generator) -> tuple[Labels, Flags]:
    """Give a share of the labels to another name, any; return them, and which were given."""
    wrong = np.zeros(len(labels), bool)
    wrong[rng.permutation(len(labels))[: round(share * len(labels))]] = True
    names = int(labels.max()) + 1
    moved = (labels + rng.integers(1, names, len(labels))) % names
    return np.where(wrong, moved, labels), wrong


def auroc(score: NDArray[np.float64], wrong: Flags) -> float:
    """Return how often a wrong one has the higher score than a right one; ties count half."""
    above = score[wrong][:, np.newaxis] - score[~wrong]
    return float(((above > 0) + 0.5 * (above == 0)).mean())


def accuracy(one: Pictures, said: Labels, rows: Labels, asked: Labels) -> float:
    """Return the share of `asked` whose nearest class mean is right, each name counting alike."""
    means = Prototypes(one.vectors[rows], said)
    guess = np.array([means.nearest(one.vectors[row], 1)[0][0] for row in asked])
    right = guess == one.labels[asked]
    whose = one.labels[asked]
    return float(np.mean([right[whose == name].mean() for name in np.unique(whose)]))


def swap(one: Pictures, share: float, same: float, rng: np.random.Generator) -> dict[str, float]:
    """Swap labels in one gallery; return what was found."""
    rows, asked = drawn(one.labels, rng)
    said, wrong = swapped(one.labels[rows], share, rng)
    codes = np.unique(said, return_inverse=True)[1].reshape(-1)
    found = signs(one.vectors[rows], codes, same_picture=same)
    score = found.suspicion.wrong
    flagged = np.zeros(len(rows), bool)
    left = np.bincount(codes)
    for sign in found.found:
        if sign.kind in APPLIED and left[codes[sign.rows[0]]] > 1:  # as --apply does
            left[codes[sign.rows[0]]] -= 1
            flagged[sign.rows[0]] = True
    first = np.argsort(-score, kind="stable")[: int(wrong.sum())]
    return {
        "AUROC": auroc(score, wrong),
        "precision at n": float(wrong[first].mean()),
        "flagged": float(flagged.mean()),
        "of these wrong": float(wrong[flagged].mean()) if flagged.any() else float("nan"),
        "of wrong found": float(wrong[flagged].sum() / wrong.sum()),
        "before": accuracy(one, said, rows, asked),
        "after": accuracy(one, said[~flagged], rows[~flagged], asked),
        "none wrong": accuracy(one, one.labels[rows], rows, asked),
    }


def clean(one: Pictures, same: float, galleries: int) -> dict[str, Any]:
    """Return the share of references flagged by kind, mean over names."""
    names = int(one.labels.max()) + 1
    flags: dict[str, list[tuple[Labels, Flags]]] = {}
    pairs = []
    for seed in range(galleries):
        rows, _ = drawn(one.labels, np.random.default_rng([3, seed]))
        labels = one.labels[rows]
        found = signs(
            one.vectors[rows], labels, same_picture=same, sharp=one.sharp[rows],
            shorter=one.shorter[rows],
        ).found  # fmt: skip
        copied = (COPY, COPY_ACROSS)
        pairs.append(sum(sign.kind == SAME_IDENTITY for sign in found))
        for key, kinds in {
            "flagged": {sign.kind for sign in found} - set(copied),
            "mislabeled": {MISLABELED},
            "copies": set(copied),
        }.items():
            at = [sign.rows[0] for sign in found if sign.kind in kinds and sign.rows]
            flagged = np.isin(np.arange(len(rows)), at)
            flags.setdefault(key, []).append((labels, flagged))
    result: dict[str, Any] = {"pictures": len(one.labels), "names": names}
    for key, all_flags in flags.items():
        by_name = [
            float(np.mean([flagged[labels == name].mean() for labels, flagged in all_flags]))
            for name in range(names)
        ]
        result[key] = (float(np.mean(by_name)), *interval(by_name, of=np.mean))
    return result | {"pairs of names": float(np.mean(pairs))}


def main() -> int:
    """Measure, print, write; 1 where a clean gallery has more than 5 % flagged."""
    options = read_options(__doc__, repeats=20, what="galleries", also=_offer)
    given = options.more
    backbone = load(given.backbone)
    made = backbone.blueprint
    same = same_picture_of(backbone.spec.name, made.layer if made else None)

    def read(name: str) -> Pictures:
        print(name, file=sys.stderr)
        listed = read_set(
            options.dev / name, at_least=3, most_classes=MOST[0], most_pictures=MOST[1]
        )
        vectors = vectors_of(listed, backbone, given.vectors)
        measured = np.array(list(ordered_map(measured_picture, listed.files)))
        return Pictures(vectors, listed.labels, *measured.T)

    sets = {name: read(name) for name in CLEAN}
    swaps: dict[str, Any] = {}
    for name in SWAPPED:
        for share in SHARES:
            draws = [
                swap(sets[name], share, same, np.random.default_rng([1, number]))
                for number in range(options.repeats)
            ]
            swaps[f"{name}, {share:.0%}"] = _means(draws)
    cleans = {name: clean(one, same, options.repeats) for name, one in sets.items()}
    plants: dict[str, Any] = {}
    for number, name in enumerate(SWAPPED):
        stray = sets[SWAPPED[(number + 1) % len(SWAPPED)]]
        draws = [
            planted(sets[name], stray, same, np.random.default_rng([2, number]))
            for number in range(options.repeats)
        ]
        plants[name] = _means(draws)
    flagged = ("flagged", "mislabeled", "copies")
    rows = [
        [
            name,
            f"{one['pictures']} ({one['names']})",
            *(_cell(one[key]) for key in flagged),
            f"{one['pairs of names']:.2f}",
        ]
        for name, one in cleans.items()
    ]
    count = {name: f"{len(sets[name].labels)} ({cleans[name]['names']})" for name in SWAPPED}
    text = "\n\n".join(
        [
            f"{given.backbone}. Labels swapped, up to {EACH} references a name:",
            _table("swapped", swaps, count),
            "Clean galleries, share of references flagged (`copies`: the same picture enrolled "
            "twice, true or not, apart), and pairs of names taken for one, a gallery:",
            markdown(["set", "n (names)", *flagged, "pairs"], rows),
            "Planted: 5 % of the references blurred (2 % of the shorter side), 5 % replaced by "
            "pictures of another set, a tenth of the names cut in two:",
            _table("set", plants, count),
        ]
    )
    about = (
        f"Means over {options.repeats} galleries, 95 % intervals by bootstrap over the galleries "
        "(of one set each: they say nothing of other sets); clean galleries: over the names."
    )
    result = {"backbone": given.backbone, "galleries": options.repeats}
    result |= {"swapped": swaps, "clean": cleans, "planted": plants}
    name = "doctor" if given.backbone == "palette" else f"doctor_{given.backbone}"
    write(name, result, text, options.out, about)
    return int(any(one["flagged"][0] > BOUND for one in cleans.values()))


def _means(draws: Sequence[dict[str, float]]) -> dict[str, tuple[float, float, float] | None]:
    """Return the mean of each figure and its interval; None where no gallery gave it."""
    found: dict[str, tuple[float, float, float] | None] = {}
    for key in draws[0]:
        values = [one[key] for one in draws if not np.isnan(one[key])]
        found[key] = (float(np.mean(values)), *interval(values, of=np.mean)) if values else None
    return found


def _table(title: str, rows: dict[str, Any], count: dict[str, str]) -> str:
    keys = list(next(iter(rows.values())))
    cells = [
        [name, count[name.partition(",")[0]], *(_cell(one[key]) for key in keys)]
        for name, one in rows.items()
    ]
    return markdown([title, "n (names)", *keys], cells)


def _cell(figure: tuple[float, float, float] | None) -> str:
    if figure is None:
        return "none"
    middle, low, high = figure
    return f"{middle:.3f} [{low:.3f}, {high:.3f}]"


def _offer(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--backbone", choices=list(measurable()), default="palette")
    offer_vectors(parser)


if __name__ == "__main__":
    sys.exit(main())
