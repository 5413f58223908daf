"""calibrating: when a rule is chosen, what counts as a stranger, and the figures that are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from fewshot import Recognizer
from fewshot.calibrating import RATES
from fewshot.calibration_errors import CannotCalibrate
from fewshot.errors import GalleryDamaged, GalleryEmpty
from fewshot.images import Picture
from fewshot.interval import wilson
from fewshot.naming import Naming, naming_of, write_naming
from fewshot.recipe import Recipe
from fewshot.risk import Risk
from fewshot.rule_keeping import choose_if_due
from fewshot.rules import SIMPLEST, Rule
from fewshot.store import Store
from tests.conftest import draw
from tests.large_gallery import D, clustered, put


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    recipe = Recipe("whole", "palette", "ab", None, D)
    with closing(Store.create(tmp_path / "store.db", recipe)) as one:
        yield one


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[Naming]:
    """All that is written down of how galleries name."""
    told: list[Naming] = []

    def write(store: Store, naming: Naming, as_of: int | None = None) -> bool:
        told.append(naming)
        return write_naming(store, naming, as_of)

    monkeypatch.setattr("fewshot.rule_keeping.write_naming", write)
    return told


def grow(store: Store, name: int) -> None:
    """Enroll four pictures more, of another name."""
    put(store, f"name {name}", clustered(1, 4, seed=name))
    choose_if_due(store)


def test_a_rule_is_chosen_at_each_doubling_and_not_between(
    store: Store, written: list[Naming]
) -> None:
    for name in range(20):
        grow(store, name)
    assert [one.references for one in written] == [8, 16, 32, 64]
    assert naming_of(store).references == 64


def test_fewer_than_six_references_are_not_chosen_from(store: Store, written: list[Naming]) -> None:
    grow(store, 0)
    assert written == []


def test_a_gallery_of_which_half_is_left_chooses_anew(store: Store, written: list[Naming]) -> None:
    from fewshot.changes import forget

    for name in range(4):
        grow(store, name)
    for name in range(2):
        forget(store, f"name {name}")
    choose_if_due(store)
    assert [one.references for one in written] == [8, 16, 8]


def test_what_the_user_chose_stays_and_is_fitted_anew(store: Store, written: list[Naming]) -> None:
    grow(store, 0)
    write_naming(store, Naming(rule=Rule("nearest"), chosen_by="user", references=4))
    for name in range(1, 9):
        grow(store, name)
    assert {(one.rule, one.chosen_by) for one in written} == {(Rule("nearest"), "user")}
    assert naming_of(store).references == written[-1].references > 4


def test_a_large_gallery_keeps_the_rule_it_has(
    store: Store, written: list[Naming], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fewshot.rule_keeping.MOST_CHOSEN_FROM", 20)
    for name in range(20):
        grow(store, name)
    assert [one.references for one in written] == [8, 16]


def test_enrolling_into_a_gallery_whose_naming_is_damaged_is_done_all_the_same(
    recognizer: Recognizer,
) -> None:
    recognizer._store.connection.execute("INSERT OR REPLACE INTO naming VALUES (1, '{}')")
    assert recognizer.enroll([draw("yellow", seed) for seed in range(9)], "yellow").added == 9
    with pytest.raises(GalleryDamaged, match="fewshot calibrate"):
        recognizer.match(draw("red", 50))
    recognizer.calibrate()
    assert recognizer.match(draw("red", 50)).guess == "red"


def test_enrolling_chooses_in_passing(recognizer: Recognizer) -> None:
    assert naming_of(recognizer._store).chosen_by == "gallery"


def test_a_rule_is_taken_up_for_good_until_the_gallery_is_to_choose(recognizer: Recognizer) -> None:
    done = recognizer.calibrate(rule="vote-root")
    assert (str(done.naming.rule), done.naming.chosen_by) == ("vote-root", "user")
    assert recognizer.match(draw("red", 50)).rule == "vote-root"
    assert str(recognizer.calibrate().naming.rule) == "vote-root"
    assert recognizer.calibrate(rule="auto").naming.chosen_by == "gallery"


@pytest.mark.parametrize("rule", ["median", "", "mean-curved"])
def test_a_rule_that_is_none_is_refused_with_those_there_are(
    recognizer: Recognizer, rule: str
) -> None:
    with pytest.raises(CannotCalibrate, match=r"no rule is called .* auto, mean, mean-centered"):
        recognizer.calibrate(rule=rule)


def test_vectors_are_not_centered_below_three_names(recognizer: Recognizer) -> None:
    recognizer.forget("green")
    with pytest.raises(CannotCalibrate, match="mean-centered needs 3 names or more"):
        recognizer.calibrate(rule="mean-centered")


@pytest.mark.parametrize(
    ("rule", "chosen_by"), [("mean", "user"), (None, None), ("auto", "default")]
)
def test_beyond_what_is_chosen_from_there_is_the_class_mean(
    recognizer: Recognizer, monkeypatch: pytest.MonkeyPatch, rule: str | None, chosen_by: str | None
) -> None:
    monkeypatch.setattr("fewshot.rule_keeping.MOST_CHOSEN_FROM", 5)
    before = recognizer.calibrate(rule=None).naming
    naming = recognizer.calibrate(rule=rule).naming
    assert naming.rule == SIMPLEST
    assert naming.chosen_by == (chosen_by or before.chosen_by)
    with pytest.raises(CannotCalibrate, match="scored by the class mean"):
        recognizer.calibrate(rule="vote")


def test_a_gallery_whose_pictures_are_all_out_of_use_is_empty(tmp_path: Path) -> None:
    with Recognizer.create(tmp_path / "one.db") as recognizer:
        recognizer.enroll(draw("red", 1), "red")
        recognizer.correct(draw("red", 1), rejected="red")
        with pytest.raises(GalleryEmpty):
            recognizer.calibrate()


def test_vectors_that_are_none_are_damage(recognizer: Recognizer) -> None:
    nan = np.full(502, np.nan, "<f4").tobytes()
    recognizer._store.connection.execute("UPDATE picture_references SET vector = ?", (nan,))
    with pytest.raises(GalleryDamaged):
        recognizer.calibrate()


def strangers(*blocks: str) -> list[tuple[str, Picture]]:
    return [(block, draw("yellow", seed)) for seed, block in enumerate(blocks)]


def test_strangers_are_counted_by_whose_they_are(recognizer: Recognizer) -> None:
    done = recognizer.calibrate(strangers=strangers("a", "a", "b"))
    assert (done.strangers, done.stranger_pictures, done.added) == (2, 3, 3)
    again = recognizer.calibrate(strangers=strangers("a", "a", "b", "c"))
    assert (again.strangers, again.stranger_pictures, again.added) == (3, 4, 1)


def test_pictures_that_cannot_be_read_are_told_and_the_rest_is_taken(
    recognizer: Recognizer,
) -> None:
    done = recognizer.calibrate(strangers=[*strangers("a"), ("b", b"no picture")])
    assert (done.added, [one.source for one in done.refused]) == (1, ["<bytes>"])


def test_it_is_heard_of_each_picture(recognizer: Recognizer) -> None:
    heard: list[int] = []
    recognizer.calibrate(strangers=strangers("a", "b"), progress=lambda: heard.append(1))
    assert len(heard) == 2


def test_strangers_from_memory_keep_no_path(recognizer: Recognizer) -> None:
    recognizer.calibrate(strangers=strangers("a"))
    rows = recognizer._store.all("SELECT source FROM strangers", (str,))
    assert rows == [("<image>",)]


def test_an_enrolled_picture_given_as_a_stranger_changes_nothing(recognizer: Recognizer) -> None:
    before = recognizer.match(draw("red", 50))
    assert recognizer.calibrate(strangers=[("a", draw("red", 1))]).added == 0
    assert recognizer.match(draw("red", 50)) == before


@pytest.mark.parametrize("given", [0, 45])
def test_the_figures_are_those_of_a_plain_recomputation(recognizer: Recognizer, given: int) -> None:
    made: Callable[[int], tuple[str, Picture]] = lambda one: (str(one), draw("yellow", one))  # noqa: E731
    report = recognizer.calibrate(strangers=[made(one) for one in range(given)])
    matcher = recognizer._matcher
    with matcher.gallery.moment():
        own, rivals = (
            np.concatenate(both)
            for both in zip(*map(matcher.gallery.held_out, ("red", "blue", "green")), strict=True)
        )
        needed = [matcher.calibration(Risk(rate)).needed for rate in RATES]
    assert tuple(one.rate for one in report.rates) == RATES
    for kept, score in zip(report.rates, needed, strict=True):
        hits = sum(
            mine > other and mine - max(0.0, other) / 2 >= score
            for mine, other in zip(own.tolist(), rivals.tolist(), strict=True)
        )
        assert (kept.needed, kept.asked) == (score, 9)
        assert kept.known == pytest.approx(hits / 9)
        assert (kept.low, kept.high) == pytest.approx(wilson(hits, 9))
    assert (report.names, report.references, report.strangers) == (3, 9, given)
    blocks = 3 + given
    assert (report.tightest, report.strictly) == (2 / (blocks + 1), 1 / (blocks + 1))
    assert report.rates[1].basis == ("strangers" if given else "prior")


def test_where_no_name_has_another_picture_nothing_is_told_of_who_is_known(tmp_path: Path) -> None:
    with Recognizer.create(tmp_path / "one.db") as recognizer:
        recognizer.enroll_all([("red", draw("red")), ("blue", draw("blue"))])
        assert {(one.known, one.low, one.asked) for one in recognizer.calibrate().rates} == {
            (None, None, 0)
        }
