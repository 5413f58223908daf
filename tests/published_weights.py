"""A network comes in; a file of the layout that publishers use, full of random weights, goes out.

The layout is that of `save_weights` of Keras 1 and 2: `layer_names`, and a group a layer with its
`weight_names`. The values keep activations alive through a hundred layers, and no two layers are
alike, so that two networks that give the same numbers from one file are the same network.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
from numpy.typing import NDArray

FLOATS = NDArray[np.float32]


def with_slashes(name: str) -> str:
    """Give a layer the name that it has in VGGFace's files."""
    return name.replace("__", "/")


def write_published(
    model: keras.Model,
    path: Path,
    *,
    seed: int,
    rename: Callable[[str], str] = with_slashes,
) -> Path:
    """Write random weights for a network in the order of its layers; returns the path.

    `rename` turns the network's name of a layer into the file's: with `renumbered`, say, the names
    no longer tell which layer is which, as in InceptionV3's published file.
    """
    rng = np.random.default_rng(seed)
    with h5py.File(path, "w") as file:
        names = [rename(layer.name) for layer in model.layers]
        file.attrs["layer_names"] = _bytes(names)
        file.attrs["backend"] = b"tensorflow"
        file.attrs["keras_version"] = b"2.2.4"
        for name, layer in zip(names, model.layers, strict=True):
            group = file.require_group(name)  # a name with "/" is a group in a group
            weights = [f"{name}/{_published(layer, weight)}:0" for weight in layer.weights]
            group.attrs["weight_names"] = _bytes(weights)
            for weight_name, weight in zip(weights, layer.weights, strict=True):
                values = random_values(rng, weight)
                if "increase" in layer.name and weight.name == "gamma":
                    values *= np.float32(0.2)  # else rounding grows from block to block
                group.create_dataset(weight_name, data=values)
    return path


def renumbered(model: keras.Model) -> Callable[[str], str]:
    """Return a renaming that numbers the layers of each kind, as Keras does: conv2d_1 ..."""
    names: dict[str, str] = {}
    counts: dict[str, int] = {}
    for layer in model.layers:
        kind = type(layer).__name__.lower()
        counts[kind] = counts.get(kind, 0) + 1
        names[layer.name] = f"{kind}_{counts[kind]}"
    return lambda name: names[name]


def random_values(rng: np.random.Generator, weight: Any) -> FLOATS:
    """Draw values for a weight by what it is: its shape's, float32."""
    shape = tuple(weight.shape)
    noise: FLOATS = rng.standard_normal(shape, np.float32)
    if weight.name == "kernel":
        depthwise = len(shape) == 4 and shape[-1] == 1 and shape[2] > 1
        noise *= np.sqrt(np.float32(2 / prod(shape[:2] if depthwise else shape[:-1])))
    elif weight.name == "gamma":
        noise = 1 + 0.1 * noise
    elif weight.name == "moving_variance":
        noise = rng.uniform(0.7, 1.4, shape).astype(np.float32)
    else:
        noise *= np.float32(0.1)
    return noise.astype(np.float32)


def _published(layer: Any, weight: Any) -> str:
    """Return what Keras 2 called a weight."""
    depthwise = isinstance(layer, keras.layers.DepthwiseConv2D) and weight.name == "kernel"
    return "depthwise_kernel" if depthwise else str(weight.name)


def _bytes(names: list[str]) -> NDArray[Any]:
    """Return names as Keras 2 wrote them: bytes, or no floats where there is none."""
    return np.array([name.encode() for name in names])
