"""vggface: the same numbers as the package keras-vggface 0.6 gives, from the same file."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from fewshot.backbones.published_h5 import load_published
from fewshot.backbones.vggface import resnet50, senet50, vgg16
from tests.published_weights import write_published
from tests.vggface_shim import original_package

pytestmark = pytest.mark.tensorflow

OURS: dict[str, Callable[..., keras.Model]] = {
    "VGG16": vgg16,
    "RESNET50": resnet50,
    "SENET50": senet50,
}
QUIET = {"fc8": 1e-3, "classifier": 1e-5}  # keeps random probabilities away from 0 and 1
SIZES = {"VGG16": 64, "RESNET50": 197, "SENET50": 197}


@dataclass(frozen=True)
class Twins:
    """The package's network, and ours of the same size."""

    theirs: keras.Model
    ours: keras.Model


@pytest.fixture(
    scope="module", params=[(name, top) for name in OURS for top in (False, True)], ids=str
)
def twins(request: pytest.FixtureRequest) -> Twins:
    name, top = request.param
    size = SIZES[name]
    with original_package() as package:
        theirs = getattr(package, name)(include_top=top, weights=None, input_shape=(size, size, 3))
    return Twins(theirs, OURS[name](size, top=top))


def pictures(size: int) -> NDArray[np.float32]:
    """Two pictures of noise, as preprocessing leaves them."""
    return np.random.default_rng(5).uniform(-130, 130, (2, size, size, 3)).astype(np.float32)


def quiet(path: Path) -> None:
    """Scale the last layer of a top down; unscaled, its softmax would say 1 and 0 only."""
    with h5py.File(path, "r+") as file:
        for layer, factor in QUIET.items():
            if layer in file:
                file[f"{layer}/{layer}/kernel:0"][...] *= np.float32(factor)


def weighty(model: keras.Model) -> list[Any]:
    return [layer for layer in model.layers if layer.weights]


def test_a_network_gives_the_numbers_of_the_package_from_the_same_file(
    twins: Twins, tmp_path: Path
) -> None:
    path = write_published(twins.theirs, tmp_path / "published.h5", seed=11)
    quiet(path)
    twins.theirs.load_weights(path)  # Keras's own loader, by order
    load_published(twins.ours, path)
    path.unlink()
    batch = pictures(twins.ours.input_shape[1])
    expected = np.asarray(twins.theirs(batch, training=False))
    got = np.asarray(twins.ours(batch, training=False))
    assert np.isfinite(expected).all()
    assert (np.abs(expected) > 1e-3 * np.abs(expected).max()).mean() > 0.5  # it is alive
    assert np.abs(got - expected).max() <= 1e-5 * np.abs(expected).max()


def test_the_layers_with_weights_are_the_packages_in_its_order(twins: Twins) -> None:
    ours, theirs = (
        [
            (layer.name, [tuple(weight.shape) for weight in layer.weights])
            for layer in weighty(model)
        ]
        for model in (twins.ours, twins.theirs)
    )
    assert ours == theirs


@pytest.mark.parametrize(
    ("build", "top", "layers", "parameters"),
    [
        (vgg16, True, 16, 145_002_878),
        (vgg16, False, 13, 14_714_688),
        (resnet50, True, 107, 41_246_071),
        (resnet50, False, 106, 23_561_152),
        (senet50, True, 139, 43_777_063),  # counted in the package's own SENET50, by the shim
        (senet50, False, 138, 26_092_144),  # the same
    ],
)
def test_a_network_has_as_many_parameters_as_the_published_one(
    build: Callable[..., keras.Model], top: bool, layers: int, parameters: int
) -> None:
    model = build(224, top=top)
    assert (len(weighty(model)), model.count_params()) == (layers, parameters)


@pytest.mark.parametrize(
    ("build", "size", "end", "shape"),
    [
        (vgg16, 224, "pool5", (7, 7, 512)),
        (vgg16, 32, "pool5", (1, 1, 512)),
        (resnet50, 224, "avg_pool", (1, 1, 2048)),
        (resnet50, 420, "avg_pool", (1, 1, 2048)),
        (resnet50, 421, "avg_pool", (2, 2, 2048)),
        (senet50, 197, "avg_pool", (1, 1, 2048)),
    ],
)
def test_without_a_top_a_network_ends_where_the_embedding_is(
    build: Callable[..., keras.Model], size: int, end: str, shape: tuple[int, ...]
) -> None:
    model = build(size, top=False)
    assert model.input.name == "image"
    assert model.input_shape == (None, size, size, 3)
    assert (model.layers[-1].name, model.output_shape) == (end, (None, *shape))


@pytest.mark.parametrize(("build", "smallest"), [(vgg16, 32), (resnet50, 197), (senet50, 197)])
def test_a_picture_too_small_for_a_network_is_refused(
    build: Callable[..., keras.Model], smallest: int
) -> None:
    with pytest.raises(ValueError, match=f"takes {smallest} pixels a side or more; got"):
        build(smallest - 1, top=False)


@pytest.mark.parametrize("build", [vgg16, senet50])
def test_two_networks_of_a_kind_have_the_same_layer_names(
    build: Callable[..., keras.Model],
) -> None:
    first, second = ([layer.name for layer in build(197, top=False).layers] for _ in range(2))
    assert first == second


def test_the_shim_leaves_nothing_behind() -> None:
    before = set(sys.modules)
    with original_package() as package:
        assert package.__name__ in sys.modules
    roots = ("keras_vggface", "keras_applications", "keras.engine")
    aliases = ("keras.utils.layer_utils", "keras.utils.data_utils")
    left = set(sys.modules) - before
    assert [name for name in left if name.startswith(roots) or name in aliases] == []
