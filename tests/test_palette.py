"""backbones.palette: what every backbone promises, and what color and shape layout promise."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from fewshot.backbones.backbone import Backbone
from fewshot.backbones.catalog import PALETTE
from fewshot.backbones.loading import load_backbone
from fewshot.backbones.palette import D, Palette
from fewshot.backbones.spec import BackboneSpec
from tests.conftest import COLORS, draw

palette: Backbone = load_backbone("palette")


def embed(image: Image.Image) -> NDArray[np.float32]:
    (vector,) = palette.embed([np.asarray(image.convert("RGB"))])
    return np.asarray(vector)


@settings(deadline=None, max_examples=40, derandomize=True)
@given(st.integers(1, 300), st.integers(1, 300), st.integers(0, 255), st.integers(0, 10_000))
def test_every_picture_has_a_unit_vector(height: int, width: int, spread: int, seed: int) -> None:
    noise = np.random.default_rng(seed).integers(0, spread + 1, (height, width, 3))
    (vector,) = palette.embed([noise.astype(np.uint8)])
    assert vector.shape == (D,)
    assert vector.dtype == np.float32
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("value", [0, 1, 127, 254, 255])
def test_a_picture_of_one_color_has_a_unit_vector(value: int) -> None:
    (vector,) = palette.embed([np.full((1, 1, 3), value, np.uint8)])
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_a_batch_gives_what_one_by_one_gives() -> None:
    crops = [np.asarray(draw(color, seed)) for color in COLORS for seed in range(3)]
    alone = np.concatenate([palette.embed([crop]) for crop in crops])
    assert np.array_equal(palette.embed(crops), alone)


def test_threads_give_what_one_thread_gives() -> None:
    crops = [np.asarray(draw("red", seed)) for seed in range(40)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda crop: palette.embed([crop])[0], crops))
    assert np.array_equal(np.stack(together), palette.embed(crops))


def test_a_picture_and_its_mirror_image_are_alike() -> None:
    image = draw("red", 3)
    mirrored = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    assert embed(image) @ embed(mirrored) > 0.999


@pytest.mark.parametrize("quality", [30, 90])
def test_saving_again_moves_little(quality: int) -> None:
    import io

    image, buffer = draw("green", 2), io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    assert embed(image) @ embed(Image.open(buffer)) > 0.85


def test_color_tells_apart_what_has_one_shape() -> None:
    assert embed(draw("red")) @ embed(draw("red", 1)) > embed(draw("red")) @ embed(draw("blue"))


def test_layout_tells_apart_what_has_the_same_colors() -> None:
    upper = np.zeros((96, 96, 3), np.uint8)
    upper[:48] = 255
    quarters = np.zeros((96, 96, 3), np.uint8)
    quarters[:48, 24:72] = quarters[48:, :24] = quarters[48:, 72:] = 255
    first, second = palette.embed([upper, quarters])
    assert first @ second < 0.9


def test_the_numbers_of_this_version_do_not_move() -> None:
    """A change here orphans every gallery: it needs a new VERSION, and says so in CHANGELOG."""
    ramp = np.arange(96 * 96 * 3, dtype=np.int64).reshape(96, 96, 3)
    (vector,) = palette.embed([(ramp * ramp // 977 % 256).astype(np.uint8)])
    expected = {
        0: -0.00975,
        100: -0.00713,
        200: -0.02480,
        228: -0.00713,
        240: -0.00030,
        276: -0.07258,
        280: -0.07982,
        320: 0.08159,
        357: -0.03239,
        358: -0.01443,
        430: -0.00447,
        501: -0.02727,
    }
    assert vector[list(expected)] == pytest.approx(list(expected.values()), abs=2e-4)


def test_the_fingerprint_is_a_digest_that_stays() -> None:
    assert palette.fingerprint == Palette(PALETTE).fingerprint
    assert len(palette.fingerprint) == 64


def test_a_card_with_another_d_is_refused() -> None:
    wrong = BackboneSpec("palette", "", 96, D + 1, "", PALETTE.same_picture)
    with pytest.raises(ValueError, match="its card says"):
        Palette(wrong)
