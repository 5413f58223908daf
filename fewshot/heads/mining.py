"""Labels and unit vectors of a batch come in; the triplet loss, its negatives mined, goes out.

Distances are Euclidean, in [0, 2]. The batch holds P names with K pictures each. Written in
`keras.ops`, so that any backend of Keras 3 runs it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras import ops

Loss = Callable[[Any, Any], Any]

_FAR = 4.0  # more than any distance of unit vectors


def batch_hard(margin: float) -> Loss:
    """Return the loss of each anchor with its farthest positive and its nearest negative.

    Source: Hermans, Beyer, Leibe, In Defense of the Triplet Loss, arXiv 1703.07737, equation 5.
    """

    def loss(labels: Any, vectors: Any) -> Any:
        distance, same = _pairs(labels, vectors)
        positive = ops.max(ops.where(same, distance, 0.0), axis=1)
        negative = ops.min(ops.where(same, _FAR, distance), axis=1)
        return ops.relu(positive - negative + margin)

    return loss


def semi_hard(margin: float) -> Loss:
    """Return the loss of each anchor and positive with the nearest negative behind the positive.

    Where no negative is behind it, the farthest one is taken. An anchor's loss is the mean over its
    positives. Source: Schroff, Kalenichenko, Philbin, FaceNet, CVPR 2015; the choice where there is
    none as in TensorFlow Addons 0.23, `triplet_semihard_loss`.
    """

    def loss(labels: Any, vectors: Any) -> Any:
        distance, same = _pairs(labels, vectors)
        negative = distance[:, None, :]  # (anchor, positive, negative)
        behind = ops.logical_and(ops.logical_not(same)[:, None, :], negative > distance[:, :, None])
        nearest = ops.min(ops.where(behind, negative, _FAR), axis=2)
        farthest = ops.max(ops.where(same, 0.0, distance), axis=1)[:, None]
        chosen = ops.where(nearest < _FAR, nearest, farthest)
        own = ops.logical_not(ops.eye(ops.shape(distance)[0], dtype="bool"))
        pairs = ops.cast(ops.logical_and(same, own), "float32")
        each = pairs * ops.relu(distance - chosen + margin)
        return ops.sum(each, axis=1) / ops.maximum(ops.sum(pairs, axis=1), 1.0)

    return loss


MININGS: dict[str, Callable[[float], Loss]] = {"batch-hard": batch_hard, "semi-hard": semi_hard}


def _pairs(labels: Any, vectors: Any) -> tuple[Any, Any]:
    """Return all distances (n, n), and which pairs have one label (n, n)."""
    labels = ops.reshape(labels, (-1,))
    similarity = ops.matmul(vectors, ops.transpose(vectors))
    distance = ops.sqrt(ops.maximum(2.0 - 2.0 * similarity, 1e-12))  # never 0: its root has a slope
    return distance, ops.equal(labels[:, None], labels[None, :])
