"""Made-up names come in, each with its own accuracy; how often intervals hold the truth goes out.

    python -m eval.interval_coverage [--runs 1000] [--out FOLDER]

Each run draws names, their accuracies, and right and wrong answers to ten pictures each, and asks
whether the 95 % interval that a report gives holds the true mean: of an accuracy, where names
differ much, little, and near 1; of a paired difference; of an AUROC over pairs of names, the same
names on both sides or others; beside the usual percentile bootstrap over names.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eval.report import RESULTS, markdown, write
from fewshot.evaluation.bootstrap import Bootstrap, Draws, Estimate
from fewshot.evaluation.intervals import over_names, over_pairs
from fewshot.interval import wilson

NAMES = (4, 8, 20, 50, 200)
PICTURES = 10
FEWEST, LEAST = {"AUROC": 20}, 0.93
"""Names (else 8) from which on intervals are to hold in that share of runs, or more."""

Floats = NDArray[np.float64]
Made = tuple[Floats, float]


def accuracy(a: float, b: float, rng: np.random.Generator, names: int) -> Made:
    """Draw the accuracy of each name from a Beta distribution, and ten answers of each."""
    return rng.binomial(PICTURES, rng.beta(a, b, names)) / PICTURES, a / (a + b)


def difference(rng: np.random.Generator, names: int) -> Made:
    """Draw how much worse a second contender does, who finds the same names hard."""
    easy = rng.beta(6, 3, names)
    one, other = (rng.binomial(PICTURES, share * easy) / PICTURES for share in (1.0, 0.9))
    return one - other, 0.1 * 2 / 3


def separation(rng: np.random.Generator, names: int, *, strangers: float = 0) -> Made:
    """Draw how often each name's pictures stand above those of each stranger; true mean .8.

    strangers: how many of the names these are, or which share; 0: every name is one to the others.
    """
    known, strange = rng.normal(0.8, 0.1, names), rng.normal(0.0, 0.1, names)
    values = known[:, np.newaxis] - strange
    np.fill_diagonal(values, np.nan)
    if strangers:
        count = int(strangers) if strangers >= 1 else max(2, int(strangers * names))
        values[:, count:] = np.nan
        values[:count] = np.nan
    return values, 0.8


FEW = "AUROC, two of the names strangers"
"""Too few for an interval over names to hold; reports say so."""

KINDS: dict[str, Callable[[np.random.Generator, int], Made]] = {
    "accuracy, mean .67, names differ": partial(accuracy, 6, 3),
    "accuracy, mean .67, names alike": partial(accuracy, 600, 300),
    "accuracy, mean .95": partial(accuracy, 19, 1),
    "accuracy, mean .98, a few names low": partial(accuracy, 9.8, 0.2),
    "paired difference": difference,
    "AUROC, names on both sides": separation,
    "AUROC, a fifth of the names strangers": partial(separation, strangers=0.2),
    FEW: partial(separation, strangers=2),
}


def usual(draws: Draws, values: Floats) -> tuple[float, float]:
    """Return the percentile bootstrap's interval of a mean."""
    low, high = np.percentile(draws.weights @ values, (2.5, 97.5))
    return float(low), float(high)


def interval(kind: str, draws: Bootstrap, values: Floats) -> Estimate:
    """Return what a report gives."""
    if values.ndim == 2:
        return over_pairs(draws, values, PICTURES * len(values))
    if kind.startswith("accuracy"):
        return over_names(draws, values, PICTURES * len(values))
    return draws.mean(values)


def coverage(kind: str, names: int, runs: int) -> dict[str, float]:
    """Return how often the intervals hold the true value."""
    rng, draws = np.random.default_rng([names, 1]), Bootstrap()
    ours = theirs = 0
    for _ in range(runs):
        values, truth = KINDS[kind](rng, names)
        found = interval(kind, draws, values)
        ours += found.low <= truth <= found.high
        if values.ndim == 1:
            low, high = usual(draws.draws(names), values)
            theirs += low <= truth <= high
    low, high = wilson(ours, runs)
    made = {"share": ours / runs, "low": low, "high": high}
    return made if values.ndim == 2 else made | {"percentile": theirs / runs}


def main() -> int:
    """Measure, print, write; 1 where intervals over names enough hold too seldom."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=1_000)
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    found = {kind: {names: coverage(kind, names, given.runs) for names in NAMES} for kind in KINDS}
    rows = [
        [
            kind, names, f"{one['share']:.3f} [{one['low']:.3f}, {one['high']:.3f}]",
            f"{one['percentile']:.3f}" if "percentile" in one else "",
        ]
        for kind, some in found.items()
        for names, one in some.items()
    ]  # fmt: skip
    table = markdown(["figure", "names", "hold the truth", "percentile bootstrap"], rows)
    about = f"{given.runs} runs each, {PICTURES} pictures a name; Wilson's 95 % intervals."
    write("interval_coverage", {"runs": given.runs, **found}, table, given.out, about)
    missed = [
        (kind, names)
        for kind, some in found.items()
        for names, one in some.items()
        if kind != FEW and names >= FEWEST.get(kind.partition(",")[0], 8) and one["high"] < LEAST
    ]
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
