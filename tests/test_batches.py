"""What a model is fitted to: every example once an epoch, or P names with K pictures each."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fewshot.heads.batches import Batch, NameBatches, ShuffledBatches, class_weights

X = np.arange(23)
Y = np.repeat(np.arange(5), [1, 2, 4, 6, 10])


def shuffled(seed: int = 0) -> ShuffledBatches:
    return ShuffledBatches(X, Y, np.ones(23, np.float32), size=4, seed=seed)


def by_name(seed: int = 0, names: int = 3, pictures: int = 4) -> NameBatches:
    return NameBatches(X, Y, names=names, pictures=pictures, seed=seed)


def drawn(batches: ShuffledBatches | NameBatches, epoch: int) -> list[list[int]]:
    return [batch.x.tolist() for batch in batches.epoch(epoch)]


def test_each_example_comes_once_an_epoch() -> None:
    assert sorted(x for batch in drawn(shuffled(), 0) for x in batch) == X.tolist()


@pytest.mark.parametrize("make", [shuffled, by_name])
def test_an_epoch_has_as_many_batches_as_it_says(make: type) -> None:
    assert len(drawn(make(), 0)) == make().steps


@pytest.mark.parametrize("make", [shuffled, by_name])
def test_the_same_seed_and_epoch_give_the_same_batches(make: type) -> None:
    assert drawn(make(7), 3) == drawn(make(7), 3)


@pytest.mark.parametrize("make", [shuffled, by_name])
def test_another_seed_or_epoch_gives_others(make: type) -> None:
    assert drawn(make(7), 3) != drawn(make(8), 3)
    assert drawn(make(7), 3) != drawn(make(7), 4)


def test_an_example_keeps_its_label_and_weight() -> None:
    weights = np.linspace(0, 1, 23).astype(np.float32)
    for batch in ShuffledBatches(X, Y, weights, size=4, seed=0).epoch(0):
        assert np.array_equal(batch.y, Y[batch.x])
        assert np.array_equal(batch.weights, weights[batch.x])


def every_batch(batches: NameBatches) -> list[Batch]:
    return [batch for epoch in range(4) for batch in batches.epoch(epoch)]


def test_a_batch_holds_so_many_names_with_so_many_pictures_each() -> None:
    for batch in every_batch(by_name()):
        assert np.unique(batch.y, return_counts=True)[1].tolist() == [4, 4, 4]


def test_every_name_comes_in_every_epoch() -> None:
    for epoch in range(4):
        assert {y for batch in by_name().epoch(epoch) for y in batch.y.tolist()} == set(range(5))


def test_a_name_with_enough_pictures_gives_none_twice() -> None:
    for batch in every_batch(by_name()):
        own = batch.x[batch.y == 4].tolist()
        assert len(set(own)) == len(own)


def test_more_names_than_there_are_are_all() -> None:
    assert {len(set(batch.y.tolist())) for batch in every_batch(by_name(names=9))} == {5}


@given(st.lists(st.integers(1, 30), min_size=2, max_size=6))
def test_balanced_weights_let_every_class_count_alike(counts: list[int]) -> None:
    labels = np.repeat(np.arange(len(counts)), counts)
    sums = np.bincount(labels, class_weights(labels, "balanced"))
    assert np.allclose(sums, len(labels) / len(counts), rtol=1e-5)


def test_without_balance_every_example_counts_alike() -> None:
    assert set(class_weights(Y, None).tolist()) == {1.0}
