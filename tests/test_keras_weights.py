"""keras_weights: Keras 3's own files, of a whole network or of its part; all or none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fewshot.backbones.errors import WeightsRefused

h5py = pytest.importorskip("h5py")
keras = pytest.importorskip("keras")
pytestmark = pytest.mark.tensorflow


def networks(seed: int) -> tuple[Any, Any]:
    """Return a network, and its part up to a layer."""
    keras.utils.set_random_seed(seed)
    picture = keras.Input((8, 8, 3))
    cut = keras.layers.Conv2D(4, 3, name="cut")(picture)
    normal = keras.layers.BatchNormalization()(cut)
    return keras.Model(picture, keras.layers.Conv2D(5, 3)(normal)), keras.Model(picture, cut)


def load(model: tuple[Any, Any], path: Path) -> None:
    from fewshot.backbones.keras_weights import load_weights

    load_weights(*model, path)


def refusal(model: tuple[Any, Any], path: Path) -> str:
    """Return why a file was refused; nothing where it was loaded."""
    try:
        load(model, path)
    except WeightsRefused as error:
        return str(error)
    return ""


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "whole.weights.h5"
    networks(1)[0].save_weights(path)
    return path


def same(one: Any, other: Any) -> bool:
    pairs = zip(one.get_weights(), other.get_weights(), strict=True)
    return all(np.array_equal(*pair) for pair in pairs)


def test_a_file_of_the_whole_network_is_loaded(saved: Path) -> None:
    model = networks(2)
    load(model, saved)
    assert same(model[0], networks(1)[0])


def test_a_file_of_the_part_is_loaded_into_the_part(tmp_path: Path) -> None:
    networks(1)[1].save_weights(tmp_path / "part.weights.h5")
    model = networks(2)
    load(model, tmp_path / "part.weights.h5")
    assert same(model[1], networks(1)[1])


def test_a_file_of_neither_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]).save_weights(
        tmp_path / "other.weights.h5"
    )
    model = networks(2)
    with pytest.raises(WeightsRefused, match="other shapes"):
        load(model, tmp_path / "other.weights.h5")
    assert same(model[0], networks(2)[0])


def test_numbers_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    model = networks(1)[0]
    model.layers[1].set_weights([one * np.nan for one in model.layers[1].get_weights()])
    model.save_weights(tmp_path / "nan.weights.h5")
    with pytest.raises(WeightsRefused, match="not finite"):
        load(networks(2), tmp_path / "nan.weights.h5")


def outside(file: Any) -> None:
    del file["layers/conv2d/vars/0"]
    file["layers/conv2d/vars/0"] = h5py.ExternalLink("/etc/hostname", "/x")


def elsewhere(file: Any) -> None:
    file.move("layers", "moved")
    file["layers"] = h5py.SoftLink("/moved")


def flat(file: Any) -> None:
    del file["layers"]
    file["layers"] = np.zeros(3)


def whole_numbers(file: Any) -> None:
    data = np.zeros(file["layers/conv2d/vars/0"].shape, np.int32)
    del file["layers/conv2d/vars/0"]
    file["layers/conv2d/vars/0"] = data


@pytest.mark.parametrize("harm", [outside, elsewhere, flat, whole_numbers])
def test_a_file_that_points_elsewhere_or_holds_something_else_is_refused(
    harm: Callable[[Any], None], saved: Path
) -> None:
    with h5py.File(saved, "r+") as file:
        harm(file)
    with pytest.raises(WeightsRefused):
        load(networks(2), saved)


@pytest.mark.parametrize("seed", range(30))
def test_a_damaged_file_is_refused_or_loaded_and_nothing_else(seed: int, saved: Path) -> None:
    rng = np.random.default_rng(seed)
    data = bytearray(saved.read_bytes())
    for place in rng.integers(0, len(data), 40):
        data[place] = rng.integers(256)
    saved.write_bytes(data)
    model = networks(2)
    refused = refusal(model, saved)
    if refused:
        assert refused.startswith(f"cannot use weights {saved}: ")
    else:
        assert all(np.isfinite(one).all() for one in model[0].get_weights())


def test_a_file_of_another_name_is_loaded_by_what_it_holds(saved: Path, tmp_path: Path) -> None:
    saved.rename(tmp_path / "mine.h5")
    model = networks(2)
    load(model, tmp_path / "mine.h5")
    assert same(model[0], networks(1)[0])
