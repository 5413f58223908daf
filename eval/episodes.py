"""Vectors and labels come in; accuracy class by class, over many draws of the support, goes out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fewshot.lengths import unit_rows

Rule = str
RULES: tuple[Rule, ...] = (
    "nearest mean",
    "nearest reference",
    "mean similarity",
    "nearest mean + reference",
)


def class_accuracies(
    vectors: NDArray[np.float32],
    labels: NDArray[np.int64],
    *,
    shots: int | tuple[int, int],
    draws: int,
    seed: int,
    center: bool = False,
) -> dict[Rule, NDArray[np.float64]]:
    """Return, for each rule, each class's accuracy, (classes,), averaged over the draws.

    Each draw takes `shots` pictures of every class as support (a pair: a number between the two,
    drawn for each class, leaving a query); all other pictures are queries and all classes compete.
    center: move all by the mean of the support, to length 1 again, as galleries do.
    The same seed gives the same draws whatever the vectors: comparisons are paired.
    """
    rng = np.random.default_rng(seed)
    count = int(labels.max()) + 1
    right: dict[Rule, NDArray[np.float64]] = {rule: np.zeros(count) for rule in RULES}
    asked = np.zeros(count)
    for _ in range(draws):
        support = np.concatenate(
            [_support(np.flatnonzero(labels == one), shots, rng) for one in range(count)]
        )
        query = np.setdiff1d(np.arange(len(labels)), support)
        truth = labels[query]
        asked += np.bincount(truth, minlength=count)
        known, new = vectors[support], vectors[query]
        if center:
            known, new = centered(known, new)
        for rule, scores in _scores(known, labels[support], new).items():
            hits = truth[scores.argmax(axis=1) == truth]
            right[rule] += np.bincount(hits, minlength=count)
    return {rule: hits / asked for rule, hits in right.items()}


def centered(
    support: NDArray[np.float32], query: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Move both by the mean of the support; rows have length 1 again."""
    middle = support.mean(axis=0)
    return unit_rows(support - middle), unit_rows(query - middle)


def _support(
    own: NDArray[np.intp], shots: int | tuple[int, int], rng: np.random.Generator
) -> NDArray[np.intp]:
    if isinstance(shots, tuple):
        shots = int(rng.integers(shots[0], min(shots[1], len(own) - 1) + 1))
    return rng.permutation(own)[:shots]


def _scores(
    support: NDArray[np.float32], owners: NDArray[np.int64], query: NDArray[np.float32]
) -> dict[Rule, NDArray[np.float32]]:
    """Return each rule's scores, (queries, classes); `owners` ascend from 0 without a gap."""
    starts = np.flatnonzero(np.diff(owners, prepend=-1))
    sizes = np.diff(starts, append=len(owners)).astype(np.float32)
    similar = query @ support.T
    nearest = np.maximum.reduceat(similar, starts, axis=1)
    average = np.add.reduceat(similar, starts, axis=1) / sizes
    means = np.add.reduceat(support, starts, axis=0) / sizes[:, np.newaxis]
    to_mean = average / np.linalg.norm(means, axis=1)
    return {
        "nearest mean": to_mean,
        "nearest reference": nearest,
        "mean similarity": average,
        "nearest mean + reference": to_mean + nearest,
    }


def mean_of_sets(
    values: Sequence[NDArray[np.float64]], *, resamples: int = 10_000, seed: int = 0
) -> tuple[float, float, float]:
    """Return the mean over sets of the mean over classes, and its 95 % interval.

    values: for each set its classes' figures (or differences of figures, for a paired interval).
    The interval is the bootstrap over the classes within each set, percentile.
    """
    rng = np.random.default_rng(seed)
    drawn = np.zeros(resamples)
    for classes in values:
        choice = rng.integers(0, len(classes), (resamples, len(classes)))
        drawn += classes[choice].mean(axis=1) / len(values)
    low, high = np.percentile(drawn, (2.5, 97.5))
    return float(np.mean([classes.mean() for classes in values])), float(low), float(high)


def spread_of(figure: tuple[float, float, float], sign: str = "") -> str:
    """Say a mean with its interval in a table's cell."""
    middle, low, high = (f"{one:{sign}.3f}" for one in figure)
    return f"{middle} [{low}, {high}]"
