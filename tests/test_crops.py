"""crops: the whole picture, its middle, a part that was named, and the seam for detectors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from fewshot.crops import CROPPERS, FIXED, Box, center, find_fixed, given, whole
from fewshot.errors import UnknownCropper


def numbered(height: int, width: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.arange(height * width * 3, dtype=np.uint8).reshape(height, width, 3)


def test_the_whole_picture_is_its_own_crop() -> None:
    pixels = numbered(2, 3)
    crop = whole(pixels)
    assert crop.pixels is pixels
    assert crop.box == Box(0, 0, 3, 2)
    assert crop.kind == "whole"


def test_the_center_is_the_largest_square_in_the_middle() -> None:
    crop = center(numbered(4, 10))
    assert crop.box == Box(3, 0, 4, 4)
    assert crop.kind == "center"
    assert np.array_equal(crop.pixels, numbered(4, 10)[:, 3:7])


def test_a_box_that_is_named_is_cut_out() -> None:
    crop = given(numbered(6, 6), Box(1, 2, 3, 2))
    assert (crop.kind, crop.score) == ("given", 1.0)
    assert np.array_equal(crop.pixels, numbered(6, 6)[2:4, 1:4])


def test_of_a_box_that_reaches_out_of_the_picture_the_inside_is_taken() -> None:
    assert given(numbered(6, 6), Box(4, 4, 10, 10)).box == Box(4, 4, 2, 2)


def test_a_box_outside_of_the_picture_has_no_pixels() -> None:
    with pytest.raises(ValueError, match="area"):
        given(numbered(6, 6), Box(6, 0, 2, 2))


def test_a_box_scales_with_its_picture() -> None:
    assert Box(2, 3, 10, 20).scaled(2.0, 0.5) == Box(4, 2, 20, 10)


def test_a_scaled_box_keeps_an_area() -> None:
    assert Box(0, 0, 1, 1).scaled(0.1, 0.1) == Box(0, 0, 1, 1)


def test_a_box_is_written_as_it_is_stored() -> None:
    assert str(Box(1, 2, 3, 4)) == "1 2 3 4"
    assert [*Box(1, 2, 3, 4)] == [1, 2, 3, 4]


@pytest.mark.parametrize("corner", [(-1, 0, 1, 1), (0, 0, 0, 1), (0, 0, 1, 0)])
def test_a_box_without_area_or_outside_cannot_be(corner: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="area"):
        Box(*corner)


sides = st.integers(1, 12)


@drawn(sides, sides, st.sampled_from(sorted(FIXED)))
def test_every_fixed_crop_is_what_its_box_says(height: int, width: int, name: str) -> None:
    pixels = numbered(height, width)
    (crop,) = FIXED[name](pixels)
    box = crop.box
    inside = pixels[box.y : box.y + box.height, box.x : box.x + box.width]
    assert np.array_equal(crop.pixels, inside)
    assert box.within(width, height) == box


def test_an_unknown_cropper_lists_those_there_are() -> None:
    with pytest.raises(UnknownCropper) as raised:
        find_fixed("xyz")
    assert all(name in str(raised.value) for name in CROPPERS)
