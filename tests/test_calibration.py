"""calibration: the share of strangers that come as near, and the score that a name needs."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike

from fewshot.calibration import Calibration
from fewshot.evaluation.in_memory import evidence_of, namer_of
from fewshot.evidence import Evidence
from fewshot.rules import Rule
from fewshot.scoring import NEVER, References, best_two, decision_scores, scores
from fewshot.stranger_model import StrangerTail

TAIL = StrangerTail(np.array([0.0, 0.2, 0.4, 0.6]), np.log([0.9, 0.3, 0.05, 0.01]))
MODES = pytest.mark.parametrize("strict", [True, False])


def knows(
    stand_ins: ArrayLike,
    owners: ArrayLike | None = None,
    strangers: ArrayLike = (),
    blocks: ArrayLike | None = None,
) -> Evidence:
    """Make evidence of three names and more; each score is a block unless it is said whose."""
    nothing = np.empty(0, np.float32)
    scores, given = np.asarray(stand_ins, np.float32), np.asarray(strangers, np.float32)
    whose = np.arange(len(scores)) if owners is None else np.asarray(owners, np.int64)
    together = np.arange(len(given)) if blocks is None else np.asarray(blocks, np.int64)
    names = max(3, len(np.unique(whose)))
    return Evidence(names, len(scores), scores, whose, given, together, nothing, nothing)


def random_evidence(seed: int) -> Evidence:
    """Make evidence of some names and, every other time, of strangers; with ties."""
    rng = np.random.default_rng(seed)
    owners = rng.integers(0, rng.integers(1, 60), rng.integers(0, 120))
    blocks = rng.integers(0, 30, rng.integers(0, 50) * (seed % 2))
    return knows(
        rng.normal(0.2, 0.2, len(owners)).round(2),
        owners,
        rng.normal(0.2, 0.2, len(blocks)),
        blocks,
    )


@pytest.mark.parametrize("rate", [0.02, 0.05, 0.1, 0.3])
def test_of_exchangeable_strangers_no_more_than_the_rate_get_a_name(rate: float) -> None:
    repeats, named = 1500, 0
    for turn in range(repeats):
        rng = np.random.default_rng([5, turn])
        names = int(rng.integers(49, 80))
        counts = rng.integers(1, 6, names + 1)
        counts[-1] = 1  # the stranger: another of them, of which one picture is shown
        owners = np.repeat(np.arange(names + 1), counts)
        scores = (rng.normal(size=names + 1)[owners] + 0.3 * rng.normal(size=len(owners))) / 5
        calibration = Calibration(knows(scores[:-1], owners[:-1]), TAIL, rate=rate, strict=True)
        assert calibration.supported
        named += scores[-1] >= calibration.needed
    assert named <= repeats * rate + 2.33 * math.sqrt(repeats * rate * (1 - rate))


def test_with_one_picture_a_block_each_p_value_is_as_likely_as_the_others() -> None:
    found = np.zeros(10)
    for turn in range(3000):
        scores = np.random.default_rng([6, turn]).normal(0.2, 0.1, 10).astype(np.float32)
        calibration = Calibration(knows(scores[:9]), TAIL, rate=0.1, strict=True)
        found[round(10 * calibration.p_value(float(scores[9]))) - 1] += 1
    assert np.abs(found - 300).max() < 3.5 * math.sqrt(3000 * 0.1 * 0.9)


@MODES
@settings(deadline=None, max_examples=200, derandomize=True)
@given(seed=st.integers(0, 10_000), rate=st.floats(1e-6, 0.5), score=st.floats(-1.0, 1.0))
def test_named_is_who_has_a_p_value_within_the_rate(
    strict: bool, seed: int, rate: float, score: float
) -> None:
    evidence = random_evidence(seed)
    calibration = Calibration(evidence, TAIL, rate=rate, strict=strict)
    if strict and not calibration.supported:
        return
    around = [score, *evidence.stand_ins.tolist(), *evidence.strangers.tolist()]
    for one in around:
        if abs(one - calibration.needed) > 1e-9:
            named = one >= calibration.needed
            assert named == (calibration.p_value(one) <= rate + 1e-9), one


@MODES
@settings(deadline=None, max_examples=100, derandomize=True)
@given(seed=st.integers(0, 10_000))
def test_resting_on_the_same_blocks_the_score_needed_never_rises_with_the_rate(
    strict: bool, seed: int
) -> None:
    evidence = random_evidence(seed)
    rates = np.concatenate([np.geomspace(1e-6, 0.5, 60), [1 / 30, 1 / 20, 0.1]])
    made = [Calibration(evidence, TAIL, rate=rate, strict=strict) for rate in sorted(rates)]
    for lower, higher in pairwise(made):
        if (lower.names, lower.blocks) == (higher.names, higher.blocks):
            assert higher.needed <= lower.needed


@MODES
@settings(deadline=None, max_examples=100, derandomize=True)
@given(seed=st.integers(0, 10_000), rate=st.floats(0.001, 0.5))
def test_the_nearer_a_query_the_smaller_its_p_value(strict: bool, seed: int, rate: float) -> None:
    calibration = Calibration(random_evidence(seed), TAIL, rate=rate, strict=strict)
    found = [calibration.p_value(score) for score in np.linspace(-1.0, 1.0, 101).tolist()]
    assert all(0.0 < one <= 1.0 for one in found)
    assert all(later <= earlier for earlier, later in pairwise(found))


def test_a_block_counts_once_however_many_pictures_it_has() -> None:
    crowd = knows([0.1] * 99 + [0.9], [1] * 99 + [2])
    pair = knows([0.1, 0.9], [1, 2])
    for rate in (0.4, 0.5):
        many, few = (Calibration(one, TAIL, rate=rate, strict=True) for one in (crowd, pair))
        assert (many.needed, many.tightest) == (few.needed, few.tightest)
        assert many.p_value(0.5) == pytest.approx(few.p_value(0.5)) == pytest.approx(2 / 3)


def test_a_block_of_which_half_comes_as_near_counts_half() -> None:
    half = knows([0.1, 0.9, 0.1], [1, 1, 2])
    assert Calibration(half, TAIL, rate=0.4, strict=True).p_value(0.5) == pytest.approx(1.5 / 3)


def test_a_score_that_a_stranger_reached_is_not_enough_where_none_may_come_as_near() -> None:
    calibration = Calibration(knows([0.1, 0.2, 0.3]), TAIL, rate=0.25, strict=True)
    reached = float(np.float32(0.3))
    assert calibration.needed > reached
    assert calibration.needed == pytest.approx(reached)


def test_strict_names_nobody_below_what_the_gallery_can_show() -> None:
    calibration = Calibration(knows(np.linspace(0, 0.3, 10)), TAIL, rate=0.05, strict=True)
    assert not calibration.supported
    assert calibration.needed == math.inf
    assert calibration.tightest == pytest.approx(1 / 11)


def test_strict_is_supported_from_one_in_so_many_blocks_and_itself() -> None:
    assert Calibration(knows(np.linspace(0, 0.3, 19)), TAIL, rate=0.05, strict=True).supported
    assert not Calibration(knows(np.linspace(0, 0.3, 18)), TAIL, rate=0.05, strict=True).supported


def test_by_default_a_gallery_speaks_for_itself_from_two_blocks_beyond_the_rate() -> None:
    assert Calibration(knows(np.linspace(0, 0.3, 39)), TAIL, rate=0.05).basis == "gallery"
    assert Calibration(knows(np.linspace(0, 0.3, 38)), TAIL, rate=0.05).basis == "prior"


def test_below_that_the_shares_measured_elsewhere_decide() -> None:
    calibration = Calibration(knows([0.0, 0.1, 0.1]), TAIL, rate=0.05)
    assert calibration.needed == pytest.approx(0.4)
    assert calibration.p_value(0.4) == pytest.approx(0.05)
    assert not calibration.supported


def test_but_never_more_freely_than_the_gallery_s_own_second_block_allows() -> None:
    calibration = Calibration(knows([0.7, 0.8, 0.9]), TAIL, rate=0.05)
    assert calibration.needed == pytest.approx(0.8, abs=1e-6)
    assert calibration.p_value(0.75) > 0.05


@pytest.mark.parametrize("names", [0, 1])
def test_without_any_evidence_the_shares_measured_elsewhere_decide(names: int) -> None:
    alone = Calibration(Evidence.none(names, 5 * names), TAIL, rate=0.05)
    assert (alone.basis, alone.tightest) == ("prior", 1.0)
    assert alone.needed == pytest.approx(0.4)


def test_of_two_names_each_met_one_alone_and_so_says_nothing() -> None:
    calibration = Calibration(replace(knows([0.5, 0.6]), names=2), TAIL, rate=0.05)
    assert calibration.blocks == 0
    assert calibration.needed == pytest.approx(0.4)


def test_a_stand_in_that_met_no_other_name_says_nothing() -> None:
    calibration = Calibration(knows([float(NEVER), 0.1, 0.2]), TAIL, rate=0.5)
    assert calibration.names == 2


@pytest.mark.parametrize(("rate", "strict", "wanted"), [
    (0.05, True, 19), (0.05, False, 39), (0.01, True, 99), (0.01, False, 199), (0.3, True, 3),
])  # fmt: skip
def test_it_says_how_many_names_a_rate_needs(rate: float, strict: bool, wanted: int) -> None:
    assert Calibration(knows([0.1]), TAIL, rate=rate, strict=strict).names_needed == wanted
    enough = knows(np.linspace(0, 0.3, wanted))
    assert Calibration(enough, TAIL, rate=rate, strict=strict).supported
    too_few = knows(np.linspace(0, 0.3, wanted - 1))
    assert not Calibration(too_few, TAIL, rate=rate, strict=strict).supported


def test_enough_strangers_speak_alone() -> None:
    evidence = knows(np.full(100, 0.9), strangers=np.linspace(0, 0.3, 39))
    calibration = Calibration(evidence, TAIL, rate=0.05)
    assert (calibration.basis, calibration.stranger_blocks, calibration.names) == (
        "strangers", 39, 0,
    )  # fmt: skip
    assert calibration.needed < 0.4


def test_too_few_strangers_speak_together_with_the_gallery() -> None:
    evidence = knows(np.linspace(0, 0.3, 100), strangers=[0.1, 0.2])
    calibration = Calibration(evidence, TAIL, rate=0.05)
    assert (calibration.basis, calibration.blocks) == ("gallery and strangers", 102)


def test_few_strangers_in_a_gallery_of_few_names_leave_it_to_the_prior() -> None:
    assert Calibration(knows([0.1, 0.2], strangers=[0.1]), TAIL, rate=0.05).basis == "prior"


def test_pictures_of_one_stranger_are_one_block() -> None:
    evidence = knows([], strangers=[0.1, 0.2, 0.3], blocks=[4, 4, 9])
    assert Calibration(evidence, TAIL, rate=0.5, strict=True).blocks == 2


def test_a_stranger_and_a_name_of_the_same_number_are_two_blocks() -> None:
    evidence = knows([0.1], [0], strangers=[0.2], blocks=[0])
    assert Calibration(evidence, TAIL, rate=0.4, strict=True).blocks == 2


@pytest.mark.parametrize(("alone", "strict", "tightest"), [
    (0.0, True, 1 / 20), (1.0, True, 2 / 20), (0.5, True, 1.5 / 20), (1.0, False, 3 / 20),
])  # fmt: skip
def test_names_of_one_reference_make_another_block_count_as_near(
    alone: float, strict: bool, tightest: float
) -> None:
    evidence = replace(knows(np.linspace(0, 0.3, 19)), alone=alone)
    calibration = Calibration(evidence, TAIL, rate=0.2, strict=strict)
    assert calibration.tightest == pytest.approx(tightest)
    assert calibration.p_value(0.2999) == pytest.approx((2 + alone) / 20)


def test_with_one_reference_a_name_the_lowest_rate_that_is_shown_is_kept() -> None:
    named = []
    for turn in range(300):
        rng = np.random.default_rng([8, turn])
        vectors = np.asarray(rng.normal(size=(59, 16)) + 0.5, np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        support, owners = vectors[:19], np.arange(19)
        namer = namer_of(support, owners, Rule())
        evidence = evidence_of(namer, support, owners)
        lowest = Calibration(evidence, TAIL, rate=0.5, strict=True).tightest
        needed = Calibration(evidence, TAIL, rate=lowest, strict=True).needed
        found = scores("mean", References(support, owners, 19), vectors[19:])
        named.append(float((decision_scores(best_two(found)[1]) >= needed).mean()))
    error = np.std(named, ddof=1) / math.sqrt(len(named))
    assert np.mean(named) - 1.645 * error <= lowest


@MODES
def test_a_lower_rate_never_needs_less_also_where_strangers_no_longer_decide_alone(
    strict: bool,
) -> None:
    count = 19 if strict else 39
    evidence = knows(np.linspace(0, 0.1, 100), strangers=np.linspace(0.3, 0.5, count))
    low, high = (Calibration(evidence, TAIL, rate=one, strict=strict) for one in (0.045, 0.05))
    assert (low.basis, high.basis) == ("gallery and strangers", "strangers")
    assert low.needed >= high.needed
    assert low.p_value(low.needed) <= 0.045 < low.p_value(low.needed - 1e-6)
