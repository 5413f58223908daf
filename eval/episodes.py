"""Vectors and labels come in; accuracy class by class, over many draws of the support, goes out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Rule = str  # "nearest mean" or "nearest reference"
RULES: tuple[Rule, ...] = ("nearest mean", "nearest reference")


def class_accuracies(
    vectors: NDArray[np.float32],
    labels: NDArray[np.int64],
    *,
    shots: int,
    draws: int,
    seed: int,
) -> dict[Rule, NDArray[np.float64]]:
    """Return, for each rule, each class's accuracy, (classes,), averaged over the draws.

    Each draw takes `shots` pictures of every class as support; all other pictures are queries and
    all classes compete. The same seed gives the same draws whatever the vectors: comparisons are
    paired.
    """
    rng = np.random.default_rng(seed)
    count = int(labels.max()) + 1
    right: dict[Rule, NDArray[np.float64]] = {rule: np.zeros(count) for rule in RULES}
    asked = np.zeros(count)
    similar = vectors @ vectors.T
    for _ in range(draws):
        support = np.concatenate(
            [rng.permutation(np.flatnonzero(labels == one))[:shots] for one in range(count)]
        )
        query = np.setdiff1d(np.arange(len(labels)), support)
        truth = labels[query]
        asked += np.bincount(truth, minlength=count)
        means = vectors[support].reshape(count, shots, -1).mean(axis=1)
        means /= np.linalg.norm(means, axis=1, keepdims=True)
        answers = {
            "nearest mean": (vectors[query] @ means.T).argmax(axis=1),
            "nearest reference": labels[support][similar[query][:, support].argmax(axis=1)],
        }
        for rule, answer in answers.items():
            right[rule] += np.bincount(truth[answer == truth], minlength=count)
    return {rule: hits / asked for rule, hits in right.items()}


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
