"""published_h5: all of a file is assigned, or nothing is, and the first misfit is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

from fewshot.backbones.published_h5 import load_published
from tests import small_network
from tests.published_weights import renumbered, write_published
from tests.small_network import (
    KERNEL,
    MEAN,
    Values,
    attribute,
    refusal,
    replaced,
    same,
    small,
    values,
)

pytestmark = pytest.mark.tensorflow

published = small_network.published
broken = small_network.broken


def in_file(path: Path, model: keras.Model) -> Values:
    """Return the file's numbers in the network's order, read as plainly as can be."""
    with h5py.File(path) as file:
        return [
            file[f"{name}/{weight}"][()]
            for name in (layer.name.replace("__", "/") for layer in model.layers)
            for weight in np.char.decode(file[name].attrs["weight_names"].astype("S"))
        ]


def test_a_file_with_slashes_in_its_names_is_assigned_by_name(published: Path) -> None:
    model = small()
    load_published(model, published)
    assert same(values(model), in_file(published, model))


def test_by_name_the_order_of_the_file_is_no_matter(published: Path) -> None:
    with h5py.File(published, "r+") as file:
        file.attrs["layer_names"] = file.attrs["layer_names"][::-1]
    model = small()
    load_published(model, published)
    assert same(values(model), in_file(published, model))


def test_a_file_whose_layers_are_numbered_otherwise_is_assigned_by_order(tmp_path: Path) -> None:
    model = small()
    known = write_published(model, tmp_path / "known.h5", seed=1)
    path = write_published(model, tmp_path / "other.h5", seed=1, rename=renumbered(model))
    load_published(model, path)
    assert same(values(model), in_file(known, model))


@pytest.mark.parametrize(
    "build", [keras.applications.MobileNetV2, keras.applications.InceptionV3], ids=["mob", "inc"]
)
def test_a_network_of_keras_applications_is_assigned_by_order(
    build: Callable[..., keras.Model], tmp_path: Path
) -> None:
    model = build(weights=None, include_top=False, input_shape=(96, 96, 3))
    path = write_published(model, tmp_path / "other.h5", seed=1, rename=renumbered(model))
    by_keras = build(weights=None, include_top=False, input_shape=(96, 96, 3))
    by_keras.load_weights(path)
    load_published(model, path)
    assert same(values(model), values(by_keras))


def test_the_weights_of_a_whole_saved_model_are_found(published: Path) -> None:
    with h5py.File(published, "r+") as file:
        inner = file.create_group("model_weights")
        for name in list(file):
            if name != "model_weights":
                file.move(name, f"model_weights/{name}")
        inner.attrs["layer_names"] = file.attrs["layer_names"]
        del file.attrs["layer_names"]
        expected = inner[KERNEL][()]
    model = small()
    load_published(model, published)
    assert np.array_equal(model.weights[0], expected)


def test_names_split_over_several_attributes_are_joined(published: Path) -> None:
    with h5py.File(published, "r+") as file:
        names = file.attrs["layer_names"]
        del file.attrs["layer_names"]
        file.attrs["layer_names0"], file.attrs["layer_names1"] = names[:2], names[2:]
    model = small()
    load_published(model, published)
    assert same(values(model), in_file(published, model))


def test_names_kept_as_text_are_read_as_those_kept_as_bytes(published: Path) -> None:
    with h5py.File(published, "r+") as file:
        names = [name.decode() for name in file.attrs["layer_names"]]
        file.attrs.create("layer_names", names, dtype=h5py.string_dtype())
    model = small()
    load_published(model, published)
    assert same(values(model), in_file(published, model))


@pytest.mark.parametrize("names", [("W", "b"), ("conv3_W_1:0", "conv3_b_1:0"), ("one", "two")])
def test_weights_with_names_of_keras_1_or_of_nobody_are_taken_in_their_order(
    names: tuple[str, str], published: Path
) -> None:
    with h5py.File(published, "r+") as file:
        for old, new in zip(("kernel", "bias"), names, strict=True):
            file.move(f"conv3/conv3/{old}:0", f"conv3/{new}")
        file["conv3"].attrs["weight_names"] = np.array([name.encode() for name in names])
        expected = file[f"conv3/{names[0]}"][()]
    model = small()
    load_published(model, published)
    assert np.array_equal(model.get_layer("conv3").weights[0], expected)


def test_half_and_double_precision_are_taken(published: Path) -> None:
    with h5py.File(published, "r+") as file:
        kernel = file[KERNEL][()].astype(np.float16)
        replaced(KERNEL, kernel)(file)
        replaced(MEAN, np.arange(4, dtype=">f8"))(file)
    model = small()
    load_published(model, published)
    assert np.array_equal(model.weights[0], kernel.astype(np.float32))
    assert np.array_equal(model.get_layer("conv1__bn").moving_mean, np.arange(4))


def test_a_file_that_lacks_layers_names_the_first(published: Path) -> None:
    reason = "it has 4 layers with weights, the network 5: the first the file lacks is fc"
    assert refusal(small(top=True), published) == reason


def test_a_file_with_a_top_does_not_fit_a_network_without(tmp_path: Path) -> None:
    path = write_published(small(top=True), tmp_path / "top.h5", seed=1)
    reason = "it has 5 layers with weights, the network 4: the first the network lacks is fc"
    assert refusal(small(), path) == reason


def test_a_network_of_other_widths_names_the_first_layer_that_differs(published: Path) -> None:
    reason = "layer conv1: the file has (3, 3, 3, 4), the network (3, 3, 3, 6)"
    assert refusal(small(filters=6), published) == reason


def test_by_order_a_layer_is_named_as_on_both_sides(tmp_path: Path) -> None:
    model = small()
    path = write_published(model, tmp_path / "other.h5", seed=1, rename=renumbered(model))
    assert refusal(small(filters=6), path).startswith(
        "layer conv1 (conv2d_1 in the file): the file"
    )


def test_a_misfit_in_the_last_layer_leaves_the_first_alone(broken: Callable[..., str]) -> None:
    reason = broken(replaced("conv3/conv3/bias:0", np.zeros(9, np.float32)))
    assert reason == "layer conv3: the file has (9,), the network (4,)"


@pytest.mark.parametrize(
    ("layer", "first", "second"), [("conv3", "bias", "kernel"), ("conv1/bn", "beta", "gamma")]
)
def test_weights_in_another_order_within_a_layer_are_refused(
    layer: str, first: str, second: str, broken: Callable[..., str]
) -> None:
    def swap(file: Any) -> None:
        names = file[layer].attrs["weight_names"].copy()
        names[[0, 1]] = names[[1, 0]]
        file[layer].attrs["weight_names"] = names

    where = layer.replace("/", "__")
    told = f"layer {where}: the file has {layer}/{first}:0 where the network has {second}"
    assert broken(swap) == told


def test_a_layer_with_a_weight_too_many_is_refused(broken: Callable[..., str]) -> None:
    names = [b"conv1/kernel:0", b"conv1/bias:0"]
    reason = broken(attribute("weight_names", names, "conv1"))
    assert reason == "layer conv1: the file has 2 weights, the network 1"
