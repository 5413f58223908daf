"""matching: a name or nobody, with the reasons."""

from __future__ import annotations

from fewshot.crops import Box
from fewshot.gallery import Candidate, Neighbor
from fewshot.matching import Match, decide

CANDIDATES = (Candidate("aqua", 0.9), Candidate("megumin", 0.7))
NEIGHBORS = (Neighbor("megumin", 0.8, 2, "c"), Neighbor("aqua", 0.7, 3, "a"))


def answer(threshold: float, candidates: tuple[Candidate, ...] = CANDIDATES) -> Match:
    return decide("q", candidates, NEIGHBORS, threshold=threshold, box=Box(0, 0, 1, 1))


def test_the_nearest_candidate_is_named_at_the_threshold_and_above() -> None:
    assert answer(0.9).name == "aqua"


def test_nobody_is_named_below_the_threshold() -> None:
    assert answer(0.91).name is None


def test_a_nobody_still_has_a_guess() -> None:
    assert answer(0.95).guess == "aqua"


def test_known_is_to_have_a_name() -> None:
    assert answer(0.9).known
    assert not answer(0.95).known


def test_the_runner_up_is_the_second_candidate() -> None:
    assert answer(0.5).runner_up == Candidate("megumin", 0.7)


def test_one_candidate_alone_has_no_runner_up() -> None:
    assert answer(0.5, CANDIDATES[:1]).runner_up is None


def test_the_neighbors_are_shown_as_they_were_found() -> None:
    assert answer(0.5).neighbors == NEIGHBORS


def test_a_picture_that_is_a_reference_has_its_name_whatever_the_means_say() -> None:
    same = (Neighbor("megumin", 0.999, 2, "c"), *NEIGHBORS)
    match = decide("q", CANDIDATES, same, threshold=0.95, box=Box(0, 0, 1, 1))
    assert (match.name, match.similarity) == ("megumin", 0.999)
    assert match.runner_up == Candidate("aqua", 0.9)


def test_a_status_is_the_one_of_the_contract() -> None:
    assert (answer(0.9).status, answer(0.95).status) == ("known", "unknown")
