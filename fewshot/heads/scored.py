"""Logits and labels come in; how well the ones tell the others goes out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fewshot.heads.batches import Labels
from fewshot.heads.fitting import Scores
from fewshot.heads.head import Floats, Head


def scored(head: Head, x: Floats, y: Labels, weights: NDArray[np.float32] | None = None) -> Scores:
    """Return how a head does on vectors (n, d) with labels; weights: (n,) what each counts."""
    return scores_of(head.logits(x), y, weights)


def scores_of(logits: Floats, y: Labels, weights: NDArray[np.float32] | None = None) -> Scores:
    """Return how logits (n, classes) do beside the labels; weights: (n,) what each counts."""
    if not np.isfinite(logits).all():
        raise FloatingPointError("it answers numbers that are not finite: learn at a lower rate")
    right = float(np.mean(logits.argmax(axis=1) == y))
    return Scores(cross_entropy(logits.astype(np.float64), y, weights), right)


def cross_entropy(
    logits: NDArray[np.float64], labels: Labels, weights: NDArray[np.float32] | None = None
) -> float:
    """Return the mean of -log p of the right class, nats; logits: (n, classes).

    weights: (n,) what each counts; None: all alike.
    """
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_sum = np.log(np.exp(shifted).sum(axis=1))
    each = log_sum - shifted[np.arange(len(labels)), labels]
    return float(np.average(each, weights=weights))
