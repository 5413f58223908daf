"""Vectors and labels come in; how sharply cosines to class means tell classes apart goes out."""

from __future__ import annotations

import numpy as np

from fewshot.heads.batches import Labels
from fewshot.heads.head import Floats
from fewshot.heads.scored import cross_entropy
from fewshot.lengths import unit_rows

_SCALES = np.geomspace(1.0, 256.0, 49)


def class_means(vectors: Floats, labels: Labels, classes: int) -> Floats:
    """Return the mean of each class (classes, d); every class has an example."""
    sums = np.zeros((classes, vectors.shape[1]), np.float64)
    np.add.at(sums, labels, vectors)
    return (sums / np.bincount(labels, minlength=classes)[:, None]).astype(np.float32)


def fit_scale(vectors: Floats, labels: Labels, classes: int) -> float:
    """Return the factor, 1 to 256, at which the softmax of cosines to class means fits best.

    Each example is left out of its own class's mean; those of classes with one example are not
    asked. By mean cross-entropy, on a grid. Source of scaling after training: Guo et al., On
    Calibration of Modern Neural Networks, ICML 2017.
    """
    counts = np.bincount(labels, minlength=classes)
    asked = counts[labels] > 1
    if not asked.any():
        return 16.0
    means = class_means(vectors, labels, classes).astype(np.float64)
    own, n = labels[asked], counts[labels[asked]][:, None]
    left = (means[own] * n - vectors[asked]) / (n - 1)
    cosines = vectors[asked] @ unit_rows(means).T.astype(np.float64)
    cosines[np.arange(len(own)), own] = np.sum(vectors[asked] * unit_rows(left), axis=1)
    losses = [cross_entropy(scale * cosines, own) for scale in _SCALES]
    return float(_SCALES[int(np.argmin(losses))])
