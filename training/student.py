"""A network and its targets come in; what it is trained for goes out: one loss, three parts.

* its classes: a softmax over cosines with a margin, of all classes of all sets at once (CosFace;
  Wang et al., CVPR 2018), of the vector with palette's beside it or, as `alone` of the recipe says,
  zeros in its place, which shrink the cosines by the root of what is left of the squared length;
* each teacher: a linear map of the network's own part is to point where the teacher's vector
  does.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from training.network import join
from training.recipe import PALETTE

SCALE = 24.0
"""What cosines are multiplied by before the softmax."""


class Student(keras.Model):  # type: ignore[misc]
    """A network at one size with the heads that are thrown away afterwards."""

    def __init__(self, network: keras.Model, heads: Heads) -> None:
        """Take the network and the heads, both shared with other sizes."""
        super().__init__()
        self.network, self.heads = network, heads

    def build(self, input_shape: Any) -> None:
        """Make nothing: both parts are made."""

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Return the vectors (n, d)."""
        return self.network(inputs, training=training)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Return the loss of a batch; y: the targets by name, "label" and each teacher's."""
        return self.heads.loss(y, y_pred)


class Heads(layers.Layer):  # type: ignore[misc]
    """A prototype for each class, a map for each teacher."""

    def __init__(
        self,
        d: int,
        beside: int,
        share: float,
        classes: int,
        teachers: dict[str, tuple[int, float]],
    ) -> None:
        """Take both widths, palette's share, the classes, each teacher's d and weight."""
        super().__init__(dtype="float32", name="heads")
        self.teachers, self.share = teachers, share
        self.prototypes = self.add_weight(
            shape=(classes, d + beside), initializer="glorot_uniform", name="prototypes"
        )
        self.maps = {
            name: self.add_weight(shape=(d, size), initializer="glorot_uniform", name=name)
            for name, (size, _) in teachers.items()
        }
        self.margin = self.add_weight(shape=(), trainable=False, name="margin", initializer="zeros")
        self.classes = classes

    def loss(self, targets: Any, vectors: Any) -> Any:
        """Return the weighted sum of all parts, a mean over the batch."""
        vectors = ops.cast(vectors, "float32")
        unit = ops.normalize(vectors, axis=-1)
        joined = join(unit, targets[PALETTE], self.share)
        cosines = ops.matmul(joined, ops.transpose(ops.normalize(self.prototypes, axis=-1)))
        right = ops.one_hot(targets["label"], self.classes, dtype="float32")
        logits = SCALE * (cosines - self.margin * right)
        missed = ops.logsumexp(logits, axis=-1) - ops.sum(logits * right, axis=-1)
        total = ops.mean(missed)
        for name, (_, weight) in self.teachers.items():
            said = ops.normalize(ops.matmul(unit, self.maps[name]), axis=-1)
            agreed = ops.sum(said * ops.cast(targets[name], "float32"), axis=-1)
            total = total + weight * ops.mean(1.0 - agreed)
        return total
