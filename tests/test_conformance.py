"""What every backbone promises: palette, the Keras backbones with random weights, an own model."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from fewshot import Embedder
from fewshot.backbones.backbone import Backbone
from fewshot.backbones.catalog import COMPACT
from fewshot.backbones.choice import BackboneChoice
from fewshot.backbones.loading import load_backbone
from fewshot.backbones.probes import drawn
from tests.networks import SIZES, choice_with_random_weights, write_own_model

NAMES = ["compact", "palette"] + [
    pytest.param(name, marks=pytest.mark.tensorflow) for name in (*SIZES, "file")
]


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Where weights lie, and a cache that all tests of this file share."""
    return tmp_path_factory.mktemp("weights"), tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module", params=NAMES)
def backbone(request: pytest.FixtureRequest, places: tuple[Path, Path]) -> Backbone:
    """One backbone for all tests: building it takes up to half a minute, loading it a second."""
    name, (weights, cache) = request.param, places
    if name in ("compact", "palette"):
        choice = BackboneChoice(name)
    elif name == "file":
        choice = BackboneChoice(f"file:{write_own_model(weights / 'own.keras')}")
    else:
        choice = choice_with_random_weights(name, weights)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FEWSHOT_CACHE", str(cache))
        return load_backbone(choice)


CROPS: list[NDArray[np.uint8]] = [
    *drawn(3),
    next(drawn())[:90, :31],
    np.full((7, 300, 3), 255, np.uint8),
    np.zeros((1, 1, 3), np.uint8),
]


def test_a_vector_has_the_width_on_the_card_and_length_one(backbone: Backbone) -> None:
    vectors = backbone.embed(CROPS)
    assert vectors.shape == (len(CROPS), backbone.spec.d)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors.astype(np.float64), axis=1) == pytest.approx(1.0, abs=1e-5)


def test_it_takes_pictures_of_the_size_that_was_chosen(backbone: Backbone) -> None:
    chosen = SIZES | {"compact": COMPACT.input_size, "palette": 96, "file": 32}
    assert backbone.spec.input_size == chosen[backbone.spec.name.partition(":")[0]]


def test_a_crop_gives_the_same_vector_each_time(backbone: Backbone) -> None:
    assert np.array_equal(backbone.embed(CROPS), backbone.embed(CROPS))


def test_a_batch_gives_what_its_crops_give_one_by_one(backbone: Backbone) -> None:
    alone = np.concatenate([backbone.embed([crop]) for crop in CROPS])
    assert np.array_equal(backbone.embed(CROPS), alone)


def test_threads_at_once_get_what_each_gets_alone(backbone: Backbone) -> None:
    alone = [backbone.embed([crop]) for crop in CROPS]
    with ThreadPoolExecutor(4) as pool:
        at_once = list(pool.map(lambda crop: backbone.embed([crop]), CROPS * 3))
    assert all(np.array_equal(*pair) for pair in zip(at_once, alone * 3, strict=True))


def test_more_threads_give_the_same_vector(backbone: Backbone) -> None:
    one, two = backbone.embed(CROPS[:1]), backbone.embed(CROPS[:1], threads=2)
    assert np.abs(one - two).max() < 1e-5


def test_unlike_pictures_give_unlike_vectors(backbone: Backbone) -> None:
    vectors = backbone.embed(CROPS[:3])
    assert (vectors @ vectors.T - np.eye(3)).max() < 0.9999


def test_no_crops_give_no_vectors(backbone: Backbone) -> None:
    assert backbone.embed([]).shape == (0, backbone.spec.d)


def test_a_path_bytes_a_pil_image_and_an_array_give_the_same_vector(
    backbone: Backbone, tmp_path: Path
) -> None:
    embedder = Embedder("whole", backbone)
    pixels = CROPS[0]
    image = Image.fromarray(pixels)
    image.save(tmp_path / "picture.png")
    data = (tmp_path / "picture.png").read_bytes()
    forms = (tmp_path / "picture.png", data, io.BytesIO(data), image, pixels)
    vectors = [embedder.embed(form) for form in forms]
    assert all(np.array_equal(vectors[0], other) for other in vectors[1:])


def test_its_fingerprint_is_a_digest(backbone: Backbone) -> None:
    assert len(backbone.fingerprint) == 64
    assert int(backbone.fingerprint, 16)
