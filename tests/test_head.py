"""A head is plain arrays: numpy runs it, and what does not fit together is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fewshot.heads.head import Head, Layer


def layer(before: int, after: int, *, relu: bool = False, seed: int = 0) -> Layer:
    rng = np.random.default_rng(seed)
    kernel = rng.standard_normal((before, after)).astype(np.float32)
    return Layer(kernel, rng.standard_normal(after).astype(np.float32), relu)


def head(d: int = 6, classes: int = 3, **options: Any) -> Head:
    return Head((layer(d, 5, relu=True),), layer(5, classes, seed=1), **options)


VECTORS = np.random.default_rng(2).standard_normal((7, 6)).astype(np.float32)


def test_probabilities_sum_to_one() -> None:
    assert np.allclose(head().probabilities(VECTORS).sum(axis=1), 1.0, atol=1e-6)


def test_a_probability_can_reach_one() -> None:
    sure = Head((), Layer(np.eye(2, dtype=np.float32) * 100, np.zeros(2, np.float32)))
    assert sure.probabilities(np.array([[1.0, 0.0]], np.float32))[0, 0] == 1.0


def test_the_likeliest_class_has_the_largest_logit() -> None:
    one = head()
    assert np.array_equal(
        one.probabilities(VECTORS).argmax(axis=1), one.logits(VECTORS).argmax(axis=1)
    )


def test_one_logit_stands_for_two_classes() -> None:
    one = Head((), layer(6, 1))
    sigmoid = 1 / (1 + np.exp(-one.classifier(VECTORS)[:, 0]))
    assert np.allclose(one.probabilities(VECTORS)[:, 1], sigmoid, atol=1e-6)
    assert one.classes == 2


@given(st.floats(1e-3, 1e3))
def test_vectors_of_its_space_have_length_one(size: float) -> None:
    made = head().embed(VECTORS * np.float32(size))
    assert np.allclose(np.linalg.norm(made, axis=1), 1.0, atol=1e-5)


def test_without_a_hidden_layer_its_space_is_the_backbones_own() -> None:
    own = VECTORS / np.linalg.norm(VECTORS, axis=1, keepdims=True)
    assert np.allclose(Head((), layer(6, 3)).embed(own), own, atol=1e-6)


def test_a_layer_with_relu_lets_nothing_negative_through() -> None:
    assert (layer(6, 5, relu=True)(VECTORS) >= 0).all()


def test_it_is_put_together_again_from_its_parts() -> None:
    one = head(takes="raw", unit=True)
    again = Head.from_parts(one.about(), one.arrays())
    assert again.fingerprint == one.fingerprint
    assert np.array_equal(again.logits(VECTORS), one.logits(VECTORS))


@pytest.mark.parametrize("name", list(head().arrays()))
def test_any_number_in_it_decides_its_fingerprint(name: str) -> None:
    one = head()
    arrays = {key: np.array(array) for key, array in one.arrays().items()}
    arrays[name].flat[0] += 1.0
    assert Head.from_parts(one.about(), arrays).fingerprint != one.fingerprint


@pytest.mark.parametrize("changed", [{"takes": "raw"}, {"unit": True}])
def test_how_it_is_used_decides_its_fingerprint(changed: dict[str, Any]) -> None:
    assert replace(head(), **changed).fingerprint != head().fingerprint


def broken(about: dict[str, Any] | None = None, **arrays: Any) -> None:
    one = head()
    Head.from_parts({**one.about(), **(about or {})}, {**one.arrays(), **arrays})


@pytest.mark.parametrize(
    "about",
    [
        {"layers": []},
        {"layers": [{"shape": [6, 5]}]},
        {"layers": "none"},
        {"layers": [{"shape": [6, 5], "relu": 1}] * 2},
        {"takes": "pickles"},
        {"unit": "yes"},
    ],
)
def test_a_description_that_is_none_is_refused(about: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        broken(about)


@pytest.mark.parametrize(
    "arrays",
    [
        {"kernel0": np.zeros((6, 4), np.float32)},
        {"kernel1": np.zeros((4, 3), np.float32)},
        {"bias0": np.zeros((5, 1), np.float32)},
        {"kernel0": np.full((6, 5), np.nan, np.float32)},
        {"kernel0": np.zeros((6, 5), np.float64)},
        {"kernel2": np.zeros((3, 3), np.float32)},
    ],
)
def test_arrays_that_do_not_fit_are_refused(arrays: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        broken(**arrays)


def test_its_arrays_cannot_be_written_to() -> None:
    with pytest.raises(ValueError, match="read-only"):
        head().classifier.kernel[0, 0] = 1.0
