"""scoring: what each rule gives each name, checked against the plain way to compute it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fewshot.evaluation.in_memory import namer_of
from fewshot.rules import RULES, SCORINGS, VOTERS, Rule
from fewshot.scoring import (
    NEVER,
    References,
    Scores,
    best_two,
    decision_scores,
    held_out,
    own_means,
    scores,
)
from fewshot.spaces import Space

Vectors = NDArray[np.float32]
SCORED = pytest.mark.parametrize("scoring", SCORINGS)
ALIKE = 2e-5


def some(seed: int, n: int, names: int, d: int = 8) -> References:
    """Draw references; every name has one at least."""
    rng = np.random.default_rng(seed)
    names = min(n, names)
    owners = rng.permutation(np.concatenate([np.arange(names), rng.integers(0, names, n - names)]))
    return References(unit(rng.normal(size=(n, d)) + 0.5), owners, names)


def unit(rows: NDArray[np.float64]) -> Vectors:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def plainly(
    scoring: str, vectors: Vectors, owners: NDArray[np.intp], query: Vectors
) -> list[float]:
    """Score each name from 0 on that has a reference, by a loop; NEVER for the others."""
    found = []
    near = np.argsort(-(vectors @ query), kind="stable")[:VOTERS]
    for name in range(int(owners.max(initial=-1)) + 1):
        own = vectors[owners == name]
        if not len(own):
            found.append(float(NEVER))
        elif scoring == "mean":
            mean = own.astype(np.float64).mean(axis=0)
            found.append(float(mean @ query / np.linalg.norm(mean)))
        elif scoring == "nearest":
            found.append(float((own @ query).max()))
        else:
            votes = [max(0.0, float(vectors[row] @ query)) for row in near if owners[row] == name]
            found.append(sum(votes) / VOTERS)
    return found


SIZES = {"seed": st.integers(0, 10_000), "n": st.integers(8, 40), "names": st.integers(1, 12)}


@SCORED
@settings(deadline=None, max_examples=40, derandomize=True)
@given(**SIZES)
def test_a_query_has_the_score_of_the_plain_way(
    scoring: str, seed: int, n: int, names: int
) -> None:
    references = some(seed, n, names)
    queries = unit(np.random.default_rng(seed + 1).normal(size=(3, 8)))
    expected = [plainly(scoring, references.vectors, references.owners, one) for one in queries]
    assert scores(scoring, references, queries) == pytest.approx(np.array(expected), abs=ALIKE)


@SCORED
@pytest.mark.parametrize("whole_name", [True, False])
@settings(deadline=None, max_examples=40, derandomize=True)
@given(**SIZES)
def test_a_reference_held_out_has_the_score_of_a_gallery_without_it(
    scoring: str, whole_name: bool, seed: int, n: int, names: int
) -> None:
    references = some(seed, n, names)
    asked = np.random.default_rng(seed).permutation(n)[:4]
    found = held_out(scoring, references, asked, whole_name=whole_name)
    for row, place in enumerate(asked.tolist()):
        own = references.owners[place]
        left = references.owners != own if whole_name else np.arange(n) != place
        if left.sum() < VOTERS and scoring == "vote":
            continue
        expected = np.full(references.names, NEVER)
        rest = plainly(
            scoring, references.vectors[left], references.owners[left], references.vectors[place]
        )
        expected[: len(rest)] = rest
        assert found[row] == pytest.approx(expected, abs=ALIKE)


@pytest.mark.parametrize("scoring", SCORINGS)
def test_a_name_of_one_reference_is_not_there_when_that_is_held_out(scoring: str) -> None:
    references = References(unit(np.eye(7) + 0.1), np.array([0, 1, 1, 1, 2, 2, 2]), 3)
    assert held_out(scoring, references, np.array([0]), whole_name=False)[0, 0] == NEVER


def test_a_name_whose_references_are_all_one_picture_has_the_cosine_1_without_it() -> None:
    vectors = unit(np.array([[1.0, 2.0], [1.0, 2.0], [1.0, 2.0], [0.0, 1.0]]))
    references = References(vectors, np.array([0, 0, 0, 1]), 2)
    found = held_out("mean", references, np.arange(3), whole_name=False)
    assert found[:, 0] == pytest.approx(1.0, abs=1e-6)


def test_the_mean_of_nothing_is_nobody() -> None:
    lengths, dots = np.array([1.0, 1.0], np.float32), np.array([1.0, 1.0], np.float32)
    assert own_means(lengths, dots, np.array([1, 2])).tolist() == [NEVER, NEVER]


@settings(deadline=None, max_examples=60, derandomize=True)
@given(st.integers(0, 10_000), st.integers(1, 9), st.integers(1, 9))
def test_the_best_two_are_the_first_two_of_all_in_order(seed: int, rows: int, names: int) -> None:
    drawn = np.random.default_rng(seed).integers(-3, 4, (rows, names))
    found = np.asarray(drawn / 4, np.float32)
    before = found.copy()
    places, best = best_two(found)
    order = np.argsort(-found, axis=1, kind="stable")[:, :2]
    width = min(2, names)
    assert (places[:, :width] == order).all()
    assert (best[:, :width] == np.take_along_axis(found, order, axis=1)).all()
    assert (found == before).all()


def test_where_there_is_one_name_the_second_is_nobody() -> None:
    places, best = best_two(np.array([[0.3]], np.float32))
    assert (places.tolist(), best[0, 1]) == ([[0, -1]], NEVER)


@pytest.mark.parametrize(("two", "expected"), [
    ((0.8, 0.6), 0.5), ((0.8, 0.0), 0.8), ((0.8, -0.4), 0.8), ((-0.1, -0.4), -0.1),
    ((0.8, float(NEVER)), 0.8), ((0.8, -np.inf), 0.8), ((float(NEVER), float(NEVER)), -2.0),
])  # fmt: skip
def test_a_decision_rests_on_the_best_less_half_of_a_runner_up_above_zero(
    two: tuple[float, float], expected: float
) -> None:
    assert decision_scores(np.array([two], np.float32))[0] == pytest.approx(expected)


@pytest.mark.parametrize("rule", RULES, ids=str)
@settings(deadline=None, max_examples=15, derandomize=True)
@given(**SIZES)
def test_scores_in_bulk_are_those_that_a_gallery_names_by(
    rule: Rule, seed: int, n: int, names: int
) -> None:
    plain = some(seed, n, names)
    namer = namer_of(plain.vectors, plain.owners, rule)
    space = Space.around(rule.space, plain.vectors)
    placed = References(space.place(plain.vectors), plain.owners, plain.names)
    queries = unit(np.random.default_rng(seed + 1).normal(size=(3, 8)))
    found: Scores = scores(rule.scoring, placed, space.place(queries))
    two = best_two(found)[1]
    for row, query in enumerate(queries):
        standing = namer.standing(query, names)
        whole = found[row, standing.owners]
        assert standing.scores == pytest.approx(whole, abs=ALIKE)
        assert standing.scores[:2] == pytest.approx(two[row, : len(standing.scores)], abs=ALIKE)
