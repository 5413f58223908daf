"""choosing: the simplest rule that is as good as the best, and the temperature of its scores."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fewshot.choosing import (
    FEWEST_ASKED,
    choose,
    fit_temperature,
)
from fewshot.index import Vectors
from fewshot.naming import Naming
from fewshot.rules import RULES, SIMPLEST, Rule
from fewshot.spaces import Space
from fewshot.stranger_model import UNMEASURED, StrangerModel, load_model
from tests.large_gallery import clustered

LOWEST, HIGHEST = 0.005, 2.0
Owners = NDArray[np.int64]


def model(rule: Rule) -> StrangerModel:
    return load_model(UNMEASURED, None, rule)


def drawn(names: int, each: int, seed: int = 0, d: int = 12) -> tuple[Vectors, Owners]:
    return clustered(names, each, d, seed), np.repeat(np.arange(names), each)


def bent(seed: int) -> tuple[Vectors, Owners]:
    """Draw names of two clusters each, on opposite sides: no mean tells them apart."""
    rng = np.random.default_rng(seed)
    axes = np.linalg.qr(rng.normal(size=(16, 16)))[0][:8]
    centers = np.repeat(np.concatenate([axes, -axes]), 4, axis=0)
    vectors = centers + 0.05 * rng.normal(size=centers.shape)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors, np.float32), np.repeat(np.tile(np.arange(8), 2), 4)


def rules(naming: Naming) -> list[str]:
    return [one.rule for one in naming.tried]


@settings(deadline=None, max_examples=15, derandomize=True)
@given(seed=st.integers(0, 10_000), names=st.integers(3, 9), each=st.integers(2, 6))
def test_the_simplest_within_one_standard_error_of_the_best_is_taken(
    seed: int, names: int, each: int
) -> None:
    naming = choose(*drawn(names, each, seed), model)
    best = max(one.accuracy for one in naming.tried)
    chosen = next(one for one in naming.tried if one.rule == str(naming.rule))
    simpler = naming.tried[: naming.tried.index(chosen)]
    assert chosen.behind == pytest.approx(best - chosen.accuracy)
    assert chosen.behind <= chosen.standard_error
    assert all(one.behind > one.standard_error for one in simpler)
    order = [str(rule) for rule in RULES]
    assert rules(naming) == sorted(rules(naming), key=order.index)
    assert naming.chosen_by == "gallery"


def test_where_all_name_alike_the_simplest_is_taken() -> None:
    rng = np.random.default_rng(1)
    near = np.repeat(np.eye(8), 4, axis=0) + 0.01 * rng.random((32, 8))
    vectors = np.asarray(near / np.linalg.norm(near, axis=1, keepdims=True), np.float32)
    naming = choose(vectors, np.repeat(np.arange(8), 4), model)
    assert naming.rule == SIMPLEST
    assert {one.accuracy for one in naming.tried} == {1.0}


@pytest.mark.parametrize("seed", range(3))
def test_names_that_no_mean_describes_are_told_by_their_references(seed: int) -> None:
    assert choose(*bent(seed), model).rule.scoring in ("nearest", "vote")


@pytest.mark.parametrize(("names", "each"), [(1, 9), (2, 9), (9, 1)])
def test_of_too_few_the_simplest_is_taken_untried(names: int, each: int) -> None:
    naming = choose(*drawn(names, each), model)
    assert (naming.rule, naming.tried, naming.chosen_by) == (SIMPLEST, (), "default")


def test_two_references_a_name_are_counted_on_average() -> None:
    vectors, owners = drawn(4, 3)
    some = np.r_[0:3, 3:6, 6, 9]  # 3, 3, 1 and 1
    assert choose(vectors[some], owners[some], model).tried
    fewer = np.r_[0:3, 3:5, 6, 9]
    assert not choose(vectors[fewer], owners[fewer], model).tried


@pytest.mark.parametrize(("each", "tried"), [(2, 3), (3, 9)])
def test_single_references_are_heard_from_three_a_name_on(each: int, tried: int) -> None:
    naming = choose(*drawn(5, each), model)
    assert len(naming.tried) == tried
    assert any(one.startswith("vote") for one in rules(naming)) == (each == 3)


@pytest.mark.parametrize("rule", RULES, ids=str)
@pytest.mark.parametrize(("names", "each"), [(1, 1), (2, 1), (2, 4), (5, 5)])
def test_what_the_user_chose_is_kept_whatever_is_enrolled(
    rule: Rule, names: int, each: int
) -> None:
    naming = choose(*drawn(names, each), model, rule)
    assert (naming.rule, naming.chosen_by, naming.tried) == (rule, "user", ())


@pytest.mark.parametrize("rule", [Rule("mean", "centered"), Rule("nearest"), Rule("vote", "root")])
def test_a_center_is_kept_where_the_rule_needs_one(rule: Rule) -> None:
    vectors, owners = drawn(5, 4)
    chosen = choose(vectors, owners, model, rule)
    center = Space.of(chosen.rule.space, chosen.center).center
    if rule.space == "centered":
        assert center == pytest.approx(vectors.mean(axis=0), abs=1e-6)
    else:
        assert center is None


def test_it_says_of_how_many_references_and_how_many_were_asked() -> None:
    vectors, owners = drawn(4, 3)
    naming = choose(np.concatenate([vectors, vectors[:1]]), np.append(owners, 99), model)
    assert (naming.references, naming.held_out) == (13, 12)  # a single reference is not asked


def test_no_more_than_400_are_asked_and_they_are_of_all_names() -> None:
    naming = choose(*drawn(60, 15), model)
    assert 300 <= naming.held_out <= 400


def test_each_name_counts_the_same() -> None:
    """Of one name nearly all are named, of the others none: it has one vote of five."""
    rng = np.random.default_rng(4)
    crowd = np.eye(12)[0] + 0.02 * rng.normal(size=(80, 12))
    strays = rng.normal(size=(8, 12)) + 3 * np.eye(12)[1]
    vectors = np.concatenate([crowd, strays])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    owners = np.concatenate([np.zeros(80, np.int64), np.repeat(np.arange(1, 5), 2)])
    naming = choose(np.asarray(vectors, np.float32), owners, model)
    accuracy = next(one.accuracy for one in naming.tried if one.rule == "mean")
    assert accuracy <= 0.6


def test_names_may_have_any_ids() -> None:
    vectors, owners = drawn(5, 4)
    assert choose(vectors, owners * 1000 + 7, model) == choose(vectors, owners, model)


@pytest.mark.parametrize("each", [2, 5])
def test_the_same_gallery_chooses_the_same(each: int) -> None:
    assert choose(*drawn(6, each), model) == choose(*drawn(6, each), model)


Found = tuple[NDArray[np.float32], NDArray[np.intp], NDArray[np.float64]]


def asked(seed: int, n: int, names: int, spread: float) -> Found:
    """Draw scores of held-out queries, whose each is, and the weight of each."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, names, n)
    found = 0.3 * rng.random((n, names))
    found[np.arange(n), truth] += spread * rng.random(n)
    weights = rng.random(n) + 0.1
    return np.asarray(found, np.float32), truth.astype(np.intp), weights / weights.sum()


