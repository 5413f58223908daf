"""own_network: a user's own Keras model as a backbone, and what is refused of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fewshot.backbones.catalog import find_backbone
from fewshot.backbones.choice import BackboneChoice
from fewshot.backbones.errors import (
    BackboneUnavailable,
    BadBackboneOption,
    WeightsMissing,
    WeightsRefused,
)
from fewshot.backbones.litert import LiteRTBackbone
from fewshot.backbones.loading import build_now, load_again
from tests import provided
from tests.conftest import Folder, draw
from tests.networks import write_own_model
from tests.provided import Provide

pytestmark = pytest.mark.tensorflow


provide, listener, model = provided.provide, provided.listener, provided.model


def test_pictures_to_compare_on_may_be_one_s_own(model: Path, folder_of: Folder) -> None:
    folder = folder_of(red=3, blue=2)
    artifact = build_now(BackboneChoice(f"file:{model}", precision="int8"), pictures=folder)
    parity = artifact.manifest.parity
    assert (parity.pictures, parity.on) == (5, str(folder))


def test_a_layer_of_an_own_model_is_cut_at(provide: Provide) -> None:
    assert provide(layer="features").manifest.d == 16


def test_a_layer_that_is_not_there_suggests_one(provide: Provide) -> None:
    with pytest.raises(BadBackboneOption, match="did you mean features"):
        provide(layer="feature")


def test_a_classifier_is_embedded_by_what_goes_into_its_last_layer(
    provide: Provide, tmp_path: Path
) -> None:
    path = write_own_model(tmp_path / "classifier.keras", classes=3)
    assert provide(path).manifest.d == 16


def test_a_model_is_found_again_where_it_was_moved_to(
    provide: Provide, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "own.keras"
    path.write_bytes(model.read_bytes())
    blueprint = provide(path).manifest.blueprint
    (tmp_path / "moved").mkdir()
    path.rename(tmp_path / "moved" / "renamed.keras")
    monkeypatch.setenv("FEWSHOT_CACHE", str(tmp_path / "empty"))
    monkeypatch.setenv("FEWSHOT_WEIGHTS", str(tmp_path / "moved"))
    assert load_again(f"file:{path}", blueprint).fingerprint == blueprint.fingerprint


def test_a_model_that_is_gone_with_its_cache_is_named(
    provide: Provide, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "own.keras"
    path.write_bytes(model.read_bytes())
    blueprint = provide(path).manifest.blueprint
    path.unlink()
    monkeypatch.setenv("FEWSHOT_CACHE", str(tmp_path / "empty"))
    with pytest.raises(WeightsMissing, match=r"own\.keras \(SHA-256 .*FEWSHOT_WEIGHTS"):
        load_again(f"file:{path}", blueprint)


def test_a_crop_is_embedded_as_keras_embeds_it(provide: Provide, model: Path) -> None:
    import keras

    from fewshot.backbones.preprocessing import PREPROCESSINGS
    from fewshot.backbones.squeeze import prepared

    crop = np.asarray(draw("red"))
    given = prepared(crop, 32, PREPROCESSINGS["symmetric"])
    theirs = np.asarray(keras.saving.load_model(model)(given))[0]
    ours = LiteRTBackbone(provide(), find_backbone("file:own")).embed([crop])[0]
    assert ours == pytest.approx(theirs / np.linalg.norm(theirs), abs=1e-6)


def save(path: Path, inputs: Any, outputs: Any) -> Path:
    import keras

    keras.Model(inputs, outputs).save(path)
    return path


def test_a_model_of_two_inputs_is_refused(provide: Provide, tmp_path: Path) -> None:
    import keras

    one, two = keras.Input((32, 32, 3)), keras.Input((32, 32, 3))
    path = save(tmp_path / "two.keras", [one, two], keras.layers.Flatten(name="g")(one + two))
    for options in ({}, {"layer": "g"}):
        with pytest.raises(WeightsRefused, match="2 inputs"):
            provide(path, **options)


def test_a_vector_too_wide_for_a_gallery_is_refused_before_it_is_built(
    provide: Provide, tmp_path: Path
) -> None:
    import keras

    picture = keras.Input((160, 160, 3))
    path = save(tmp_path / "wide.keras", picture, keras.layers.Flatten()(picture))
    with pytest.raises(BadBackboneOption, match="76,800 numbers, 65,536 is the most"):
        provide(path)


def test_a_model_that_gives_no_numbers_is_refused(provide: Provide, tmp_path: Path) -> None:
    import keras

    model = keras.saving.load_model(write_own_model(tmp_path / "nan.keras"))
    model.layers[0].set_weights([one * np.nan for one in model.layers[0].get_weights()])
    model.save(tmp_path / "nan.keras")
    with pytest.raises(BackboneUnavailable, match="not finite"):
        provide(tmp_path / "nan.keras")


def test_what_the_converter_cannot_hold_is_said_in_one_line(
    provide: Provide, tmp_path: Path
) -> None:
    import keras

    picture = keras.Input((32, 32, 3))
    gray = keras.ops.mean(picture, axis=-1)
    inverse = keras.ops.linalg.inv(gray + 40 * keras.ops.eye(32))
    path = save(tmp_path / "inverse.keras", picture, keras.layers.Flatten()(inverse))
    with pytest.raises(BackboneUnavailable, match=r"cannot use .*Error") as caught:
        provide(path)
    assert "\n" not in str(caught.value)
