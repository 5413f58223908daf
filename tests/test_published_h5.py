"""published_h5: all of a file is assigned, or nothing is, and the first misfit is named."""

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
from tests.published_weights import renumbered, write_published

pytestmark = pytest.mark.tensorflow

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


def in_file(path: Path, model: keras.Model) -> Values:
    """Return the file's numbers in the network's order, read as plainly as can be."""
    with h5py.File(path) as file:
        return [
            file[f"{name}/{weight}"][()]
            for name in (layer.name.replace("__", "/") for layer in model.layers)
            for weight in np.char.decode(file[name].attrs["weight_names"].astype("S"))
        ]


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


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e300])
def test_numbers_that_are_not_finite_are_refused(bad: float, broken: Callable[..., str]) -> None:
    reason = broken(replaced(MEAN, np.array([0.0, 1.0, bad, 2.0])))
    assert reason == "layer conv1__bn: it holds numbers that are not finite"


@pytest.mark.parametrize(
    "data", [np.zeros(4, np.int32), np.zeros(4, complex), np.array([b"x"] * 4)]
)
def test_data_that_is_no_floats_is_refused(data: NDArray[Any], broken: Callable[..., str]) -> None:
    assert "layer conv1__bn: it holds" in broken(replaced(MEAN, data))


@pytest.mark.parametrize("link", [h5py.ExternalLink("other.h5", "/x"), h5py.SoftLink("/conv3")])
@pytest.mark.parametrize("where", [KERNEL, "conv1/bn", "conv1"])
def test_a_link_to_somewhere_else_is_refused(
    where: str, link: Any, broken: Callable[..., str]
) -> None:
    assert "is a link to somewhere else" in broken(linked(where, link))


def test_data_kept_in_another_file_is_refused(
    published: Path, tmp_path: Path, broken: Callable[..., str]
) -> None:
    (tmp_path / "secret").write_bytes(bytes(16))

    def breakage(file: Any) -> None:
        del file[MEAN]
        outside = [(str(tmp_path / "secret"), 0, 16)]
        file.create_dataset(MEAN, (4,), np.float32, external=outside)

    assert broken(breakage) == "layer conv1__bn: its numbers lie in another file"


def test_data_gathered_from_other_files_is_refused(
    published: Path, broken: Callable[..., str]
) -> None:
    def breakage(file: Any) -> None:
        del file[MEAN]
        layout = h5py.VirtualLayout((4,), np.float32)
        layout[:] = h5py.VirtualSource("other.h5", "x", (4,))
        file.create_virtual_dataset(MEAN, layout)

    assert broken(breakage) == "layer conv1__bn: its numbers lie in another file"


def test_a_chunk_that_unpacks_to_more_than_the_whole_is_refused(broken: Callable[..., str]) -> None:
    options = {"chunks": (1 << 20,), "maxshape": (None,), "compression": "gzip"}
    reason = broken(replaced(MEAN, np.zeros(4, np.float32), **options))
    assert reason == "layer conv1__bn: a chunk is larger than the whole"


@pytest.mark.parametrize("path", [b"/conv3/conv3/bias:0", b"../conv3", b".", b"conv1//kernel:0"])
def test_a_weight_is_looked_for_inside_its_layer_only(
    path: bytes, broken: Callable[..., str]
) -> None:
    reason = broken(attribute("weight_names", [path], "conv1"))
    assert reason.startswith("layer conv1: ")


def test_a_group_where_numbers_belong_is_refused(broken: Callable[..., str]) -> None:
    reason = broken(attribute("weight_names", [b"conv1"], "conv1"))
    assert reason == "layer conv1: a group stands where numbers belong"


def test_a_layer_that_is_named_but_not_there_is_refused(broken: Callable[..., str]) -> None:
    def breakage(file: Any) -> None:
        del file["conv2"]

    assert broken(breakage) == "layer conv2: it is named, but conv2 is not there"


def test_a_layer_without_a_list_of_its_weights_is_refused(broken: Callable[..., str]) -> None:
    def breakage(file: Any) -> None:
        del file["conv2"].attrs["weight_names"]

    assert broken(breakage) == "/conv2 has no weight_names"


def test_a_layer_named_twice_is_refused(broken: Callable[..., str]) -> None:
    names = [b"conv1", b"conv2", b"conv2", b"conv3"]
    assert broken(attribute("layer_names", names)) == "layer conv2 is in it 2 times"


def test_more_names_than_any_network_has_are_refused(broken: Callable[..., str]) -> None:
    names = np.full(10_001, b"x")
    assert broken(attribute("layer_names", names)).endswith("10001 names, more than 10000")


@pytest.mark.parametrize("names", [np.arange(3.0), b"conv1", np.array([b"x" * 1001])])
def test_names_that_are_no_list_of_short_texts_are_refused(
    names: Any, broken: Callable[..., str]
) -> None:
    assert broken(attribute("layer_names", names)).startswith("layer_names of / ")


def test_a_file_without_layer_names_is_refused(broken: Callable[..., str]) -> None:
    def breakage(file: Any) -> None:
        del file.attrs["layer_names"]

    assert broken(breakage).startswith("it has no layer_names")


def test_a_truncated_file_is_refused(published: Path) -> None:
    published.write_bytes(published.read_bytes()[:-500])
    assert refusal(small(), published).startswith("it is truncated or damaged")


@pytest.mark.parametrize("content", [b"", b"<html>404</html>", b"\x89HDF"])
def test_a_file_of_another_kind_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "page.h5"
    path.write_bytes(content)
    assert refusal(small(), path) == "it is no HDF5 file"


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert refusal(small(), tmp_path / "none.h5") == "there is no such file"


@pytest.mark.parametrize("seed", range(20))
def test_a_file_with_flipped_bytes_is_taken_or_refused_in_words(seed: int, published: Path) -> None:
    content = bytearray(published.read_bytes())
    rng = np.random.default_rng(seed)
    for place in rng.integers(0, len(content), 30):
        content[place] = rng.integers(256)
    published.write_bytes(content)
    model = small()
    before = values(model)
    try:
        load_published(model, published)
    except WeightsRefused:
        assert same(before, values(model))
    assert all(np.isfinite(weight).all() for weight in values(model))
