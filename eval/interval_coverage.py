"""Made-up names come in, each with its own accuracy; how often intervals hold the truth goes out.

    python -m eval.interval_coverage [--runs 1000] [--out FOLDER]

Each run draws names, their accuracies, and right and wrong answers, and asks whether the 95 %
interval over names holds the true mean: of an accuracy, of a paired difference, of an AUROC over
pairs of names; beside the usual percentile bootstrap.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eval.report import RESULTS, markdown, write
from fewshot.evaluation.bootstrap import Bootstrap, Draws, Estimate
from fewshot.interval import wilson

NAMES = (4, 8, 20, 50, 200)
PICTURES = 10
CLAIMED_FROM = {"accuracy": 8, "paired difference": 8, "AUROC": 20}
"""Names from which on the intervals are to hold as often as they say."""

Floats = NDArray[np.float64]


def accuracy(rng: np.random.Generator, names: int) -> tuple[Floats, float]:
    """Draw the accuracy of each name, of ten pictures; the true mean is 2/3."""
    return rng.binomial(PICTURES, rng.beta(6, 3, names)) / PICTURES, 2 / 3


def difference(rng: np.random.Generator, names: int) -> tuple[Floats, float]:
    """Draw how much worse a second contender does, who finds the same names hard."""
    easy = rng.beta(6, 3, names)
    one, other = (rng.binomial(PICTURES, share * easy) / PICTURES for share in (1.0, 0.9))
    return one - other, 0.1 * 2 / 3


def separation(rng: np.random.Generator, names: int) -> tuple[Floats, float]:
    """Draw how often each name's pictures stand above those of each stranger; true mean .8."""
    known, strange = rng.normal(0.8, 0.1, names), rng.normal(0.0, 0.1, names)
    values = known[:, np.newaxis] - strange
    np.fill_diagonal(values, np.nan)
    return values, 0.8


def usual(draws: Draws, values: Floats) -> tuple[float, float]:
    """Return the percentile bootstrap's interval of a mean."""
    low, high = np.percentile(draws.weights @ values, (2.5, 97.5))
    return float(low), float(high)


def coverage(
    make: Callable[[np.random.Generator, int], tuple[Floats, float]], names: int, runs: int
) -> dict[str, float]:
    """Return how often the intervals hold the true value."""
    rng, draws = np.random.default_rng([names, 1]), Bootstrap()
    ours = theirs = 0
    for _ in range(runs):
        values, truth = make(rng, names)
        found: Estimate = draws.pairs(values) if values.ndim == 2 else draws.mean(values)
        ours += found.low <= truth <= found.high
        if values.ndim == 1:
            low, high = usual(draws.draws(names), values)
            theirs += low <= truth <= high
    low, high = wilson(ours, runs)
    made = {"share": ours / runs, "low": low, "high": high}
    return made if values.ndim == 2 else made | {"percentile": theirs / runs}


def main() -> int:
    """Measure, print, write; 1 where intervals over names enough hold too seldom or too often."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=1_000)
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    kinds = {"accuracy": accuracy, "paired difference": difference, "AUROC": separation}
    found = {
        kind: {names: coverage(make, names, given.runs) for names in NAMES}
        for kind, make in kinds.items()
    }
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
    claimed = [
        one["share"]
        for kind, some in found.items()
        for names, one in some.items()
        if names >= CLAIMED_FROM[kind]
    ]
    return int(not all(0.93 <= share <= 0.97 for share in claimed))


if __name__ == "__main__":
    sys.exit(main())
