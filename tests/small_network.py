"""A small network, a published file of weights for it, and ways to break that file.

A test module takes the fixtures under their own names: `published = small_network.published`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from keras import layers
from numpy.typing import NDArray

from fewshot.backbones.errors import WeightsRefused
from fewshot.backbones.published_h5 import load_published
from tests.published_weights import write_published

KERNEL = "conv1/conv1/kernel:0"  # of the first layer of `small`, in the file
MEAN = "conv1/bn/conv1/bn/moving_mean:0"

Values = list[NDArray[np.float32]]
Breakage = Callable[[Any], None]


def small(top: bool = False, *, filters: int = 4) -> keras.Model:
    """A network of four layers with weights: a convolution, its normalization, two more."""
    image = keras.Input((8, 8, 3), name="image")
    x = layers.Conv2D(filters, 3, use_bias=False, name="conv1")(image)
    x = layers.BatchNormalization(name="conv1__bn")(x)
    x = layers.Activation("relu", name="conv1__relu")(x)
    x = layers.DepthwiseConv2D(3, name="conv2")(x)
    x = layers.Conv2D(4, 1, name="conv3")(x)
    if top:
        x = layers.Flatten(name="flatten")(x)
        x = layers.Dense(5, name="fc")(x)
    return keras.Model(image, x)


def values(model: keras.Model) -> Values:
    return [np.asarray(weight) for weight in model.weights]


def same(some: Values, others: Values) -> bool:
    return len(some) == len(others) and all(map(np.array_equal, some, others))


def refusal(model: keras.Model, path: Path) -> str:
    """Load what does not fit; returns the reason, having seen that nothing was assigned."""
    before = values(model)
    with pytest.raises(WeightsRefused) as refused:
        load_published(model, path)
    assert same(before, values(model))
    assert refused.value.path == path
    return refused.value.reason


@pytest.fixture
def published(tmp_path: Path) -> Path:
    return write_published(small(), tmp_path / "small.h5", seed=1)


@pytest.fixture
def broken(published: Path) -> Callable[[Breakage], str]:
    """Break the published file; returns why it is then refused."""

    def reason(breakage: Breakage) -> str:
        with h5py.File(published, "r+") as file:
            breakage(file)
        return refusal(small(), published)

    return reason


def replaced(dataset: str, data: Any, **options: Any) -> Breakage:
    def breakage(file: Any) -> None:
        del file[dataset]
        file.create_dataset(dataset, data=data, **options)

    return breakage


def linked(dataset: str, link: Any) -> Breakage:
    def breakage(file: Any) -> None:
        del file[dataset]
        file[dataset] = link

    return breakage


def attribute(name: str, value: Any, group: str = "/") -> Breakage:
    def breakage(file: Any) -> None:
        file[group].attrs[name] = value

    return breakage
