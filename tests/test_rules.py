"""rules: how names are scored and in which space, as it is written and read."""

from __future__ import annotations

import subprocess
import sys

import pytest

from fewshot.rules import RULES, SCORINGS, SIMPLEST, SPACES, Rule


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_a_rule_is_read_as_it_is_written(rule: Rule) -> None:
    assert Rule.parse(str(rule)) == rule


def test_there_are_nine_and_no_two_are_written_alike() -> None:
    assert len(RULES) == len({str(rule) for rule in RULES}) == len(SCORINGS) * len(SPACES) == 9


def test_the_simplest_is_the_class_mean_of_vectors_as_embedded_and_comes_first() -> None:
    assert SIMPLEST == RULES[0] == Rule("mean", "plain")


def test_the_plain_space_is_not_written_but_may_be() -> None:
    assert str(Rule("vote", "plain")) == "vote"
    assert Rule.parse("vote-plain") == Rule.parse("vote")


@pytest.mark.parametrize(
    "text", ["", "median", "-root", "mean-root-root", "Mean", "mean ", "mean_root", "auto"]
)
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no such rule"):
        Rule.parse(text)


@pytest.mark.parametrize(("scoring", "space"), [("median", "plain"), ("mean", "curved")])
def test_a_rule_that_is_none_cannot_be_made(scoring: str, space: str) -> None:
    with pytest.raises(ValueError, match="no such rule"):
        Rule(scoring, space)


def test_each_rule_has_words_of_its_own() -> None:
    assert SIMPLEST.words == "nearest class mean"
    assert Rule("vote").words == "vote of the 5 nearest references"
    assert Rule("nearest", "centered").words == "nearest reference, vectors less the gallery's mean"
    assert len({rule.words for rule in RULES}) == 9


def test_it_loads_no_numpy() -> None:
    ask = "import sys, fewshot.rules, fewshot.naming; print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
