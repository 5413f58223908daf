"""A square of pixels comes in; 256 numbers go out: the network that `compact` is.

A plain residual network (He et al., CVPR 2016): 3x3 convolutions only, which processors compute
fastest. Characters are known by color and by where it lies as much as by shape, so that the vector
is made from all depths: the second stage's averages and its layout on a grid, the third stage's
averages, the last one's averages and maxima.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from training.recipe import Finish, Shape


class FusedBatchNormalization(layers.BatchNormalization):  # type: ignore[misc]
    """Batch normalization as Keras has it, by TensorFlow's fused kernel while it trains.

    Keras 3 computes it from single operations; with another backend than TensorFlow this is
    Keras's own. The variance it keeps is that of a sample, larger by n / (n - 1), where n is
    thousands.
    """

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Normalize (n, h, w, c)."""
        if not training or keras.backend.backend() != "tensorflow" or len(inputs.shape) != 4:
            return super().call(inputs, training=training, mask=mask)
        import tensorflow as tf

        parts = tf.compat.v1.nn.fused_batch_norm(
            inputs,
            tf.cast(self.gamma, tf.float32),
            tf.cast(self.beta, tf.float32),
            epsilon=self.epsilon,
            is_training=True,
        )
        keep = self.momentum
        self.moving_mean.assign(self.moving_mean * keep + parts[1] * (1 - keep))
        self.moving_variance.assign(self.moving_variance * keep + parts[2] * (1 - keep))
        return parts[0]


class Network:
    """The layers, once; models of several input sizes share them."""

    def __init__(self, shape: Shape) -> None:
        """Make the layers of a shape, with weights at random."""
        self.shape = shape
        self._made: dict[str, layers.Layer] = {}

    def at(self, side: int) -> keras.Model:
        """Return the model for squares of `side` pixels, a multiple of 16; it gives (n, d)."""
        if side < 48 or side % 16:
            raise ValueError(f"a side is a multiple of 16 from 48 on, not {side}")
        shape = self.shape
        given = keras.Input((side, side, 3), name="pixels")
        x = self._unit(given, "stem", shape.stem, stride=2)
        stages = []
        for stage, (width, blocks) in enumerate(zip(shape.widths, shape.blocks, strict=True)):
            for block in range(blocks):
                x = self._block(x, f"s{stage}b{block}", width, stride=1 if block else 2)
            stages.append(x)
        parts = [layers.GlobalAveragePooling2D()(one) for one in stages]
        parts.append(layers.GlobalMaxPooling2D()(stages[-1]))
        if shape.grid:
            field = stages[0].shape[1] // shape.grid
            thin = self._unit(stages[0], "layout", shape.thin, kernel=1)
            parts.append(layers.Flatten()(layers.AveragePooling2D(field)(thin)))
        joined = self._layer(
            "balance", lambda name: layers.BatchNormalization(name=name, dtype="float32")
        )(layers.Concatenate()(parts))
        vector = self._layer(
            "embed", lambda name: layers.Dense(shape.d, use_bias=False, name=name, dtype="float32")
        )(joined)
        vector = self._layer(
            "spread",
            lambda name: layers.BatchNormalization(
                scale=False, center=False, name=name, dtype="float32"
            ),
        )(vector)
        return keras.Model(given, vector, name=f"network_{side}")

    def _block(self, x: Any, name: str, width: int, stride: int) -> Any:
        y = self._unit(x, f"{name}_a", width, stride=stride)
        y = self._unit(y, f"{name}_b", width, relu=False)
        if stride > 1:
            x = self._unit(layers.AveragePooling2D(2)(x), f"{name}_c", width, kernel=1, relu=False)
        return layers.ReLU()(layers.Add()([x, y]))

    def _unit(
        self, x: Any, name: str, width: int, stride: int = 1, kernel: int = 3, relu: bool = True
    ) -> Any:
        convolved = self._layer(
            f"{name}_conv",
            lambda called: layers.Conv2D(
                width, kernel, stride, padding="same", use_bias=False, name=called,
                kernel_initializer="he_normal",
            ),
        )(x)  # fmt: skip
        normal = self._layer(
            f"{name}_bn",
            lambda called: FusedBatchNormalization(momentum=0.97, epsilon=1e-3, name=called),
        )(convolved)
        return layers.ReLU()(normal) if relu else normal

    def _layer(self, name: str, make: Any) -> Any:
        if name not in self._made:
            self._made[name] = make(name)
        return self._made[name]


def looking(network: keras.Model, finish: Finish) -> keras.Model:
    """Return a model that looks at each square as it is, mirrored, and at its middle, mirrored.

    It gives the mean of what the network says, each of length one; the middle is three quarters of
    a side, and isn't looked at where it counts nothing. Where one look is wanted: the network.
    """
    if not finish.looks:
        return network
    given = keras.Input(network.inputs[0].shape[1:], name="pixels")
    side = given.shape[1]
    seen, counts = [given, ops.flip(given, axis=2)], [1.0, 1.0]
    if finish.middle:
        inner = seen[1][:, side // 8 : -(side // 8), side // 8 : -(side // 8)]
        seen.append(ops.image.resize(inner, (side, side), interpolation="bilinear"))
        counts.append(finish.middle)
    said = ops.normalize(network(ops.concatenate(seen, axis=0)), axis=-1, epsilon=1e-6)
    parts = ops.split(said, len(seen), axis=0)
    mean = sum(part * (one / sum(counts)) for part, one in zip(parts, counts, strict=True))
    return keras.Model(given, mean, name=f"{network.name}_looking")


def join(own: Any, palette: Any, share: float) -> Any:
    """Join the network's vectors (n, d) and palette's (n, p) to (n, d + p), of length 1.

    share: the part of the squared length that is palette's.
    """
    own = ops.normalize(own, axis=-1, epsilon=1e-6)
    return ops.concatenate([own * (1.0 - share) ** 0.5, palette * share**0.5], axis=-1)


class Join(layers.Layer):  # type: ignore[misc]
    """`join` as a layer."""

    def __init__(self, share: float, **more: Any) -> None:
        """Take palette's part."""
        super().__init__(**more)
        self._share = share

    def call(self, inputs: Any) -> Any:
        """Join the network's vectors and palette's."""
        return join(inputs[0], inputs[1], self._share)
