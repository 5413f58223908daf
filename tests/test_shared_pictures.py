"""Names that share a picture: no strangers to each other, no rivals, and no door for strangers."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from eval.made_identities import World
from fewshot import Recognizer
from fewshot.calibration import Calibration
from fewshot.evaluation.in_memory import evidence_of, namer_of
from fewshot.rules import Rule
from fewshot.scoring import best_two_but_friends, decision_scores, grouped
from fewshot.stranger_model import load_model
from tests.conftest import COLORS, draw


@pytest.mark.parametrize("names", [2, 3, 4])
def test_a_picture_shared_by_all_names_opens_no_door_to_strangers(
    tmp_path: Path, names: int
) -> None:
    colors = list(COLORS)[:names]
    with Recognizer.create(tmp_path / "own.db") as recognizer:
        for color in colors:
            recognizer.enroll([draw(color, seed) for seed in range(3)], color)
        before = recognizer.match(draw("red", 9)).needed
        for color in colors:
            recognizer.enroll(draw("yellow", 50), color)
        assert recognizer.match(draw("red", 9)).needed > before - 0.25


def test_a_friend_of_the_best_is_passed_over_and_others_are_not() -> None:
    found = np.array([[0.9, 0.8, 0.3], [0.2, 0.7, 0.6]], np.float32)
    names = np.array([4, 7, 9])
    places, best = best_two_but_friends(found, names, grouped([(4, 7)]))
    assert places.tolist() == [[0, 2], [1, 2]]
    assert best.tolist() == [pytest.approx([0.9, 0.3]), pytest.approx([0.7, 0.6])]


def test_the_rate_is_kept_where_each_is_enrolled_under_two_names_that_share_a_picture() -> None:
    """Strangers decided as a match decides them: beside the best, its friend is no rival."""
    people, repeats, shown, rate = 60, 12, 100, 0.1
    friends = frozenset(
        pair for one in range(people) for pair in ((2 * one, 2 * one + 1), (2 * one + 1, 2 * one))
    )
    shares = []
    for turn in range(repeats):
        rng = np.random.default_rng([3, turn])
        world = World.anew(rng)
        vectors = world.identities(rng, people).pictures(rng, np.repeat(np.arange(people), 5))
        owners = 2 * np.repeat(np.arange(people), 5) + np.tile([0, 0, 0, 1, 1], people)
        namer = namer_of(vectors, owners, Rule())
        evidence = evidence_of(namer, vectors, owners, friends=friends)
        tail = load_model("palette", None, Rule()).of(evidence)
        calibration = Calibration(evidence, tail, rate=rate, strict=True)
        strangers = world.identities(rng, shown).pictures(rng, np.arange(shown))
        found = np.stack([namer.standing(one, 2 * people).scores for one in strangers])
        order = np.stack([namer.standing(one, 2 * people).owners for one in strangers])
        by_name = np.take_along_axis(found, np.argsort(order, axis=1), axis=1)
        two = best_two_but_friends(by_name, np.arange(2 * people), grouped(friends))[1]
        shares.append(float((decision_scores(two) >= calibration.needed).mean()))
    assert np.mean(shares) <= rate + 2.0 * np.std(shares) / math.sqrt(repeats)
