"""provision: built once, compared with Keras, taken from the cache ever after, never trusted."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from fewshot.backbones import provision
from fewshot.backbones.artifact import GRAPH, MANIFEST, each_artifact
from fewshot.backbones.blueprint import Blueprint
from fewshot.backbones.catalog import find_backbone
from fewshot.backbones.choice import BackboneChoice
from fewshot.backbones.errors import (
    BackboneUnavailable,
    WeightsMissing,
    WeightsRefused,
)
from fewshot.backbones.litert import LiteRTBackbone
from fewshot.backbones.loading import load_backbone
from tests import provided
from tests.networks import write_own_model
from tests.provided import Listener, Provide
from tests.test_artifact import manifest_of, place

pytestmark = pytest.mark.tensorflow


provide, listener, model = provided.provide, provided.listener, provided.model


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
        "from tests.provided import Listener\n"
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
    with pytest.raises(BackboneUnavailable, match=r"pip install 'fewshot\[train\]'.*compact"):
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


def test_weights_of_another_network_are_refused(tmp_path: Path, model: Path) -> None:
    weights = tmp_path / "other.weights.h5"
    import keras

    keras.saving.load_model(model).save_weights(weights)
    with pytest.raises(WeightsRefused, match=r"holds 2 arrays, the network takes 260"):
        load_backbone(BackboneChoice("mobilenetv2", weights=weights, size=32))
    assert list(each_artifact()) == []


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
