"""Real weights, where FEWSHOT_WEIGHTS points to them: they load whole, and see what they should.

Random weights would load from a file with two layers swapped; these would not see.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from eval.backbones import measurable
from fewshot.backbones.backbone import Backbone
from fewshot.backbones.choice import BackboneChoice
from fewshot.backbones.errors import WeightsRefused
from fewshot.backbones.loading import build_now, load_backbone
from fewshot.backbones.preprocessing import PREPROCESSINGS
from fewshot.backbones.squeeze import prepared
from fewshot.folders import each_picture
from fewshot.images import decode, read_picture

WEIGHTS, DATA = (Path(os.environ.get(one, "")) for one in ("FEWSHOT_WEIGHTS", "FEWSHOT_TEST_DATA"))
CHOICES = {choice.name: choice for choice in measurable().values() if choice.weights}
WIDTHS = {"mobilenetv2": 1280, "inceptionv3": 1280, "vgg19": 256}

pytestmark = [
    pytest.mark.tensorflow,
    pytest.mark.skipif(
        not (WEIGHTS / str(CHOICES["vgg19"].weights)).is_file(), reason="FEWSHOT_WEIGHTS is not set"
    ),
]
needs_pictures = pytest.mark.skipif(
    not (DATA / "dev").is_dir(), reason="FEWSHOT_TEST_DATA is not set"
)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def _real(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEWSHOT_WEIGHTS", str(WEIGHTS))
    monkeypatch.setenv("FEWSHOT_CACHE", str(cache))


@pytest.mark.parametrize("name", CHOICES)
def test_a_truncated_or_whole_file_builds_and_agrees_with_keras(name: str) -> None:
    manifest = build_now(CHOICES[name]).manifest
    assert manifest.d == WIDTHS[name]
    assert manifest.parity.lowest >= 0.9999


@needs_pictures
def test_on_real_pictures_it_agrees_with_keras() -> None:
    from fewshot.backbones.export import compare
    from fewshot.backbones.keras_networks import embedding_network

    folder = next((DATA / "dev" / "sports5").iterdir())  # of all: python -m eval.backbone_parity
    pictures = [decode(read_picture(path), 448).pixels for path in each_picture(folder)]
    artifact = build_now(CHOICES["mobilenetv2"])  # the test above has built it
    blueprint = artifact.manifest.blueprint
    weights = Path(blueprint.source)
    model = embedding_network(blueprint.network, blueprint.size, blueprint.layer, weights)
    how = PREPROCESSINGS[blueprint.preprocessing]
    inputs = [prepared(one, blueprint.size, how) for one in pictures]
    parity = compare(model, artifact.graph, artifact.manifest.d, inputs, str(folder))
    assert parity.pictures >= 6
    assert parity.lowest >= 0.9999


@pytest.mark.parametrize("size", [96, 150])
def test_it_takes_the_sizes_of_the_first_experiments(size: int) -> None:
    choice = CHOICES["mobilenetv2"]
    backbone = load_backbone(BackboneChoice(choice.name, weights=choice.weights, size=size))
    assert backbone.spec.input_size == size
    assert backbone.embed([np.zeros((40, 30, 3), np.uint8)]).shape == (1, 1280)


def test_weights_cut_at_a_layer_do_not_load_as_the_whole_network() -> None:
    with pytest.raises(WeightsRefused, match="if it was cut at a layer, name that by --layer"):
        load_backbone(BackboneChoice("vgg19", weights=CHOICES["vgg19"].weights))


def nearest_mean(backbone: Backbone, folder: Path, shots: int = 5) -> float:
    """Enroll the first pictures of each class, ask about the rest; the share rightly named."""
    means, queries = [], []
    for number, one in enumerate(sorted(folder.iterdir())):
        crops = [decode(read_picture(path), 448).pixels for path in list(each_picture(one))[:12]]
        vectors = backbone.embed(crops)
        means.append(vectors[:shots].mean(axis=0))
        queries += [(number, vector) for vector in vectors[shots:]]
    prototypes: NDArray[np.float32] = np.stack(means)
    prototypes /= np.linalg.norm(prototypes, axis=1, keepdims=True)
    hits = [int((prototypes @ vector).argmax()) == number for number, vector in queries]
    return float(np.mean(hits))


@needs_pictures
def test_mobilenetv2_tells_groceries_apart() -> None:
    folder = DATA / "dev" / "grocery81"
    assert nearest_mean(load_backbone(CHOICES["mobilenetv2"]), folder) > 0.6  # of 20, chance .05