def loss(found: Found, temperature: float) -> float:
    scores, truth, weights = found
    logits = scores.astype(np.float64) / temperature
    top = logits.max(axis=1)
    total = top + np.log(np.exp(logits - top[:, np.newaxis]).sum(axis=1))
    return float((total - logits[np.arange(len(truth)), truth]) @ weights)


@settings(deadline=None, max_examples=30, derandomize=True)
@given(
    seed=st.integers(0, 10_000),
    n=st.integers(FEWEST_ASKED, 90),
    names=st.integers(2, 8),
    spread=st.floats(0.0, 1.0),
)
def test_no_temperature_of_a_grid_tells_better_how_often_it_is_right(
    seed: int, n: int, names: int, spread: float
) -> None:
    found = asked(seed, n, names, spread)
    temperature = fit_temperature(*found)
    assert temperature is not None
    assert LOWEST * 0.999 <= temperature <= HIGHEST * 1.001
    least = min(loss(found, one) for one in np.geomspace(LOWEST, HIGHEST, 200))
    assert loss(found, temperature) <= least + 1e-4


@pytest.mark.parametrize(("n", "names"), [(FEWEST_ASKED - 1, 5), (60, 1), (0, 5)])
def test_of_too_little_no_probability_is_told(n: int, names: int) -> None:
    assert fit_temperature(*asked(1, n, names, 0.5)) is None


def test_in_a_gallery_of_names_well_apart_a_probability_can_reach_1() -> None:
    vectors = np.repeat(np.eye(8, dtype=np.float32), 6, axis=0)
    naming = choose(vectors, np.repeat(np.arange(8), 6), model)
    assert naming.temperature is not None
    shares = np.exp(np.array([0.0, -1.0]) / naming.temperature)
    assert shares[0] / shares.sum() == pytest.approx(1.0)


def test_where_scores_say_nothing_each_name_is_as_likely() -> None:
    scores, truth, weights = asked(3, 90, 4, 0.0)
    temperature = fit_temperature(scores, np.roll(truth, 1), weights)
    assert temperature is not None
    assert temperature > 1.0


@pytest.mark.parametrize("most", [FEWEST_ASKED - 2, FEWEST_ASKED])
def test_a_gallery_tells_probabilities_from_30_references_on(most: int) -> None:
    temperature = choose(*drawn(most // 2, 2), model).temperature
    assert (temperature is not None) == (most >= FEWEST_ASKED)


Spoil = Callable[[Vectors], Vectors]


@pytest.mark.parametrize("spoil", [
    lambda one: np.repeat(one[:1], len(one), axis=0),
    lambda one: one * np.where(np.arange(len(one)) % 2, -1.0, 1.0)[:, np.newaxis],
], ids=["all one picture", "opposites"])  # fmt: skip
def test_strange_galleries_get_a_rule_too(spoil: Spoil) -> None:
    vectors, owners = drawn(5, 4)
    naming = choose(np.asarray(spoil(vectors), np.float32), owners, model)
    assert naming.rule in RULES
    assert all(np.isfinite([one.accuracy, one.behind, one.standard_error]).all()
               for one in naming.tried)  # fmt: skip
