"""A head's shape comes in; its Keras layers go out, and plain arrays of them when they are trained.

Every layer has a name and a seed of its own, so that nothing depends on what was built before.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from fewshot.heads.head import Floats, Head, Layer
from fewshot.heads.shapes import HeadShape
from fewshot.lengths import unit_rows

SCALE = 16.0
"""How long a class's weights are when the training of `cosine` begins."""

_HEAD = "head_"  # before each name, which no layer of a network bears
_MAP, _CLASSIFIER = f"{_HEAD}map", f"{_HEAD}classifier"


def features(shape: HeadShape, x: Any, *, d: int | None, unit: bool, seed: int) -> Any:
    """Lay a head's layers up to its classifier over x, (n, before); returns their output.

    unit: whether they end in a map to d numbers (None: as many as come in) of length 1. Of as many
    as come in, it starts as the identity, of fewer as an orthogonal projection.
    """
    if shape.dropout and not shape.hidden:
        x = layers.Dropout(shape.dropout, seed=seed, name=f"{_HEAD}dropout")(x)
    for number, units in enumerate(shape.hidden):
        start = keras.initializers.GlorotUniform(seed=seed + number)
        x = layers.Dense(units, "relu", kernel_initializer=start, name=f"{_HEAD}hidden{number}")(x)
        if shape.dropout:
            drop = layers.Dropout(shape.dropout, seed=seed + number, name=f"{_HEAD}dropout{number}")
            x = drop(x)
    if unit:
        before = int(x.shape[1])
        square = d in (None, before)
        start = (
            keras.initializers.Identity() if square else keras.initializers.Orthogonal(seed=seed)
        )
        units = before if d is None else d
        x = layers.Dense(units, kernel_initializer=start, name=_MAP)(x)
        x = layers.UnitNormalization(name=f"{_HEAD}length")(x)
    return x


def classified(x: Any, classes: int, *, binary: bool, seed: int) -> Any:
    """Lay a classifier over features: one logit a class, or one in all."""
    start = keras.initializers.GlorotUniform(seed=seed)
    units = 1 if binary else classes
    return layers.Dense(units, kernel_initializer=start, name=_CLASSIFIER)(x)


def start_at_means(model: keras.Model, means: Floats) -> None:
    """Let a classifier over unit features begin as nearest class mean; means: (classes, d)."""
    kernel = (SCALE * unit_rows(means)).T
    layer = model.get_layer(_CLASSIFIER)
    if layer.units == 1:  # binary: the difference of the two
        kernel = kernel[:, 1:] - kernel[:, :1]
    layer.set_weights([kernel, np.zeros(kernel.shape[1], np.float32)])


def start_at_components(model: keras.Model, inputs: Floats) -> None:
    """Let a map to fewer numbers begin as the principal components of what goes into it."""
    layer = model.get_layer(_MAP)
    kernel = layer.get_weights()[0]
    if kernel.shape[0] <= kernel.shape[1] or len(inputs) <= kernel.shape[1]:
        return
    components = np.linalg.svd(inputs - inputs.mean(axis=0), full_matrices=False)[2]
    layer.set_weights([components[: kernel.shape[1]].T, np.zeros(kernel.shape[1], np.float32)])


def dense_layers(model: keras.Model) -> tuple[Layer, ...]:
    """Return the dense layers of a head, classifier left out, in their order."""
    found = []
    for layer in model.layers:
        if isinstance(layer, layers.Dense) and layer.name != _CLASSIFIER:  # all are a head's
            kernel, bias = (np.array(one, np.float32) for one in layer.get_weights())
            found.append(Layer(kernel, bias, relu=layer.activation.__name__ == "relu"))
    return tuple(found)


def classifier_of(model: keras.Model) -> Layer:
    """Return the classifier of a trained model."""
    kernel, bias = (np.array(one, np.float32) for one in model.get_layer(_CLASSIFIER).get_weights())
    return Layer(kernel, bias)


def standardized(layer: Layer, mean: Floats, scale: float) -> Layer:
    """Return the layer that gives for x what this one gives for (x - mean) * scale."""
    kernel = layer.kernel.astype(np.float64) * scale
    bias = layer.bias - mean.astype(np.float64) @ kernel
    return Layer(kernel.astype(np.float32), bias.astype(np.float32), layer.relu)


def standardize(head: Head, mean: Floats, scale: float) -> Head:
    """Return the head that takes x where this one takes (x - mean) * scale."""
    *hidden, classifier = (*head.hidden, head.classifier)
    first, *others = (*hidden, classifier)
    *hidden, classifier = (standardized(first, mean, scale), *others)
    return Head(tuple(hidden), classifier, head.takes, head.unit)


def prototype_classifier(means: NDArray[np.floating[Any]], scale: float) -> Layer:
    """Return the classifier whose logits are `scale` times the cosine to each class's mean."""
    kernel = (scale * unit_rows(means)).T
    return Layer(np.ascontiguousarray(kernel), np.zeros(kernel.shape[1], np.float32))
