"""A side in pixels comes in; a VGGFace network without weights goes out, in Keras 3.

The three networks of rcmalli/keras-vggface 0.6 (MIT), built from tables:

* VGG16: Parkhi, Vedaldi, Zisserman, "Deep Face Recognition", BMVC 2015;
* ResNet-50 and SE-ResNet-50: Cao, Shen, Xie, Parkhi, Zisserman, "VGGFace2", FG 2018.

A layer that has weights is named as in the published files, "/" replaced by "__", which Keras 3
asks for; so are those without weights that have a name there. The rest are named after the layer
they follow. What differs from keras.applications and cannot be seen in the shapes of the weights:
the stride sits on the 1x1 reduce convolution, the first max-pool does not pad, and the epsilon of
batch normalization is 1e-3 (ResNet) or 1e-4 (SENet).
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

VGG16_CLASSES = 2622
RESNET_CLASSES = 8631
_RESNET_SMALLEST = 197  # pixels; below, fewer than 7 x 7 cells are left for avg_pool

_VGG16_BLOCKS = ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))  # convolutions, filters
_VGG16_TOP = (("fc6", 4096, "relu"), ("fc7", 4096, "relu"), ("fc8", VGG16_CLASSES, "softmax"))
_VGG16_SMALLEST = 32  # pixels; five times halved

_RESNET_STAGES = ((2, 3, 64, 1), (3, 4, 128, 2), (4, 6, 256, 2), (5, 3, 512, 2))
"""Stage, blocks, filters (the last convolution of a block has four times as many), stride."""
_RESNET_EPSILON = 1e-3
_SENET_EPSILON = 1e-4
_SQUEEZE = 16  # channels to one, in the gate of a SENet block


def vgg16(size: int, *, top: bool) -> keras.Model:
    """Return VGGFace's VGG16 for pictures of size x size pixels, BGR minus the mean.

    Input "image" (n, size, size, 3); output "pool5" (n, size // 32, size // 32, 512), or with
    `top` the 2,622 probabilities "fc8__softmax". The published top fits a size of 224 only.
    Raises ValueError for a size below 32.
    """
    image = _image(size, _VGG16_SMALLEST)
    x = image
    for block, (convolutions, filters) in enumerate(_VGG16_BLOCKS, start=1):
        for number in range(1, convolutions + 1):
            name = f"conv{block}_{number}"
            x = layers.Conv2D(filters, 3, padding="same", activation="relu", name=name)(x)
        x = layers.MaxPooling2D(2, strides=2, name=f"pool{block}")(x)
    if top:
        x = layers.Flatten(name="flatten")(x)
        for name, units, activation in _VGG16_TOP:
            x = layers.Dense(units, name=name)(x)
            x = layers.Activation(activation, name=f"{name}__{activation}")(x)
    return keras.Model(image, x, name="vggface_vgg16")


def resnet50(size: int, *, top: bool) -> keras.Model:
    """Return VGGFace2's ResNet-50 for pictures of size x size pixels, BGR minus the mean.

    Input "image" (n, size, size, 3); output "avg_pool" (n, 1, 1, 2048), more cells from 421 pixels
    on, or with `top` the 8,631 probabilities "classifier". The published top fits one cell only.
    Raises ValueError for a size below 197.
    """
    return _residual(size, top, "vggface_resnet50", _RESNET_EPSILON, gated=False)


def senet50(size: int, *, top: bool) -> keras.Model:
    """Return VGGFace2's SE-ResNet-50; input, outputs and errors as of `resnet50`."""
    return _residual(size, top, "vggface_senet50", _SENET_EPSILON, gated=True)


def _residual(size: int, top: bool, name: str, epsilon: float, *, gated: bool) -> keras.Model:
    image = _image(size, _RESNET_SMALLEST)
    x = _convolved(image, "conv1__7x7_s2", 64, 7, epsilon, strides=2)
    x = layers.Activation("relu", name="conv1__7x7_s2__relu")(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool1")(x)
    for stage, blocks, filters, strides in _RESNET_STAGES:
        for number in range(1, blocks + 1):
            block = f"conv{stage}_{number}"
            first = number == 1
            straight = _bottleneck(x, block, filters, epsilon, strides if first else 1)
            if gated:
                straight = _gated(straight, block, 4 * filters)
            if first:
                x = _convolved(x, f"{block}_1x1_proj", 4 * filters, 1, epsilon, strides=strides)
            x = layers.Add(name=f"{block}__add")([straight, x])
            x = layers.Activation("relu", name=f"{block}__relu")(x)
    x = layers.AveragePooling2D(7, name="avg_pool")(x)
    if top:
        x = layers.Flatten(name="flatten")(x)
        x = layers.Dense(RESNET_CLASSES, activation="softmax", name="classifier")(x)
    return keras.Model(image, x, name=name)


def _bottleneck(x: Any, block: str, filters: int, epsilon: float, strides: int) -> Any:
    """Reduce, look around, increase; no activation after the last."""
    for part, width, kernel in (("1x1_reduce", filters, 1), ("3x3", filters, 3)):
        name = f"{block}_{part}"
        x = _convolved(x, name, width, kernel, epsilon, strides=strides if kernel == 1 else 1)
        x = layers.Activation("relu", name=f"{name}__relu")(x)
    return _convolved(x, f"{block}_1x1_increase", 4 * filters, 1, epsilon)


def _convolved(
    x: Any, name: str, filters: int, kernel: int, epsilon: float, *, strides: int = 1
) -> Any:
    """Convolve without a bias, then normalize."""
    convolution = layers.Conv2D(
        filters, kernel, strides=strides, padding="same", use_bias=False, name=name
    )
    return layers.BatchNormalization(epsilon=epsilon, name=f"{name}__bn")(convolution(x))


def _gated(x: Any, block: str, channels: int) -> Any:
    """Squeeze and excite: weigh each channel by what all channels are on average."""
    gate = layers.GlobalAveragePooling2D(keepdims=True, name=f"{block}__squeeze")(x)
    for part, width, activation in (
        ("1x1_down", channels // _SQUEEZE, "relu"),
        ("1x1_up", channels, "sigmoid"),
    ):
        name = f"{block}_{part}"
        gate = layers.Conv2D(width, 1, name=name)(gate)
        gate = layers.Activation(activation, name=f"{name}__{activation}")(gate)
    return layers.Multiply(name=f"{block}__gated")([x, gate])


def _image(size: int, smallest: int) -> Any:
    if size < smallest:
        raise ValueError(f"this network takes {smallest} pixels a side or more; got {size}")
    return keras.Input((size, size, 3), name="image")
