"""A folder of pictures comes in; contenders compared on it, as the commands here do it, go out."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.backbones import measurable
from eval.episodes import mean_of_sets
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
    return values[~np.isnan(values)]


def less(one: Result, other: Result) -> NDArray[np.float64]:
    """Return by how much each name is named better by the one than by the other, same queries."""
    values = one.tally.accuracies - other.tally.accuracies
    return values[~np.isnan(values)]


def over_sets(results: Sequence[Result]) -> Figure:
    """Return the mean over sets, with its interval by resampling names within each set."""
    return mean_of_sets([of_names(one) for one in results])


def said(figure: Figure, sign: str = "") -> str:
    """Say it in a cell, two digits."""
    middle, low, high = (f"{one:{sign}.2f}" for one in figure)
    return f"{middle} [{low}, {high}]"
