"""index: exact cosine search, checked against brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fewshot import index
from fewshot.index import ExactIndex


def unit(n: int, d: int, seed: int) -> NDArray[np.float32]:
    vectors = np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


@pytest.fixture(params=["numpy", "FAISS"], autouse=True)
def searches(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test of this file holds for a small gallery and for a large one."""
    if request.param == "FAISS":
        monkeypatch.setattr(index, "FAISS_FROM", 3)


def filled(vectors: NDArray[np.float32]) -> ExactIndex:
    index = ExactIndex(vectors.shape[1])
    ids = np.arange(10, 10 + len(vectors))
    index.add(vectors, ids, ids // 3)
    return index


@settings(
    deadline=None,
    max_examples=50,
    derandomize=True,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture
    ],  # it changes nothing between examples
)
@given(st.integers(1, 60), st.integers(2, 20), st.integers(1, 70), st.integers(0, 10_000))
def test_it_finds_what_brute_force_finds(n: int, d: int, k: int, seed: int) -> None:
    vectors, queries = unit(n, d, seed), unit(3, d, seed + 1)
    similarities, ids = filled(vectors).search(queries, k)
    brute: NDArray[np.float32] = queries @ vectors.T
    assert ids.shape == similarities.shape == (3, min(k, n))
    nearest = np.sort(brute, axis=1)[:, ::-1][:, :k]
    assert np.allclose(similarities, nearest, atol=1e-5)
    assert np.allclose(similarities, np.take_along_axis(brute, ids - 10, axis=1), atol=1e-5)


def test_equally_near_vectors_stand_in_the_order_of_ids() -> None:
    vectors = np.repeat(unit(1, 8, 0), 5, axis=0)
    assert filled(vectors).search(vectors[:1], 5)[1].tolist() == [[10, 11, 12, 13, 14]]


def test_a_similarity_never_exceeds_one() -> None:
    vectors = unit(50, 7, 3)
    similarities, _ = filled(vectors).search(vectors, 1)
    assert similarities.max() <= 1.0


def test_an_empty_index_finds_nobody() -> None:
    similarities, ids = ExactIndex(4).search(unit(2, 4, 0), 3)
    assert similarities.shape == ids.shape == (2, 0)


def test_a_wrong_width_is_said_in_words() -> None:
    with pytest.raises(ValueError, match=r"shape \(n, 4\)"):
        ExactIndex(4).search(unit(1, 5, 0), 1)


@pytest.mark.parametrize("factor", [0.0, 2.0, np.nan])
def test_a_vector_that_is_not_of_length_one_is_refused(factor: float) -> None:
    vectors = unit(3, 4, 0)
    vectors[1] *= factor
    with pytest.raises(ValueError, match="length 1"):
        ExactIndex(4).add(vectors, np.arange(3), np.arange(3))


def test_ids_must_be_as_many_as_vectors() -> None:
    with pytest.raises(ValueError, match="as many ids"):
        ExactIndex(4).add(unit(3, 4, 0), np.arange(2), np.arange(2))


def test_a_k_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="k is 1 or more"):
        filled(unit(2, 4, 0)).search(unit(1, 4, 0), 0)


def test_it_goes_over_to_faiss_while_it_grows() -> None:
    vectors = unit(8, 5, 2)
    growing = ExactIndex(5)
    for number, vector in enumerate(vectors):
        growing.add(vector[np.newaxis], np.array([10 + number]), np.array([1]))
    assert len(growing) == 8
    assert growing.search(vectors, 1)[1].ravel().tolist() == list(range(10, 18))


@settings(
    deadline=None,
    max_examples=30,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.integers(1, 40), st.sets(st.integers(3, 16)), st.integers(0, 10_000))
def test_without_some_owners_it_is_the_index_of_the_others(
    n: int, gone: set[int], seed: int
) -> None:
    vectors, ids = unit(n, 5, seed), np.arange(10, 10 + n)
    left = ~np.isin(ids // 3, list(gone))
    shrunk, others = filled(vectors), ExactIndex(5)
    shrunk.remove(gone)
    others.add(vectors[left], ids[left], ids[left] // 3)
    assert len(shrunk) == len(others)
    found, expected = (one.search(unit(2, 5, seed + 1), 9) for one in (shrunk, others))
    assert found.ids.tolist() == expected.ids.tolist()
    assert found.similarities == pytest.approx(expected.similarities, abs=1e-6)
