"""crops: the whole picture, and the seam for detectors."""

from __future__ import annotations

import numpy as np
import pytest

from fewshot.crops import Box, find_fixed, whole
from fewshot.errors import UnknownCropper


def test_the_whole_picture_is_its_own_crop() -> None:
    pixels = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    crop = whole(pixels)
    assert crop.pixels is pixels
    assert crop.box == Box(0, 0, 3, 2)
    assert crop.kind == "whole"


def test_a_box_scales_with_its_picture() -> None:
    assert Box(2, 3, 10, 20).scaled(2.0, 0.5) == Box(4, 2, 20, 10)


def test_a_scaled_box_keeps_an_area() -> None:
    assert Box(0, 0, 1, 1).scaled(0.1, 0.1) == Box(0, 0, 1, 1)


@pytest.mark.parametrize("corner", [(-1, 0, 1, 1), (0, 0, 0, 1), (0, 0, 1, 0)])
def test_a_box_without_area_or_outside_cannot_be(corner: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="area"):
        Box(*corner)


def test_an_unknown_cropper_lists_those_there_are() -> None:
    with pytest.raises(UnknownCropper, match="whole"):
        find_fixed("hole")
