"""framing: a square with a margin around a face, in the picture, its eyes level."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fewshot.crops import Box
from fewshot.detectors.face import Face, largest_first
from fewshot.detectors.framing import LEVEL, framed, tilt

GRAY = np.full((200, 300, 3), 128, np.uint8)
UPRIGHT = Face(150.0, 100.0, 40.0, 0.9, "face", ((140.0, 90.0), (160.0, 90.0)))
TILTED = Face(150.0, 100.0, 40.0, 0.9, "face", ((140.0, 85.0), (160.0, 97.0)))


def test_the_margin_is_a_share_of_the_face_on_each_side() -> None:
    assert framed(cv2, GRAY, UPRIGHT, 0.5).box == Box(110, 60, 80, 80)


def test_kind_and_score_of_the_face_are_those_of_the_crop() -> None:
    crop = framed(cv2, GRAY, UPRIGHT, 0.5)
    assert (crop.kind, crop.score) == ("face", 0.9)


def test_a_square_that_reaches_over_the_border_is_moved_inside() -> None:
    cut = Face(10.0, 190.0, 40.0, 0.9, "face")
    assert framed(cv2, GRAY, cut, 0.5).box == Box(0, 120, 80, 80)


def test_a_square_larger_than_the_picture_is_cut_to_it() -> None:
    assert framed(cv2, GRAY, Face(150.0, 100.0, 190.0, 0.9, "face"), 1.0).box == Box(0, 0, 300, 200)


place = st.floats(-50.0, 350.0)


@given(place, place, st.floats(0.01, 900.0), st.floats(0.0, 4.0))
def test_every_square_lies_in_its_picture(x: float, y: float, side: float, margin: float) -> None:
    crop = framed(cv2, GRAY, Face(x, y, side, 0.5, "face"), margin)
    assert crop.box.within(300, 200) == crop.box
    assert crop.pixels.shape == (crop.box.height, crop.box.width, 3)


def test_the_tilt_is_that_of_the_eyes() -> None:
    assert tilt(UPRIGHT) == 0.0
    assert tilt(TILTED) == pytest.approx(30.96, abs=0.01)
    assert tilt(Face(0.0, 0.0, 1.0, 1.0, "face")) == 0.0


def marked(face: Face) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    picture = np.zeros((200, 300, 3), np.uint8)
    assert face.eyes
    for x, y in face.eyes:
        picture[round(y) - 2 : round(y) + 3, round(x) - 2 : round(x) + 3] = 255
    return picture


def eye_rows(pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> list[float]:
    bright = pixels[:, :, 0] > 60
    middle = bright.shape[1] // 2
    return [float(np.nonzero(half)[0].mean()) for half in (bright[:, :middle], bright[:, middle:])]


def test_tilted_eyes_are_made_level() -> None:
    left, right = eye_rows(framed(cv2, marked(TILTED), TILTED, 0.5).pixels)
    assert abs(left - right) < 1.0


def test_it_can_be_left_as_it_is() -> None:
    left, right = eye_rows(framed(cv2, marked(TILTED), TILTED, 0.5, level=False).pixels)
    assert right - left == pytest.approx(12.0, abs=1.0)


def test_a_face_whose_turned_square_would_leave_the_picture_is_not_turned() -> None:
    near = Face(35.0, 35.0, 40.0, 0.9, "face", ((25.0, 20.0), (45.0, 32.0)))
    left, right = eye_rows(framed(cv2, marked(near), near, 0.3).pixels)
    assert right - left == pytest.approx(12.0, abs=1.0)


@pytest.mark.parametrize("degrees", [LEVEL - 1.0, 85.0])
def test_a_little_tilt_and_an_impossible_one_are_let_be(degrees: float) -> None:
    across, down = np.cos(np.radians(degrees)) * 10, np.sin(np.radians(degrees)) * 10
    face = Face(
        150.0, 100.0, 40.0, 0.9, "face", ((150 - across, 90 - down), (150 + across, 90 + down))
    )
    plain = framed(cv2, marked(face), face, 0.5, level=False)
    assert np.array_equal(framed(cv2, marked(face), face, 0.5).pixels, plain.pixels)


def test_a_face_found_in_a_smaller_copy_is_scaled_back() -> None:
    found = Face(30.0, 20.0, 10.0, 0.9, "face", ((28.0, 18.0), (32.0, 18.0)))
    back = found.scaled(2.0, left=4.0, upper=4.0)
    assert (back.x, back.y, back.side) == (52.0, 32.0, 20.0)
    assert back.eyes == ((48.0, 28.0), (56.0, 28.0))


def test_the_largest_face_stands_first_and_of_like_ones_the_surest() -> None:
    small, sure, less_sure = (
        Face(0.0, 0.0, side, score, "face") for side, score in ((5.0, 0.9), (9.0, 0.9), (9.0, 0.8))
    )
    assert largest_first([small, less_sure, sure]) == [sure, less_sure, small]


def test_a_large_face_that_is_much_less_sure_than_another_stands_behind_it() -> None:
    face, fist = Face(0.0, 0.0, 5.0, 0.93, "face"), Face(9.0, 9.0, 20.0, 0.73, "face")
    assert largest_first([fist, face]) == [face, fist]
