"""perceptual_hash: a copy's hash lies near, another picture's far, and no near pair is passed over.

The pictures are drawn here: shapes that no two seeds have alike.
"""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from fewshot.evaluation import perceptual_hash as module
from fewshot.evaluation.perceptual_hash import Hashes, distance, near_pairs, perceptual_hash
from fewshot.images import thumbnail
from tests.test_same_picture import flip, saved, scene

SEEDS = range(8)


def hashes_of(images: list[Image.Image]) -> Hashes:
    return np.stack([perceptual_hash(np.asarray(image)) for image in images])


def all_pairs(hashes: Hashes, bound: int) -> set[tuple[int, int, int]]:
    """Find near pairs one by one, as integers: of two, either may be mirrored."""
    found = set()
    for j in range(len(hashes)):
        for i in range(j):
            (a, b), (c, d) = hashes[i].tolist(), hashes[j].tolist()
            bits = min((x ^ y).bit_count() for x, y in ((a, c), (a, d), (b, c)))
            if bits <= bound:
                found.add((i, j, bits))
    return found


def test_a_picture_has_one_hash_as_pixels_as_an_image_and_nearly_so_as_a_thumbnail() -> None:
    image = scene(1)
    pixels = np.asarray(image)
    assert perceptual_hash(pixels).tolist() == perceptual_hash(image).tolist()
    assert distance(perceptual_hash(pixels), perceptual_hash(thumbnail(pixels))) <= 4


def test_half_of_the_bits_are_set_at_most() -> None:
    assert all(int(one).bit_count() <= 32 for one in hashes_of([scene(s) for s in SEEDS]).ravel())


@pytest.mark.parametrize("seed", SEEDS)
def test_a_copy_lies_near(seed: int) -> None:
    image = scene(seed)
    copies = [
        saved(image, 40),
        image.resize((image.width // 2, image.height // 2)),
        image.resize((image.width * 2, image.height * 2)),
        image.point(lambda level: round(level * 0.9)),
        flip(image),
    ]
    hashes = hashes_of([image, *copies])
    assert max(distance(hashes[0], one) for one in hashes[1:]) <= 6


def test_the_second_hash_is_the_mirror_images_own() -> None:
    image = scene(2)
    assert perceptual_hash(flip(image)).tolist() == perceptual_hash(image)[::-1].tolist()


def test_other_pictures_lie_far() -> None:
    hashes = hashes_of([scene(seed) for seed in range(12)])
    assert min(distance(hashes[i], hashes[j]) for j in range(12) for i in range(j)) > 8


def test_the_noise_of_a_symmetric_pictures_jpeg_changes_little() -> None:
    """Of such a picture three quarters of the frequencies are nothing."""
    image = Image.new("RGB", (300, 300), "white")
    ImageDraw.Draw(image).ellipse((60, 60, 240, 240), fill=(200, 30, 40))
    hashes = hashes_of([image, *(saved(image, quality) for quality in (40, 60, 80))])
    assert max(distance(hashes[0], one) for one in hashes) <= 4


def test_pictures_of_one_color_hash_to_nothing() -> None:
    plain = [Image.new("RGB", (80, 60), color) for color in ("white", "black", "red")]
    assert not hashes_of([*plain, saved(plain[2], 40)]).any()


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (7, 5)])
def test_the_smallest_pictures_have_a_hash(size: tuple[int, int]) -> None:
    assert hashes_of([scene(1).resize(size)]).shape == (1, 2)


def test_bytes_that_are_no_thumbnail_are_refused() -> None:
    png = io.BytesIO()
    scene(1).save(png, "PNG")
    for content in (b"", b"\xff\xd8", png.getvalue()):
        with pytest.raises(ValueError, match="thumbnail"):
            perceptual_hash(content)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 40), st.integers(0, 2**32), st.integers(0, 64), st.integers(1, 50))
def test_pairs_by_blocks_are_those_found_one_by_one(
    n: int, seed: int, bound: int, at_once: int
) -> None:
    rng = np.random.default_rng(seed)
    few = rng.integers(0, 2**64, (4, 2), np.uint64)
    noise = np.bitwise_and.reduce(rng.integers(0, 2**64, (3, n, 2), np.uint64))
    hashes = few[rng.integers(0, 4, n)] ^ noise
    before, module._AT_ONCE = module._AT_ONCE, at_once
    try:
        found = [tuple(pair) for block in near_pairs(hashes, bound) for pair in block.tolist()]
    finally:
        module._AT_ONCE = before
    assert len(found) == len(set(found))
    assert set(found) == all_pairs(hashes, bound)


def test_a_pair_mirrored_is_found() -> None:
    hashes = hashes_of([scene(0), scene(1), flip(scene(0))])
    assert [block.tolist() for block in near_pairs(hashes, 8)] == [[[0, 2, 0]]]


def test_distance_is_what_pairs_say() -> None:
    hashes = hashes_of([scene(seed) for seed in SEEDS])
    pairs = np.concatenate(list(near_pairs(hashes, 64))).tolist()
    assert len(pairs) == 28
    assert all(distance(hashes[i], hashes[j]) == bits for i, j, bits in pairs)
