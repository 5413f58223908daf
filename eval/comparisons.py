"""A folder of pictures comes in; contenders compared on it, as the commands here do it, go out."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.backbones import measurable
from fewshot.evaluation.bootstrap import RESAMPLES, Draws, student
from fewshot.evaluation.evaluate import evaluate
from fewshot.evaluation.figures import Result
from fewshot.evaluation.report import Evaluation

SEED = 0

Figure = tuple[float, float, float]
"""A mean and the ends of its 95 % interval."""


def compare(folder: Path, *, backbones: Sequence[str], **given: Any) -> Evaluation:
    """Compare contenders on a folder. backbones: titles of `measurable`."""
    print(f"{folder.parent.name}/{folder.name}", file=sys.stderr)
    choices = [measurable()[one] for one in backbones]
    return evaluate(folder, backbones=choices, seed=SEED, **given)


def offer_backbones(parser: argparse.ArgumentParser, usual: Sequence[str]) -> None:
    """Offer --backbones, the titles to measure."""
    parser.add_argument("--backbones", nargs="+", choices=list(measurable()), default=list(usual))


def of_names(one: Result) -> NDArray[np.float64]:
    """Return the accuracy of each name that was asked about."""
    values = one.tally.accuracies
    return np.asarray(values[~np.isnan(values)], np.float64)


def less(one: Result, other: Result) -> NDArray[np.float64]:
    """Return by how much each name is named better by the one than by the other, same queries."""
    values = one.tally.accuracies - other.tally.accuracies
    return np.asarray(values[~np.isnan(values)], np.float64)


def over_sets(values: Sequence[NDArray[np.float64]]) -> Figure:
    """Return the mean over sets of figures of names, with its 95 % interval.

    Names are resampled within each set, each set's spread brought from n - 1 to n names, and
    percentiles taken as `evaluation.bootstrap` does for one set; their degrees of freedom are those
    of a sum of means (Welch 1947).
    """
    drawn, shares, parts = np.zeros(RESAMPLES), [], []
    for number, own in enumerate(values):
        n, draws = len(own), Draws(len(own), number)
        wider = np.sqrt(n / (n - 1)) if n > 1 else 1.0
        drawn += own.mean() + wider * (draws.weights @ own - own.mean())
        if n > 1:
            shares.append(float(own.var(ddof=1)) / n)
            parts.append(shares[-1] ** 2 / (n - 1))
    middle = float(np.mean([own.mean() for own in values]))
    freedom = sum(shares) ** 2 / sum(parts) if sum(parts) > 0 else 1e6
    tail = 50.0 * math.erfc(student(freedom) / math.sqrt(2.0))
    low, high = np.percentile(drawn / len(values), (tail, 100.0 - tail))
    return middle, float(low), float(high)


def brief(done: Evaluation) -> dict[str, Any]:
    """Return what came of a comparison, without who was taken for whom, ready for JSON."""
    told = done.to_dict()
    kept = (
        "protocol",
        "ways",
        "shots",
        "backbone",
        "contender",
        "n",
        "pictures",
        "leaked",
        "chance",
    )
    three = ("accuracy", "difference", "with_leaks", "ece")
    rows = []
    for row in told["results"]:
        figures = {name: list(row[name].values()) for name in three if row[name]}
        plain = {name: row[name] for name in ("plain", "plain_with_leaks") if row[name]}
        rows.append({name: row[name] for name in kept} | figures | plain)
    stamped = [one["name"] for one in told["backbones"] if one["stamp"]]
    same = {name: told[name] for name in ("data", "leaks", "notes")}
    return same | {"stamped": stamped, "value, low, high": list(three), "results": rows}


def said(figure: Figure, sign: str = "") -> str:
    """Say it in a cell, two digits."""
    middle, low, high = (f"{one:{sign}.2f}" for one in figure)
    return f"{middle} [{low}, {high}]"
