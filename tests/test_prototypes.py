"""prototypes: class means, checked against the plain way to compute them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fewshot.backbones.spec import StrangerPrior
from fewshot.calibration import StrangerSample, threshold_for
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


@settings(deadline=None, max_examples=20, derandomize=True)
@given(st.integers(20, 1200), st.integers(2, 9), st.integers(0, 10_000))
def test_a_stand_in_stranger_never_meets_its_own_name(n: int, names: int, seed: int) -> None:
    vectors, owners = some(n, names, seed)
    means = plain_means(vectors, owners)
    if len(means) < 2:
        return
    found = Prototypes(vectors, owners).as_strangers(vectors, owners)
    for number in (0, n // 2, n - 1):
        others = [mean @ vectors[number] for one, mean in means.items() if one != owners[number]]
        assert found[number] == pytest.approx(max(others), abs=1e-5)


def all_pairs(vectors: Vectors, owners: Owners, same: float) -> set[tuple[int, int]]:
    """Find look-alikes the long way: every reference beside every other."""
    near = (vectors @ vectors.T >= same) & (owners[:, None] != owners)
    return {(int(owners[one]), int(owners[other])) for one, other in np.argwhere(near)}


@settings(deadline=None, max_examples=60, derandomize=True)
@given(st.integers(8, 200), st.integers(2, 30), st.integers(0, 10_000), st.sampled_from([3, 6]))
def test_looking_up_the_nearest_look_alikes_gives_the_threshold_of_looking_up_all(
    n: int, names: int, seed: int, d: int
) -> None:
    vectors, owners = some(n, names, seed, d)
    copies = np.random.default_rng(seed).integers(0, n, (n // 8, 2))
    vectors[copies[:, 0]] = vectors[copies[:, 1]]  # some of them under two names
    prototypes = Prototypes(vectors, owners)
    prior, same = StrangerPrior(0.0, 0.0, 1.0, same_picture=1.0), 0.97
    friends = all_pairs(vectors, owners, same)
    thresholds = [
        threshold_for(prior, n, StrangerSample(found[told], owners[told]))
        for found in (
            prototypes.as_strangers(vectors, owners, friends),
            prototypes.as_strangers(vectors, owners, same=same, share=0.25),
        )
        if (told := np.isfinite(found)).any()
    ]
    assert len(set(thresholds)) <= 1


def test_friends_are_no_strangers_to_each_other() -> None:
    vectors, owners = some(40, 2, 1)
    one, other = np.unique(owners).tolist()
    assert np.isneginf(
        Prototypes(vectors, owners).as_strangers(vectors, owners, [(one, other)])
    ).all()
