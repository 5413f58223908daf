"""Scores of known queries and of strangers come in; how well they are parted goes out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]


def auroc(known: Scores, strangers: Scores) -> float:
    """Return how often a known query scores above a stranger, ties counting half."""
    below = np.sort(strangers)
    wins = np.searchsorted(below, known, side="left")
    ties = np.searchsorted(below, known, side="right") - wins
    return float((wins + 0.5 * ties).mean() / len(strangers))


def oscr(known: Scores, right: NDArray[np.bool_], strangers: Scores) -> float:
    """Return the area below correct classification over false positive rate.

    Source: Dhamija, Guenther, Boult, NeurIPS 2018.
    """
    order = np.unique(np.concatenate([known, strangers, [np.inf]]))[::-1]
    false = 1.0 - np.searchsorted(np.sort(strangers), order, side="left") / len(strangers)
    hits = np.sort(known[right])
    correct = (len(hits) - np.searchsorted(hits, order, side="left")) / len(known)
    false, correct = np.append(false, 1.0), np.append(correct, correct[-1])
    steps = np.diff(false)
    return float((steps * (correct[1:] + correct[:-1]) / 2.0).sum())
