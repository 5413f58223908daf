"""A user's own Keras model file comes in; a Keras model picture -> vector goes out."""

from __future__ import annotations

from pathlib import Path

import keras

from fewshot.backbones.errors import BadBackboneOption, WeightsRefused
from fewshot.backbones.keras_networks import cut, pooled
from fewshot.backbones.own_model import read_own_model

_DECIDES = {"softmax", "sigmoid"}


def own_network(path: Path, size: int, layer: str) -> keras.Model:
    """Load a model: (n, size, size, 3) float32 -> (n, d).

    layer: whose output is the embedding; "" takes the model's own, or, where the model ends in a
    classifier (softmax or sigmoid), what goes into that. Raises WeightsRefused, BadBackboneOption.
    """
    return pooled(own_network_to(path, size, layer), path.name)


def own_network_to(path: Path, size: int, layer: str) -> keras.Model:
    """Load a model up to a layer, its output as it is; see `own_network`."""
    read_own_model(path)  # refuses code, whoever calls
    try:
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:
        reason = str(error).strip().splitlines()[0][:200] if str(error).strip() else "no reason"
        raise WeightsRefused(path, f"Keras cannot load it: {reason}") from error
    if not isinstance(model, keras.Model) or not getattr(model, "inputs", None):
        raise WeightsRefused(path, "it is no Sequential or functional model")
    if len(model.inputs) != 1:
        raise WeightsRefused(path, f"it has {len(model.inputs)} inputs, not one batch of pictures")
    name = path.name
    part = cut(model, name, layer) if layer else _before_the_classifier(model)
    expected = part.inputs[0].shape
    if len(expected) != 4:
        raise WeightsRefused(path, f"it takes {expected}, not one batch of pictures")
    if expected[1] not in (None, size):
        raise BadBackboneOption(name, f"size {size}", f"it takes {expected[1]} pixels a side")
    return part


def _before_the_classifier(model: keras.Model) -> keras.Model:
    last = model.layers[-1]
    if isinstance(last, keras.layers.Softmax) or (
        isinstance(last, keras.layers.Activation) and _activation(last) in _DECIDES
    ):
        before = [one for one in model.layers if one.output is last.input]
        last = before[0] if before else last
        decides = bool(before)
    else:
        decides = _activation(last) in _DECIDES
    if decides and isinstance(last, keras.layers.Dense):
        return keras.Model(model.inputs, last.input)
    return keras.Model(model.inputs, model.outputs[0])


def _activation(layer: keras.Layer) -> str:
    return str(getattr(getattr(layer, "activation", None), "__name__", ""))
