"""interval: Wilson's score against values that others have published."""

from __future__ import annotations

import pytest

from fewshot.interval import wilson


@pytest.mark.parametrize(("hits", "trials", "low", "high"), [
    # Newcombe, Statistics in Medicine 1998, table I, method 3
    (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611),
    (1, 29, 0.0061, 0.1718),
    # statsmodels.stats.proportion.proportion_confint, method "wilson"
    (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0), (0, 1, 0.0, 0.7935),
])  # fmt: skip
def test_it_is_as_published(hits: int, trials: int, low: float, high: float) -> None:
    assert wilson(hits, trials) == pytest.approx((low, high), abs=6e-5)


def test_without_a_trial_nothing_is_known() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize("trials", [1, 7, 50, 10_000])
def test_it_holds_the_rate_and_stays_between_0_and_1(trials: int) -> None:
    for hits in {0, 1, trials // 3, trials - 1, trials}:
        low, high = wilson(hits, trials)
        assert 0.0 <= low <= hits / trials + 1e-12
        assert hits / trials - 1e-12 <= high <= 1.0


def test_misses_mirror_hits() -> None:
    low, high = wilson(3, 17)
    assert wilson(14, 17) == pytest.approx((1 - high, 1 - low))


def test_more_trials_tell_more() -> None:
    reaches = [high - low for low, high in (wilson(n / 10, n) for n in (10, 100, 1000))]
    assert reaches == sorted(reaches, reverse=True)


def test_a_share_of_a_hit_counts_as_that_share() -> None:
    assert wilson(2, 9)[0] < wilson(2.5, 9)[0] < wilson(3, 9)[0]
