"""A backbone, or nothing, comes in; a Keras network with a head goes out, ready to be trained.

The whole is one flat graph: input as the network is given it -> maps -> head's features -> logits.
What is frozen at its beginning gives the same numbers every epoch, so it is run once where pictures
are not changed in training; `parted` finds where.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
from keras import layers, ops

from fewshot.backbones.errors import BadBackboneOption
from fewshot.backbones.keras_networks import network_to
from fewshot.backbones.own_network import own_network_to
from fewshot.backbones.plan import Plan
from fewshot.backbones.preprocessing import PREPROCESSINGS
from fewshot.heads.layers import classified, features
from fewshot.heads.shapes import SHAPES
from fewshot.training.augmentation import augmenting
from fewshot.training.errors import BadSetting
from fewshot.training.scratch import SMALLEST, scratch_network
from fewshot.training.settings import Settings

POOL = "head_pool"


@dataclass(frozen=True, slots=True)
class Network:
    """A network with a head.

    base: input -> maps (n, h, w, c), or vectors. pooled: input -> what the head is laid over.
    features: input -> the head's features (n, d). whole: input -> logits, or, for a triplet loss,
    the features again.
    """

    base: keras.Model
    pooled: keras.Model
    features: keras.Model
    whole: keras.Model


def base_of(plan: Plan, weights: Path) -> keras.Model:
    """Build the network of a plan up to its layer, weights loaded; see `network_to`."""
    if plan.network == "file":
        return own_network_to(weights, plan.size, plan.layer)
    return network_to(plan.network, plan.size, plan.layer, weights)


def scratch_base(settings: Settings, size: int) -> keras.Model:
    """Build the network that knows nothing; raises BadSetting for a size too small to pool."""
    if size < SMALLEST:
        raise BadSetting("size", size, f"the network from scratch takes {SMALLEST} and more")
    return scratch_network(size, settings.seed)


def with_head(base: keras.Model, settings: Settings, classes: int) -> Network:
    """Lay a head over a network; raises BadBackboneOption for an output that takes none."""
    shape = SHAPES[settings.head]
    x = base.outputs[0]
    if len(x.shape) == 4:
        pool = layers.GlobalAveragePooling2D if shape.pooled else layers.Flatten
        x = pool(name=POOL)(x)
    if len(x.shape) != 2 or x.shape[1] is None:
        reason = f"its output {tuple(x.shape)} is no map and no vector"
        raise BadBackboneOption(base.name, "this layer", reason)
    triplet, image = settings.loss == "triplet", base.inputs[0]
    unit = triplet or shape.mapped
    d = settings.d if triplet else None
    made = features(shape, x, d=d, unit=unit, seed=settings.seed)
    out = made
    if not triplet:
        binary = settings.loss == "binary"
        out = classified(made, classes, binary=binary, seed=settings.seed)
    return Network(
        base,
        keras.Model(image, x),
        keras.Model(image, made, name="features"),
        keras.Model(image, out),
    )


def freeze(base: keras.Model, unfreeze: int | str) -> None:
    """Let only the last layers of a network learn: so many, or from the one of this name on.

    Batch normalization stays as it is everywhere, and goes on with the statistics it was trained
    with: of a few pictures it would learn worse ones. Raises BadSetting for an unknown name.
    """
    names = [layer.name for layer in base.layers]
    if isinstance(unfreeze, str):
        if unfreeze not in names:
            raise BadSetting(
                "unfreeze", unfreeze, f"no layer is called so; the last is {names[-1]}"
            )
        first = names.index(unfreeze)
    else:
        first = max(0, len(names) - unfreeze)
    for number, layer in enumerate(base.layers):
        for one in _inside(layer):
            norm = isinstance(one, layers.BatchNormalization)
            one.trainable = number >= first and not norm


def _inside(layer: Any) -> Iterator[Any]:
    yield layer
    if isinstance(layer, keras.Model):
        for one in layer.layers:
            yield from _inside(one)


def parted(base: keras.Model, whole: keras.Model) -> tuple[keras.Model, keras.Model] | None:
    """Part a network where its frozen beginning ends: input -> maps, maps -> output.

    None where it has no frozen layer with weights. Both share the layers of `whole`.
    """
    frozen = 0
    while frozen < len(base.layers) and not base.layers[frozen].trainable_weights:
        frozen += 1
    ahead = base.layers[:frozen]
    if frozen == len(base.layers):
        ahead = ahead + [one for one in whole.layers if one.name == POOL]
    for layer in reversed(ahead):
        if not isinstance(layer.output, keras.KerasTensor):
            continue
        try:
            after = keras.Model(layer.output, whole.outputs[0])
        except ValueError:  # something reaches past it, as the sum of a residual block does
            continue
        before = keras.Model(whole.inputs[0], layer.output)
        return (before, after) if before.weights else None
    return None


def seeing_pixels(model: keras.Model, preprocessing: str, settings: Settings) -> keras.Model:
    """Return a model of pixels 0 to 255 that changes them in training, and prepares them."""
    how = PREPROCESSINGS[preprocessing]
    pixels = keras.Input(model.inputs[0].shape[1:], dtype="float32", name="pixels")
    x = pixels
    for layer in augmenting(settings.augment, settings.seed):
        x = layer(x)
    if how.bgr:
        x = x[..., ::-1]
    x = (x - ops.convert_to_tensor(how.subtracted, "float32")) * (1.0 / how.divisor)
    return keras.Model(pixels, model(x))
