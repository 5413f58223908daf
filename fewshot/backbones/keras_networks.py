"""A network's name, size, layer and weights come in; a Keras model picture -> vector goes out."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path

import keras

from fewshot.backbones import vggface
from fewshot.backbones.errors import BadBackboneOption, WeightsRefused
from fewshot.backbones.keras_weights import load_weights


def _application(make: Callable[..., keras.Model]) -> Callable[[int], keras.Model]:
    return lambda size: make(weights=None, include_top=False, input_shape=(size, size, 3))


_NETWORKS: dict[str, Callable[[int], keras.Model]] = {
    "mobilenetv2": _application(keras.applications.MobileNetV2),
    "inceptionv3": _application(keras.applications.InceptionV3),
    "vgg19": _application(keras.applications.VGG19),
    "vggface": lambda size: vggface.vgg16(size, top=False),
    "vggface-resnet50": lambda size: vggface.resnet50(size, top=False),
    "vggface-senet50": lambda size: vggface.senet50(size, top=False),
}
_WITH_TOP: dict[str, Callable[[int], keras.Model]] = {
    "vggface": lambda size: vggface.vgg16(size, top=True),
    "vggface-resnet50": lambda size: vggface.resnet50(size, top=True),
    "vggface-senet50": lambda size: vggface.senet50(size, top=True),
}
_TRAINED_AT = 224  # where a network has a classifier, this is the only size that fits it


def embedding_network(name: str, size: int, layer: str, weights: Path) -> keras.Model:
    """Build a network of the catalog, weights loaded: (n, size, size, 3) float32 -> (n, d).

    layer: whose output is pooled by global average. Raises WeightsRefused, BadBackboneOption.
    """
    return pooled(network_to(name, size, layer, weights), name)


def network_to(name: str, size: int, layer: str, weights: Path) -> keras.Model:
    """Build a network of the catalog up to a layer, weights loaded, its output as it is."""
    whole = _NETWORKS[name](size)
    part = cut(whole, name, layer)
    try:
        load_weights(whole, part, weights)
    except WeightsRefused:
        if name not in _WITH_TOP or not _load_with_top(whole, name, weights):
            raise
    return part


def cut(model: keras.Model, name: str, layer: str) -> keras.Model:
    """Return the part of a network up to a layer; raises BadBackboneOption."""
    names = [one.name for one in model.layers]
    if layer not in names:
        near = get_close_matches(layer, names, n=3, cutoff=0.4)
        hint = f"did you mean {' or '.join(near)}?" if near else f"its last is {names[-1]}"
        raise BadBackboneOption(name, f"layer {layer}", f"it has no such layer; {hint}")
    return keras.Model(model.inputs[0], model.get_layer(layer).output)


def pooled(model: keras.Model, name: str) -> keras.Model:
    """Return a network whose output is one vector a picture: maps are pooled by global average."""
    output = model.outputs[0]
    if len(output.shape) == 4:
        output = keras.layers.GlobalAveragePooling2D()(output)
    if len(output.shape) != 2 or output.shape[1] is None:
        shape = tuple(output.shape)
        raise BadBackboneOption(name, "this layer", f"its output {shape} is no map and no vector")
    return keras.Model(model.inputs[0], output)


def _load_with_top(whole: keras.Model, name: str, weights: Path) -> bool:
    """Load a file that has the classifier too; False where it is no such file."""
    with_top = _WITH_TOP[name](_TRAINED_AT)
    try:
        load_weights(with_top, with_top, weights)
    except WeightsRefused:
        return False
    for layer in whole.layers:
        if layer.weights:
            layer.set_weights(with_top.get_layer(layer.name).get_weights())
    return True
