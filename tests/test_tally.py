"""tally, separation, figures: what is counted, by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score, roc_auc_score

from fewshot.evaluation.answers import Answers, answers_of
from fewshot.evaluation.bootstrap import Bootstrap
from fewshot.evaluation.contender import Said
from fewshot.evaluation.episodes import Episode
from fewshot.evaluation.intervals import calibration_error
from fewshot.evaluation.separation import auroc, oscr
from fewshot.evaluation.tally import tally, tally_strangers

NAN = math.nan


def episode(*query: int, known: int | None = None, leaked: tuple[int, ...] = ()) -> Episode:
    """An episode that asks about these places; the first `known` of them are of enrolled names."""
    there = np.arange(len(query)) < (len(query) if known is None else known)
    return Episode(
        np.array([0, 1, 2]), np.array([], np.int64), np.array(query), there,
        np.isin(np.arange(len(query)), leaked),
    )  # fmt: skip


def answers(
    *answer: int, rank: list[int], sureness: list[float] | None = None,
    chance: list[float] | None = None, named: list[bool] | None = None,
) -> Answers:  # fmt: skip
    q = len(answer)
    return Answers(
        np.array(answer), np.array(rank), np.array(sureness or [0.0] * q),
        np.array(chance or [NAN] * q), np.array([True] * q if named is None else named),
        named is not None, 0.0, 0.0, 1,
    )  # fmt: skip


LABELS = np.array([0, 0, 1, 1, 2, 3])  # of six samples


def test_each_name_has_the_share_of_its_queries_that_are_right() -> None:
    counted = tally(4, LABELS, [episode(0, 1, 2, 3)], [answers(0, 1, 1, 1, rank=[0, 1, 0, 0])])
    np.testing.assert_allclose(counted.accuracies, [0.5, 1.0, NAN, NAN])


def test_a_leaked_query_counts_only_beside_the_others() -> None:
    counted = tally(4, LABELS, [episode(0, 1, leaked=(0,))], [answers(0, 1, rank=[0, 1])])
    assert counted.accuracies[0] == 0.0
    assert counted.right_with_leaks[0] / counted.asked_with_leaks[0] == 0.5
    assert counted.leaked == 1


def test_episodes_add_up() -> None:
    asked = [episode(0, 2), episode(1, 2)]
    counted = tally(4, LABELS, asked, [answers(0, 0, rank=[0, 1]), answers(0, 1, rank=[0, 0])])
    np.testing.assert_allclose(counted.accuracies[:2], [1.0, 0.5])
    assert counted.confusion[1].tolist() == [1, 1, 0, 0]


def test_in_top_five_is_whose_name_has_four_before_it() -> None:
    counted = tally(4, LABELS, [episode(0, 1)], [answers(1, 1, rank=[4, 5])])
    assert counted.in_top[0] == 1


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=30))
def test_macro_f1_is_that_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    truth, said = (np.array(one) for one in zip(*pairs, strict=True))
    counted = tally(
        3, truth, [episode(*range(len(truth)))], [answers(*said, rank=list((truth != said) * 1))]
    )
    asked = np.unique(truth)
    theirs = f1_score(truth, said, labels=asked, average="macro", zero_division=0.0)
    assert float(np.nanmean(counted.f1)) == pytest.approx(theirs)


def test_the_calibration_error_is_how_far_probabilities_are_off() -> None:
    counted = tally(
        4, LABELS, [episode(0, 1, 2, 3)],
        [answers(0, 0, 1, 1, rank=[0, 0, 0, 1], chance=[0.95, 0.95, 0.65, 0.65])],
    )  # fmt: skip
    # two at .95 are right: off by .05; two at .65, one right: off by .15
    found = calibration_error(Bootstrap(), counted.gaps, counted.told)
    assert found is not None
    assert found.value == pytest.approx((2 * 0.05 + 2 * 0.15) / 4)
    assert found.low <= found.value <= found.high


def test_without_probabilities_there_is_no_calibration_error() -> None:
    counted = tally(4, LABELS, [episode(0)], [answers(0, rank=[0])])
    assert calibration_error(Bootstrap(), counted.gaps, counted.told) is None


def test_auroc_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    known, strangers = np.round(rng.normal(1, 1, 40), 1), np.round(rng.normal(0, 1, 30), 1)
    theirs = roc_auc_score([1] * 40 + [0] * 30, [*known, *strangers])
    assert auroc(known, strangers) == pytest.approx(theirs)


def test_oscr_is_the_area_below_correct_classification_over_false_positives() -> None:
    known, strangers = np.array([0.9, 0.8, 0.4, 0.2]), np.array([0.7, 0.3, 0.1])
    right = np.array([True, False, True, True])
    steps = np.linspace(0, 1, 30_001)
    # the share of known that are right above the bar which this share of strangers exceeds
    bars = np.quantile(strangers, 1 - steps, method="inverted_cdf")
    area = np.mean([(right & (known > bar)).mean() for bar in bars])
    assert oscr(known, right, strangers) == pytest.approx(area, abs=1e-3)


def test_with_every_answer_right_oscr_is_auroc() -> None:
    rng = np.random.default_rng(0)
    known, strangers = rng.normal(1, 1, 20), rng.normal(0, 1, 20)
    assert oscr(known, np.ones(20, np.bool_), strangers) == pytest.approx(auroc(known, strangers))


def test_strangers_are_counted_name_by_name() -> None:
    found = tally_strangers(
        4, LABELS, [episode(0, 2, 4, 5, known=2)],
        [answers(0, 1, 0, 0, rank=[0, 0, -1, -1], sureness=[0.9, 0.2, 0.5, 0.1],
                 named=[True, False, True, False])],
        rate=0.5,
    )  # fmt: skip
    assert found is not None
    assert found.strangers == 2
    np.testing.assert_allclose(found.false_names, [NAN, NAN, 1.0, 0.0])
    np.testing.assert_allclose(found.rightly_named, [1.0, 0.0, NAN, NAN])
    np.testing.assert_allclose(found.above[0], [NAN, NAN, 1.0, 1.0])
    np.testing.assert_allclose(found.above[1], [NAN, NAN, 0.0, 1.0])


def test_the_bar_in_hindsight_lets_no_more_than_the_rate_by() -> None:
    found = tally_strangers(
        4, LABELS, [episode(0, 1, 4, 5, known=2)],
        [answers(0, 0, 0, 0, rank=[0, 0, -1, -1], sureness=[0.9, 0.4, 0.5, 0.1])],
        rate=0.05,
    )  # fmt: skip
    assert found is not None
    assert found.known_at_rate[0] == 0.5  # above .5, the surest stranger


def test_without_strangers_there_are_no_figures_of_them() -> None:
    assert tally_strangers(4, LABELS, [episode(0)], [answers(0, rank=[0])], 0.05) is None


def test_of_equal_scores_the_first_name_is_the_answer_and_the_others_stand_behind() -> None:
    one = answers_of(
        Said(np.array([[0.5, 0.5, 0.1]])), episode(2), LABELS, fit=0.0, ask=0.0, size=1
    )
    assert one.answer.tolist() == [0]
    assert one.rank.tolist() == [1]


def test_a_stranger_has_no_rank() -> None:
    one = answers_of(
        Said(np.array([[0.5, 0.4, 0.1]])), episode(5, known=0), LABELS, fit=0.0, ask=0.0, size=1
    )
    assert one.rank.tolist() == [-1]


@given(st.lists(st.floats(0, 1) | st.just(NAN), min_size=1, max_size=5))
def test_answers_that_are_kept_come_back_the_same(chance: list[float]) -> None:
    q = len(chance)
    before = answers(*range(q), rank=[0] * q, chance=chance, named=[True] * q)
    after = Answers.from_bytes(before.to_bytes(), q, names=5)
    assert after is not None
    np.testing.assert_array_equal(after.chance, before.chance)
    assert after.to_bytes() == before.to_bytes()


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[1, 2]", b"[{}, [1, 2, 3, 4]]", b"\xff", b"[" * 100_000]
)
def test_what_is_no_answers_is_none(content: bytes) -> None:
    assert Answers.from_bytes(content, 1, names=3) is None


def test_answers_to_other_queries_are_none() -> None:
    assert Answers.from_bytes(answers(0, rank=[0]).to_bytes(), 2, names=3) is None


def test_answers_of_more_names_than_there_are_are_none() -> None:
    assert Answers.from_bytes(answers(2, rank=[0]).to_bytes(), 1, names=3) is not None
    assert Answers.from_bytes(answers(2, rank=[0]).to_bytes(), 1, names=2) is None


@pytest.mark.parametrize("score", [math.nan, math.inf])
def test_scores_that_are_not_finite_are_refused(score: float) -> None:
    with pytest.raises(FloatingPointError):
        answers_of(Said(np.full((1, 3), score)), episode(2), LABELS, fit=0.0, ask=0.0, size=1)
