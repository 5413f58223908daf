"""bootstrap: intervals over names hold the true mean as often as they say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from fewshot.evaluation.bootstrap import Bootstrap, student
from fewshot.evaluation.intervals import over_names

RUNS = 1_000


@pytest.mark.parametrize(
    ("freedom", "percentile"), [(1, 12.706), (4, 2.776), (19, 2.093), (1_000, 1.962)]
)
def test_students_percentiles_are_those_of_the_tables(freedom: int, percentile: float) -> None:
    assert student(freedom) == pytest.approx(percentile, abs=0.001)


@pytest.mark.parametrize("names", [8, 20, 100])
def test_of_1000_intervals_93_to_97_of_100_hold_the_true_accuracy(names: int) -> None:
    # each name has an accuracy of its own, ten pictures of it are asked; true mean 2/3
    rng = np.random.default_rng(1)
    draws = Bootstrap()
    held = 0
    for _ in range(RUNS):
        found = draws.mean(rng.binomial(10, rng.beta(6, 3, names)) / 10)
        held += found.low <= 2 / 3 <= found.high
    assert 0.93 <= held / RUNS <= 0.97


def test_of_1000_paired_intervals_93_to_97_of_100_hold_the_true_difference() -> None:
    rng = np.random.default_rng(2)
    draws = Bootstrap()
    held = 0
    for _ in range(RUNS):
        easy = rng.beta(6, 3, 20)  # what is easy is easy for both
        one, other = (rng.binomial(10, easy * share) / 10 for share in (1.0, 0.9))
        found = draws.mean(one - other)
        held += found.low <= 0.1 * 2 / 3 <= found.high
    assert 0.93 <= held / RUNS <= 0.97


def test_of_1000_intervals_of_pairs_of_names_93_to_97_of_100_hold_the_true_mean() -> None:
    # an AUROC: how often a name's pictures stand above those of a stranger, by name and stranger
    rng = np.random.default_rng(3)
    draws = Bootstrap()
    held = 0
    for _ in range(RUNS):
        known, strange = rng.normal(0.8, 0.1, 30), rng.normal(0.0, 0.1, 30)
        values = known[:, np.newaxis] - strange
        np.fill_diagonal(values, np.nan)  # nobody is a stranger to himself
        found = draws.pairs(values)
        held += found.low <= 0.8 <= found.high
    assert 0.93 <= held / RUNS <= 0.97


@pytest.mark.parametrize("beta", [(19, 1), (9.8, 0.2)])
def test_near_all_right_too_intervals_of_shares_hold(beta: tuple[float, float]) -> None:
    rng = np.random.default_rng(4)
    draws, held = Bootstrap(), 0
    for _ in range(RUNS):
        found = over_names(draws, rng.binomial(10, rng.beta(*beta, 50)) / 10, pictures=500)
        held += found.low <= beta[0] / sum(beta) <= found.high
    assert 0.93 <= held / RUNS <= 0.97


def test_percentiles_of_few_names_are_wider_than_usual() -> None:
    assert Bootstrap().draws(5).percentiles[0] < Bootstrap().draws(500).percentiles[0] < 2.6


def test_a_name_without_a_figure_counts_nowhere() -> None:
    found = Bootstrap().mean(np.array([0.2, np.nan, 0.4, np.nan]))
    assert found.value == pytest.approx(0.3)
    assert (found.low, found.high) == pytest.approx((0.2, 0.4))


def test_names_without_a_figure_make_no_interval_narrower() -> None:
    values = np.random.default_rng(0).random(5)
    among = np.concatenate([values, np.full(100, np.nan)])
    assert Bootstrap().mean(among) == Bootstrap().mean(values)


def test_no_figure_at_all_is_an_error() -> None:
    with pytest.raises(ValueError, match="no name"):
        Bootstrap().mean(np.array([np.nan, np.nan]))


def test_two_contenders_are_resampled_together() -> None:
    hard = np.linspace(0.0, 0.9, 30)  # names differ far more than contenders do
    one, other = hard + 0.1 * (np.arange(30) % 2), hard
    paired, apart = Bootstrap().mean(one - other), Bootstrap().mean(one)
    assert paired.apart
    assert paired.high - paired.low < 0.3 * (apart.high - apart.low)


def test_names_on_two_sides_are_resampled_each_by_itself() -> None:
    values = np.full((12, 12), np.nan)  # ten are known, two are strangers, as where a gallery grows
    values[:10, 10:] = np.random.default_rng(0).normal(0.7, 0.1, (10, 1)) + np.array([-0.2, 0.2])
    found = Bootstrap().pairs(values)
    assert found.low < 0.6  # either stranger may be drawn twice
    assert found.high > 0.8


@settings(max_examples=50, deadline=None)
@given(arrays(np.float64, st.integers(1, 12), elements=st.floats(0, 1)))
def test_an_interval_lies_among_the_figures(values: NDArray[Any]) -> None:
    found = Bootstrap().mean(values)
    slack = 1e-9
    assert values.min() - slack <= found.low <= found.high <= values.max() + slack
    assert found.value == pytest.approx(values.mean())


def test_the_same_seed_gives_the_same_interval() -> None:
    values = np.random.default_rng(0).random(9)
    assert Bootstrap(3).mean(values) == Bootstrap(3).mean(values)
    assert Bootstrap(3).mean(values) != Bootstrap(4).mean(values)
