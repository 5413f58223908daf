"""prototypes: class means, checked against the plain way to compute them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fewshot.prototypes import Owners, Prototypes, Vectors


def some(n: int, names: int, seed: int, d: int = 6) -> tuple[Vectors, Owners]:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(n, d)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    owners = rng.integers(0, names, n) * 7 + 3
    return vectors, owners


def plain_means(vectors: Vectors, owners: Owners) -> dict[int, Vectors]:
    means = {int(one): vectors[owners == one].mean(axis=0) for one in np.unique(owners)}
    return {one: mean / np.linalg.norm(mean) for one, mean in means.items()}


@settings(deadline=None, max_examples=40, derandomize=True)
@given(st.integers(2, 60), st.integers(1, 9), st.integers(0, 10_000))
def test_the_nearest_mean_is_the_one_a_plain_loop_finds(n: int, names: int, seed: int) -> None:
    vectors, owners = some(n, names, seed)
    query = vectors[0]
    expected = sorted(
        ((one, float(mean @ query)) for one, mean in plain_means(vectors, owners).items()),
        key=lambda pair: -pair[1],
    )
    found = Prototypes(vectors, owners).nearest(query, names)
    assert [one for one, _ in found] == [one for one, _ in expected]
    assert [s for _, s in found] == pytest.approx([s for _, s in expected], abs=1e-5)


def test_there_are_as_many_means_as_owners() -> None:
    assert len(Prototypes(*some(50, 4, 0))) == 4


def test_an_empty_gallery_has_no_nearest() -> None:
    none = Prototypes(np.empty((0, 6), np.float32), np.empty(0, np.int64))
    assert none.nearest(some(1, 1, 0)[0][0], 3) == []


@settings(deadline=None, max_examples=40, derandomize=True)
@given(st.integers(2, 60), st.integers(2, 9), st.integers(0, 10_000))
def test_means_that_grew_and_shrank_are_those_of_what_is_left(
    n: int, names: int, seed: int
) -> None:
    vectors, owners = some(n, names, seed)
    grown = Prototypes.of(6)
    for part in np.array_split(np.arange(n), 3):
        grown.add(vectors[part], owners[part])
    gone = int(owners[0])
    grown.remove([gone])
    left = owners != gone
    expected = plain_means(vectors[left], owners[left])
    at = grown.places(expected)
    means = grown.sums[at] / grown.lengths[at][:, np.newaxis]
    assert len(grown) == len(expected)
    assert means == pytest.approx(np.array(list(expected.values())).reshape(-1, 6), abs=1e-4)
    assert grown.counts[at].tolist() == [int((owners == one).sum()) for one in expected]


def test_an_owner_who_is_not_there_has_no_place() -> None:
    assert Prototypes(*some(50, 4, 0)).places([10**6]).tolist() == []


def test_sums_made_before_are_taken_up_as_they_are() -> None:
    made = Prototypes(*some(50, 4, 0))
    taken = Prototypes.of_sums(made.sums.copy(), made.owners.copy(), made.counts.copy())
    query = some(1, 1, 9)[0][0]
    assert taken.nearest(query, 4) == made.nearest(query, 4)
