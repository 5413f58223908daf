"""A Keras model comes in; a LiteRT graph that agrees with it, and how well, goes out.

Nothing is used before it has been compared: the graph must be as large as its weights are, and give
the vectors that Keras gives. Of the ways to convert, the one over a SavedModel is used, as Keras
itself does from 3.13 on: converting concrete functions of Keras 3 writes a graph without weights,
and no error.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from fewshot.backbones.artifact import Parity
from fewshot.backbones.errors import BackboneUnavailable
from fewshot.backbones.litert import Interpreters

LOWEST = {"float32": 0.9999, "fp16": 0.998, "int8": 0.9}
"""The cosine to Keras that every picture must reach, by precision."""

_BYTES = {"float32": 4, "fp16": 2, "int8": 1}  # a weight


def export(model: keras.Model, graph: Path, precision: str) -> None:
    """Write a model (1, size, size, 3) -> (1, d) as a LiteRT graph; raises BackboneUnavailable.

    precision: "float32"; "fp16" stores the weights in half the room; "int8" in a quarter, and
    computes in part with integers.
    """
    if keras.backend.backend() != "tensorflow":
        raise BackboneUnavailable(
            "it", f"Keras runs on {keras.backend.backend()}", "set KERAS_BACKEND=tensorflow"
        )
    shape = (1, *model.inputs[0].shape[1:])
    signature = [keras.InputSpec(shape=shape, dtype="float32", name="image")]
    with TemporaryDirectory(dir=graph.parent) as saved:
        model.export(saved, format="tf_saved_model", input_signature=signature, verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(saved)
        if precision != "float32":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if precision == "fp16":
            converter.target_spec.supported_types = [tf.float16]
        graph.write_bytes(converter.convert())
    kernels = (one.shape for one in model.trainable_weights if len(one.shape) > 1)
    least = sum(int(np.prod(shape)) for shape in kernels) * _BYTES[precision]
    size = graph.stat().st_size
    if size < least:
        raise BackboneUnavailable(
            graph.name,
            f"the graph has {size:,} bytes where its weights alone take {least:,}",
            "tell us, with your versions of tensorflow and keras",
        )


def compare(
    model: keras.Model, graph: Path, d: int, inputs: Sequence[NDArray[np.float32]], on: str
) -> Parity:
    """Ask both about the same inputs, each (1, size, size, 3); return how well they agree."""
    interpreters = Interpreters(graph, inputs[0].shape[1], d)
    cosines = []
    for one in inputs:
        ours = interpreters.run(one, threads=1).astype(np.float64)
        theirs = np.asarray(model(one, training=False), np.float64)[0]
        if not np.isfinite(theirs).all():
            raise BackboneUnavailable(
                "it", "it gives numbers that are not finite", "look at the model"
            )
        lengths = float(np.linalg.norm(ours) * np.linalg.norm(theirs))
        same = not np.any(ours) and not np.any(theirs)
        cosines.append(1.0 if same else float(ours @ theirs) / lengths if lengths else 0.0)
    return Parity(len(cosines), min(cosines), float(np.mean(cosines)), on)


def require(parity: Parity, name: str, precision: str) -> None:
    """Raise BackboneUnavailable where a graph agrees too little with Keras to be used."""
    least = LOWEST[precision]
    if not parity.lowest >= least:  # NaN too
        raise BackboneUnavailable(
            name,
            f"at {precision} its vectors have cosine {parity.lowest:.6f} to those of Keras, "
            f"{least} is needed",
            "use another precision" if precision != "float32" else "tell us, with your versions",
        )
