"""verdict: who is nearest, whether that is near enough, and what the answer says of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fewshot.calibration import Calibration
from fewshot.changes import undo
from fewshot.crops import Box
from fewshot.embedder import Embedded
from fewshot.evidence import Evidence
from fewshot.gallery import Gallery
from fewshot.matching import Matcher
from fewshot.nearness import Candidate, Neighbor
from fewshot.recipe import Recipe
from fewshot.risk import Risk
from fewshot.staging import staging
from fewshot.store import Store
from fewshot.stranger_model import UNMEASURED, StrangerTail, load_model
from fewshot.verdict import Match, Ruling, by_rate, by_threshold, rule_on
from tests.test_gallery import direction

CANDIDATES = (Candidate("aqua", 0.9), Candidate("megumin", 0.7), Candidate("chris", 0.2))
NEIGHBORS = (Neighbor("megumin", 0.8, 2, "c"), Neighbor("aqua", 0.7, 3, "a"))
SAME = (Neighbor("megumin", 0.999, 2, "c"), *NEIGHBORS)
TAIL = StrangerTail(np.array([0.0, 0.2, 0.4, 0.6]), np.log([0.9, 0.3, 0.05, 0.01]))


def match_of(ruling: Ruling) -> Match:
    return Match(
        query="q",
        name=None,
        guess=ruling.best.name if ruling.best else None,
        similarity=ruling.best.similarity if ruling.best else -1.0,
        threshold=1.0,
        runner_up=ruling.runner_up,
        neighbors=NEIGHBORS,
        box=Box(0, 0, 1, 1),
        score=ruling.score,
        same_picture=ruling.copy is not None,
    )


def calibration(rate: float = 0.05) -> Calibration:
    """Strangers as TAIL has them: 0.4 is needed at 5 %."""
    return Calibration(Evidence.none(0, 0), TAIL, rate=rate)


ANSWER = match_of(rule_on(CANDIDATES, NEIGHBORS))


def test_the_nearest_name_is_the_best_and_the_second_the_runner_up() -> None:
    ruling = rule_on(CANDIDATES, NEIGHBORS)
    assert (ruling.best, ruling.runner_up, ruling.copy) == (CANDIDATES[0], CANDIDATES[1], None)


def test_the_score_is_the_similarity_less_half_of_the_runner_up_s() -> None:
    assert rule_on(CANDIDATES, NEIGHBORS).score == pytest.approx(0.9 - 0.35)


def test_a_runner_up_on_the_other_side_takes_nothing_off() -> None:
    assert rule_on((CANDIDATES[0], Candidate("chris", -0.4)), ()).score == pytest.approx(0.9)


def test_one_name_alone_has_no_runner_up_and_no_margin() -> None:
    ruling = rule_on(CANDIDATES[:1], NEIGHBORS)
    assert (ruling.runner_up, ruling.score) == (None, 0.9)
    assert match_of(ruling).margin is None


def test_friends_are_passed_over_for_the_score_but_stay_the_runner_up() -> None:
    ruling = rule_on(CANDIDATES, NEIGHBORS, friends={"megumin"})
    assert ruling.score == pytest.approx(0.9 - 0.1)
    assert ruling.runner_up == CANDIDATES[1]


def test_a_name_that_was_rejected_is_neither_guessed_nor_a_rival() -> None:
    ruling = rule_on(CANDIDATES, NEIGHBORS, rejected={"aqua"})
    assert (ruling.best, ruling.runner_up) == (CANDIDATES[1], CANDIDATES[2])
    assert ruling.score == pytest.approx(0.7 - 0.1)


def test_where_all_names_are_rejected_nobody_is_guessed() -> None:
    ruling = rule_on(CANDIDATES, SAME, rejected={"aqua", "megumin", "chris"})
    assert ruling == Ruling(None, None, -1.0, rejected=("aqua", "chris", "megumin"))
    for match in (by_rate(match_of(ruling), calibration()), by_threshold(match_of(ruling), -1.0)):
        assert (match.name, match.guess, match.rejected_by) == (None, None, "correction")
        assert (match.status, match.margin) == ("unknown", None)


def test_a_picture_that_is_a_reference_has_its_name_whatever_the_means_say() -> None:
    ruling = rule_on(CANDIDATES, SAME)
    assert ruling.best == Candidate("megumin", 0.999)
    assert ruling.copy == SAME[0]
    assert ruling.runner_up == CANDIDATES[0]


def test_it_has_it_though_strangers_come_as_near() -> None:
    match = by_rate(match_of(rule_on(CANDIDATES, SAME)), calibration(1e-6))
    assert match.score < match.needed
    assert (match.name, match.same_picture, match.rejected_by) == ("megumin", True, None)


def test_a_copy_of_a_picture_of_a_rejected_name_is_no_reason() -> None:
    ruling = rule_on(CANDIDATES, SAME, rejected={"megumin"})
    assert (ruling.best, ruling.copy) == (CANDIDATES[0], None)


def test_from_which_cosine_on_it_is_the_same_picture_is_said() -> None:
    assert rule_on(CANDIDATES, NEIGHBORS, same_picture=0.8).copy == NEIGHBORS[0]
    assert rule_on(CANDIDATES, NEIGHBORS, same_picture=0.81).copy is None


def test_the_guess_is_named_where_few_enough_strangers_come_as_near() -> None:
    named, unnamed = by_rate(ANSWER, calibration(0.05)), by_rate(ANSWER, calibration(0.01))
    assert (named.name, named.rejected_by, named.status) == ("aqua", None, "known")
    assert (unnamed.name, unnamed.rejected_by, unnamed.status) == (None, "rate", "unknown")
    assert unnamed.guess == "aqua"
    assert named.p_value == unnamed.p_value == pytest.approx(TAIL.rate(0.55))


def test_an_answer_says_which_rate_it_keeps_and_what_that_rests_on() -> None:
    match = by_rate(ANSWER, calibration())
    assert (match.rate, match.basis, match.tightest, match.strangers) == (0.05, "prior", 1.0, 0)
    assert match.estimated


@settings(deadline=None, max_examples=200, derandomize=True)
@given(
    first=st.floats(-1, 0.98), second=st.floats(-1, 1), rate=st.floats(1e-6, 0.5),
)  # fmt: skip
def test_the_threshold_shown_is_the_similarity_from_which_it_would_be_named(
    first: float, second: float, rate: float
) -> None:
    candidates = (Candidate("aqua", first), Candidate("megumin", min(first, second)))
    match = by_rate(match_of(rule_on(candidates, ())), calibration(rate))
    assert match.threshold <= 1.0
    if abs(match.score - match.needed) > 1e-9:
        assert match.known == (match.similarity >= match.threshold) == (match.score >= match.needed)
    if match.threshold < 1.0:
        assert match.threshold - match.similarity == pytest.approx(match.needed - match.score)


@pytest.mark.parametrize(("threshold", "name"), [(0.9, "aqua"), (0.91, None), (-1.0, "aqua")])
def test_a_threshold_of_one_s_own_is_met_at_it_and_above(threshold: float, name: str) -> None:
    match = by_threshold(ANSWER, threshold)
    assert match.name == name
    assert (match.threshold, match.needed, match.score) == (threshold, threshold, 0.9)
    assert match.rejected_by == (None if name else "threshold")


def test_by_a_threshold_of_one_s_own_no_rate_is_kept() -> None:
    match = by_threshold(ANSWER, 0.5)
    assert (match.basis, match.p_value, match.rate, match.tightest) == (
        "threshold",
        None,
        None,
        None,
    )
    assert not match.estimated


def test_the_margin_is_how_far_the_runner_up_is_behind() -> None:
    assert ANSWER.margin == pytest.approx(0.2)


def put(store: Store, name: str, **angles: float) -> None:
    """Enroll pictures, each with its name and where it lies."""
    with staging(store) as room:
        for picture, angle in angles.items():
            vector = direction(angle).tobytes()
            room.add(name, digest=picture.encode(), vector=vector, source=f"/{picture}",
                     box="0 0 1 1", thumbnail=b"")  # fmt: skip
        room.commit()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    recipe = Recipe("whole", "palette", "ab", None, 8)
    with closing(Store.create(tmp_path / "store.db", recipe)) as one:
        yield one


def ask(matcher: Matcher, angle: float) -> Match:
    shown = Embedded("q", direction(angle), Box(0, 0, 1, 1), b"")
    return matcher.match(shown, k=9, risk=Risk(0.5))


def matcher_of(store: Store) -> Matcher:
    return Matcher(Gallery(store), lambda rule: load_model(UNMEASURED, None, rule), 0.999)


def test_the_friends_passed_over_are_those_of_who_is_nearest(store: Store) -> None:
    put(store, "near", n=0.0)
    put(store, "friend", shared=0.8)
    put(store, "other", shared=0.8, o=1.0)
    put(store, "same", copied=0.3)
    match = ask(matcher_of(store), 0.3)  # a copy of same's, who shares no picture
    assert match.guess == "same"
    assert match.score == pytest.approx(1.0 - np.cos(0.3) / 2, abs=1e-5)
    assert ask(matcher_of(store), 0.75).score == pytest.approx(  # friend's, whose friend is other
        np.cos(0.05) - np.cos(0.45) / 2, abs=1e-5
    )


def test_a_copy_of_a_picture_has_the_friends_of_its_own_name(store: Store) -> None:
    put(store, "wide", a=-0.9, b=0.25, shared=0.1)
    put(store, "third", shared=0.1, c=0.5)
    put(store, "far", d=0.6)
    match = ask(matcher_of(store), 0.25)  # nearest to the mean of third, but a copy of wide's
    assert match.guess == "wide"
    assert match.score == pytest.approx(1.0 - np.cos(0.35) / 2, abs=1e-5)


def test_who_shared_a_picture_is_a_rival_again_when_it_is_taken_back(store: Store) -> None:
    put(store, "aqua", shared=0.0)
    put(store, "megumin", m=1.0)
    matcher = matcher_of(store)
    before = ask(matcher, 0.1).score
    put(store, "megumin", shared=0.0)
    assert ask(matcher, 0.1).score > before  # megumin is a friend now
    undo(store)
    assert ask(matcher, 0.1).score == pytest.approx(before, abs=1e-6)
