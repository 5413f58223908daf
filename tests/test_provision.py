"""provision: built once, compared with Keras, taken from the cache ever after, never trusted."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from fewshot.backbones import provision
from fewshot.backbones.artifact import GRAPH, MANIFEST, Artifact, each_artifact
from fewshot.backbones.blueprint import Blueprint
from fewshot.backbones.catalog import find_backbone
from fewshot.backbones.choice import BackboneChoice
from fewshot.backbones.errors import (
    BackboneUnavailable,
    BadBackboneOption,
    WeightsMissing,
    WeightsRefused,
)
from fewshot.backbones.litert import LiteRTBackbone
from fewshot.backbones.loading import build_now, load_again, load_backbone
from fewshot.watch import Watch
from tests.conftest import Folder, draw
from tests.networks import write_own_model
from tests.test_artifact import manifest_of, place

pytestmark = pytest.mark.tensorflow


class Listener(Watch):
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def say(self, text: str) -> None:
        self.heard.append(text)

    @property
    def built(self) -> int:
        return sum(text.startswith("building") for text in self.heard)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_own_model(tmp_path_factory.mktemp("models") / "own.keras")


Provide = Callable[..., Artifact]


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def provide(model: Path, listener: Listener) -> Provide:
    def run(path: Path = model, **options: Any) -> Artifact:
        choice = BackboneChoice(f"file:{path}", **options)
        return provision.provide(choice, find_backbone(choice.name), listener)

    return run


def test_it_is_built_once(provide: Provide, listener: Listener) -> None:
    assert provide() == provide()
    assert listener.built == 1


def test_what_was_built_agrees_with_keras(provide: Provide) -> None:
    parity = provide().manifest.parity
    assert (parity.pictures, parity.on) == (8, "drawn")
    assert parity.lowest >= 0.9999


def test_the_manifest_says_what_it_is(provide: Provide, model: Path) -> None:
    manifest = provide().manifest
    blueprint = manifest.blueprint
    assert (manifest.name, manifest.d, manifest.published) == ("file", 16, False)
    assert (blueprint.size, blueprint.preprocessing) == (32, "symmetric")
    assert (blueprint.precision, blueprint.source) == ("float32", str(model))
    assert set(manifest.versions) == {"fewshot", "tensorflow", "keras", "ai-edge-litert"}


@pytest.mark.parametrize("damage", [b"", b"not a graph"])
def test_a_damaged_graph_is_built_anew(damage: bytes, provide: Provide, listener: Listener) -> None:
    artifact = provide()
    artifact.graph.write_bytes(damage)
    assert provide().folder == artifact.folder
    assert listener.built == 2


def test_a_graph_of_another_model_is_built_anew(
    provide: Provide, listener: Listener, tmp_path: Path
) -> None:
    artifact, other = provide(), provide(write_own_model(tmp_path / "other.keras", seed=1))
    artifact.graph.write_bytes(other.graph.read_bytes())
    (artifact.folder / MANIFEST).write_bytes((other.folder / MANIFEST).read_bytes())
    assert provide().manifest.blueprint == artifact.manifest.blueprint
    assert listener.built == 3


def test_a_graph_of_another_shape_is_refused_when_it_is_run(
    provide: Provide, tmp_path: Path
) -> None:
    artifact = provide()
    manifest = json.loads((artifact.folder / MANIFEST).read_text(encoding="utf-8"))
    (artifact.folder / MANIFEST).write_text(json.dumps({**manifest, "d": 17}), encoding="utf-8")
    backbone = LiteRTBackbone(provide(), find_backbone("file:own"))
    with pytest.raises(Exception, match="not the shape"):
        backbone.embed([np.zeros((8, 8, 3), np.uint8)])


def test_what_a_killed_build_left_is_cleared_away(provide: Provide) -> None:
    folder = provide().folder
    left = folder.with_name(f".{folder.name}")
    left.mkdir()
    (left / GRAPH).write_bytes(b"half a graph")
    (folder / GRAPH).unlink()
    provide()
    assert not left.exists()


def test_two_processes_build_it_once_between_them(model: Path) -> None:
    program = (
        "import sys\n"
        "from fewshot.backbones.loading import build_now\n"
        "from fewshot.backbones.choice import BackboneChoice\n"
        "from tests.test_provision import Listener\n"
        "listener = Listener()\n"
        "build_now(BackboneChoice('file:' + sys.argv[1]), listener)\n"
        "print(listener.built)"
    )
    command = [sys.executable, "-c", program, str(model)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    printed = [process.communicate(timeout=120)[0].strip() for process in both]
    assert sorted(printed) == ["0", "1"]
    assert len(list(each_artifact())) == 1


def test_without_tensorflow_the_error_says_how_to_get_it(
    provide: Provide, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provision, "find_spec", lambda name: None)
    with pytest.raises(BackboneUnavailable, match=r"pip install 'fewshot\[train\]'.*palette"):
        provide()


def test_what_is_built_needs_no_tensorflow_again(
    provide: Provide, monkeypatch: pytest.MonkeyPatch
) -> None:
    artifact = provide()
    monkeypatch.setattr(provision, "find_spec", lambda name: None)
    assert provide() == artifact


def test_a_graph_that_disagrees_with_keras_is_never_used(
    provide: Provide, monkeypatch: pytest.MonkeyPatch
) -> None:
    import keras

    right = keras.Model.export

    def wrong(model: Any, *arguments: Any, **options: Any) -> None:
        inputs = keras.Input(model.input.shape[1:])
        right(keras.Model(inputs, keras.ops.flip(model(inputs), 1)), *arguments, **options)

    monkeypatch.setattr(keras.Model, "export", wrong)
    with pytest.raises(BackboneUnavailable, match=r"cosine .* is needed"):
        provide()
    assert list(each_artifact()) == []


def test_a_graph_without_its_weights_is_never_used(
    provide: Provide, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tensorflow as tf

    empty = SimpleNamespace(convert=lambda: b"TFL3")
    monkeypatch.setattr(tf.lite.TFLiteConverter, "from_saved_model", lambda folder: empty)
    with pytest.raises(BackboneUnavailable, match=r"has 4 bytes where its weights alone take"):
        provide()


def test_a_cache_that_cannot_be_written_is_named(
    provide: Provide, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("FEWSHOT_CACHE", str(tmp_path / "file"))
    with pytest.raises(BackboneUnavailable, match=r"cannot be written.*FEWSHOT_CACHE"):
        provide()


@pytest.mark.parametrize(("precision", "least"), [("fp16", 0.998), ("int8", 0.9)])
def test_a_smaller_precision_is_smaller_and_says_its_parity(
    precision: str, least: float, provide: Provide
) -> None:
    small = provide(precision=precision).manifest
    assert small.graph_bytes < provide().manifest.graph_bytes
    assert least <= small.parity.lowest < 1


def test_each_precision_has_a_fingerprint_of_its_own(provide: Provide) -> None:
    prints = {provide(precision=one).manifest.blueprint.fingerprint for one in ("float32", "fp16")}
    assert len(prints) == 2


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


def test_weights_of_another_network_are_refused(tmp_path: Path, model: Path) -> None:
    weights = tmp_path / "other.weights.h5"
    import keras

    keras.saving.load_model(model).save_weights(weights)
    with pytest.raises(WeightsRefused, match=r"holds 2 arrays, the network takes 260"):
        load_backbone(BackboneChoice("mobilenetv2", weights=weights, size=32))
    assert list(each_artifact()) == []


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
    with pytest.raises(BackboneUnavailable, match=r"cannot build .*Error") as caught:
        provide(path)
    assert "\n" not in str(caught.value)


def test_without_tensorflow_nothing_is_downloaded(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FEWSHOT_OFFLINE")
    monkeypatch.setattr(provision, "find_spec", lambda name: None)
    with pytest.raises(BackboneUnavailable, match="tensorflow"):
        provision.provide(BackboneChoice("vgg19"), find_backbone("vgg19"), listener)
    assert listener.heard == []


def test_one_built_from_other_weights_is_mentioned_where_the_published_are_missing(
    listener: Listener,
) -> None:
    network = find_backbone("vgg19").network
    assert network
    blueprint = Blueprint(
        "vgg19", "ab" * 32, 224, "caffe", network.layer, "float32", "/mine/vgg19.h5"
    )
    place(replace(manifest_of(blueprint), published=False))
    with pytest.raises(WeightsMissing, match=r"name /mine/vgg19\.h5 by --weights"):
        provision.provide(BackboneChoice("vgg19"), find_backbone("vgg19"), listener)


def test_damage_is_told_once(provide: Provide, listener: Listener) -> None:
    provide().graph.write_bytes(b"")
    provide()
    assert sum("building it anew" in text for text in listener.heard) == 1
