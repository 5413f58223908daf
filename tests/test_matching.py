"""matching: a name or nobody, with the reasons."""

from __future__ import annotations

import pytest

from fewshot.backbones.backbone import StrangerPrior
from fewshot.crops import Box
from fewshot.gallery import Neighbor
from fewshot.matching import Match, RunnerUp, decide, usual_threshold

NEIGHBORS = (
    Neighbor("aqua", 0.9, 3, "a"),
    Neighbor("aqua", 0.8, 1, "b"),
    Neighbor("megumin", 0.7, 2, "c"),
)
PRIOR = StrangerPrior(at_one=0.5, per_doubling=0.05, ceiling=0.8)


def answer(threshold: float, k: int = 2) -> Match:
    return decide("q", NEIGHBORS, k=k, threshold=threshold, box=Box(0, 0, 1, 1))


def test_the_nearest_is_named_at_the_threshold_and_above() -> None:
    assert answer(0.9).name == "aqua"


def test_nobody_is_named_below_the_threshold() -> None:
    assert answer(0.91).name is None


def test_a_nobody_still_has_a_guess() -> None:
    assert answer(0.95).guess == "aqua"


def test_the_runner_up_is_the_nearest_of_another_name() -> None:
    assert answer(0.5).runner_up == RunnerUp("megumin", 0.7)


def test_the_answer_shows_k_neighbors() -> None:
    assert answer(0.5, k=2).neighbors == NEIGHBORS[:2]


def test_the_threshold_climbs_with_each_doubling_of_the_gallery() -> None:
    assert usual_threshold(PRIOR, 1) == 0.5
    assert usual_threshold(PRIOR, 4) == pytest.approx(0.6)


def test_the_threshold_stays_under_its_ceiling() -> None:
    assert usual_threshold(PRIOR, 10**9) == 0.8
