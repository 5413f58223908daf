"""spaces: vectors as a rule compares them, again of length 1."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fewshot.index import Vectors
from fewshot.rules import SPACES
from fewshot.spaces import Space

SEEDS = st.integers(0, 10_000)


def unit(rows: Vectors) -> Vectors:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def some(seed: int, n: int = 20, d: int = 8) -> Vectors:
    return unit(np.asarray(np.random.default_rng(seed).normal(size=(n, d)) + 0.4, np.float32))


@pytest.mark.parametrize("kind", SPACES)
@settings(deadline=None, max_examples=40, derandomize=True)
@given(seed=SEEDS)
def test_vectors_have_length_1_in_each_space(kind: str, seed: int) -> None:
    vectors = some(seed)
    placed = Space.around(kind, vectors).place(vectors)
    assert placed.dtype == np.float32
    assert np.linalg.norm(placed, axis=1) == pytest.approx(1.0, abs=1e-6)


def test_the_plain_space_leaves_vectors_as_they_are() -> None:
    vectors = some(1)
    assert Space.around("plain", vectors).place(vectors) is vectors


@settings(deadline=None, max_examples=40, derandomize=True)
@given(seed=SEEDS)
def test_a_root_keeps_signs_and_has_the_square_roots_of_the_numbers(seed: int) -> None:
    vectors = some(seed)
    placed = Space("root").place(vectors)
    assert (np.sign(placed) == np.sign(vectors)).all()
    expected = np.sqrt(np.abs(vectors))
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    assert np.abs(placed) == pytest.approx(expected, abs=1e-6)


def test_a_root_needs_no_center() -> None:
    assert Space.around("root", some(1)).center is None


@settings(deadline=None, max_examples=40, derandomize=True)
@given(seed=SEEDS)
def test_centering_takes_the_gallery_s_mean_off(seed: int) -> None:
    vectors = some(seed)
    space = Space.around("centered", vectors)
    assert space.center == pytest.approx(vectors.mean(axis=0), abs=1e-6)
    assert space.place(vectors) == pytest.approx(unit(vectors - vectors.mean(axis=0)), abs=1e-5)


def test_a_query_is_centered_by_the_gallery_s_mean_and_not_by_its_own() -> None:
    space = Space.around("centered", some(1))
    many, alone = space.place(some(2)), space.place(some(2)[:1])
    assert many[0] == pytest.approx(alone[0], abs=1e-6)


@pytest.mark.parametrize("kind", SPACES)
def test_a_vector_without_a_direction_becomes_zero(kind: str) -> None:
    zero = np.zeros((1, 8), np.float32)
    center = np.zeros(8, np.float32) if kind == "centered" else None
    assert not Space(kind, center).place(zero).any()


def test_a_gallery_of_one_picture_is_its_own_center() -> None:
    vectors = some(1, n=1)
    assert not Space.around("centered", vectors).place(vectors).any()


@pytest.mark.parametrize("kind", SPACES)
def test_no_vectors_are_placed_as_none(kind: str) -> None:
    space = Space.around(kind, some(1))
    assert space.place(np.empty((0, 8), np.float32)).shape == (0, 8)
