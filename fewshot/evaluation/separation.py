"""Scores of known queries and of strangers come in; how well they are parted goes out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]


def auroc(known: Scores, strangers: Scores) -> float:
    """Return how often a known query scores above a stranger, ties counting half."""
    return float(wins(known, strangers).mean() / len(strangers))


def wins(known: Scores, strangers: Scores) -> Scores:
    """Return for each known query how many strangers score below it, ties counting half."""
    below = np.sort(strangers)
    beaten = np.searchsorted(below, known, side="left")
    ties = np.searchsorted(below, known, side="right") - beaten
    return np.asarray(beaten + 0.5 * ties, np.float64)


def oscr(known: Scores, right: NDArray[np.bool_], strangers: Scores) -> float:
    """Return the area below correct classification over false positive rate.

    It is how often a known query is rightly named and scores above a stranger, ties counting half.
    Source: Dhamija, Guenther, Boult, NeurIPS 2018.
    """
    return float((wins(known, strangers) * right).mean() / len(strangers))
