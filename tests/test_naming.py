"""naming: how a gallery names is written down and read back, or is damaged in our own words."""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fewshot.errors import GalleryDamaged
from fewshot.naming import Naming, Tried, naming_of, write_naming
from fewshot.rules import RULES, SIMPLEST, Rule
from fewshot.spaces import Space
from fewshot.store import Store
from tests.test_store import RECIPE

CENTER = np.array([0.25, -0.5, 0.125, 0.0], "<f4")
TEXT = base64.b64encode(CENTER.tobytes()).decode()


def told(rule: Rule) -> Naming:
    return Naming(
        rule=rule,
        chosen_by="gallery",
        references=12,
        center=TEXT if rule.space == "centered" else "",
        temperature=0.05,
        held_out=12,
        tried=(Tried("mean", 0.75, 0.05, 0.04), Tried("nearest-root", 0.8, 0.0, 0.0)),
    )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store.create(tmp_path / "store.db", RECIPE)) as one:
        yield one


def put(store: Store, text: object) -> None:
    """Write this where it is written how a gallery names."""
    store.connection.execute("INSERT OR REPLACE INTO naming VALUES (1, ?)", (text,))


def changed(store: Store, **values: Any) -> None:
    """Write down how a gallery names, with some of it changed."""
    write_naming(store, told(Rule("mean", "centered")))
    ((text,),) = store.connection.execute("SELECT about FROM naming").fetchall()
    put(store, json.dumps(json.loads(text) | values))


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_it_is_read_as_it_was_written(store: Store, rule: Rule) -> None:
    write_naming(store, told(rule))
    assert naming_of(store) == told(rule)


def test_it_is_there_when_the_file_is_opened_again(store: Store) -> None:
    write_naming(store, told(SIMPLEST))
    with closing(Store.open(store.path)) as again:
        assert naming_of(again) == told(SIMPLEST)


def test_a_gallery_that_says_nothing_names_the_simplest_way(store: Store) -> None:
    assert naming_of(store) == Naming()
    assert (Naming().rule, Naming().chosen_by, Naming().temperature) == (SIMPLEST, "default", None)


def test_the_last_that_was_written_holds(store: Store) -> None:
    write_naming(store, told(Rule("vote")))
    write_naming(store, told(SIMPLEST))
    assert naming_of(store).rule == SIMPLEST
    assert store.all("SELECT count(*) FROM naming", (int,)) == [(1,)]


def test_too_little_data_for_a_probability_is_kept_as_none(store: Store) -> None:
    changed(store, temperature=None)
    assert naming_of(store).temperature is None


def test_a_center_is_read_to_the_last_bit(store: Store) -> None:
    write_naming(store, told(Rule("mean", "centered")))
    naming = naming_of(store)
    center = Space.of(naming.rule.space, naming.center).center
    assert center is not None
    assert center.tobytes() == CENTER.tobytes()
    assert Space.of(Naming().rule.space, Naming().center).center is None


def center(*numbers: float) -> str:
    return base64.b64encode(np.array(numbers, "<f4").tobytes()).decode()


DEEP, ENDLESS, HUGE = "[" * 90_000, float("inf"), 10**400
DAMAGE: dict[str, dict[str, Any]] = {
    "a rule there is not": {"rule": "median"},
    "a rule that is a number": {"rule": 7},
    "no rule": {"rule": None},
    "a rule that is a list": {"rule": ["mean"]},
    "a chooser there is not": {"chosen_by": "nobody"},
    "a chooser that is a list": {"chosen_by": []},
    "endless references": {"references": ENDLESS},
    "references that are no number": {"references": float("nan")},
    "references that are text": {"references": "many"},
    "references below 0": {"references": -1},
    "endless asked": {"held_out": ENDLESS},
    "a center that is no number": {"center": center(0.1, float("nan"), 0, 0)},
    "a center beyond unit vectors": {"center": center(0.1, 1.5, 0, 0)},
    "an endless center": {"center": center(0.1, ENDLESS, 0, 0)},
    "a center of another length": {"center": center(0.1, 0, 0)},
    "no center": {"center": ""},
    "a center that is no text": {"center": 5},
    "a center cut off": {"center": TEXT[:-1]},
    "a center with strange letters": {"center": "\u0661" * 24},
    "a center for a rule that needs none": {"rule": "mean"},
    "a temperature of 0": {"temperature": 0},
    "a temperature below 0": {"temperature": -0.1},
    "an endless temperature": {"temperature": ENDLESS},
    "a temperature that is no number": {"temperature": float("nan")},
    "a temperature in words": {"temperature": "warm"},
    "a temperature beyond floats": {"temperature": HUGE},
    "a temperature that is a list": {"temperature": [0.1]},
    "nothing tried": {"tried": None},
    "a number of tried": {"tried": 3},
    "tried that are text": {"tried": "mean"},
    "tried without a rule": {"tried": [{"accuracy": 1}]},
    "a tried rule there is not": {
        "tried": [{"rule": "median", "accuracy": 1, "behind": 0, "standard_error": 0}]
    },
    "a tried rule that is a number": {
        "tried": [{"rule": 1, "accuracy": 1, "behind": 0, "standard_error": 0}]
    },
}
for part in ("accuracy", "behind", "standard_error"):
    for value in (float("nan"), ENDLESS, HUGE, "much", None):
        one = {"rule": "mean", "accuracy": 1.0, "behind": 0.0, "standard_error": 0.0}
        DAMAGE[f"{part} {str(value)[:9]}"] = {"tried": [one | {part: value}]}


@pytest.mark.parametrize("what", DAMAGE)
def test_what_cannot_be_is_damage(store: Store, what: str) -> None:
    changed(store, **DAMAGE[what])
    with pytest.raises(GalleryDamaged):
        naming_of(store)


@pytest.mark.parametrize("text", [
    "", "no JSON", "{}", "[]", "7", "null", '"mean"', "9" * 5000, DEEP, '{"a":' * 90_000,
    b"\xff\xfe", 5, "{" + " " * (1 << 24) + "}",
], ids=lambda text: str(text)[:12])  # fmt: skip
def test_what_is_no_account_of_naming_is_damage(store: Store, text: object) -> None:
    put(store, text)
    with pytest.raises(GalleryDamaged):
        naming_of(store)


def test_a_text_that_is_no_text_is_damage(store: Store) -> None:
    store.connection.execute("INSERT INTO naming VALUES (1, CAST(x'61ff62' AS TEXT))")
    with pytest.raises(GalleryDamaged):
        naming_of(store)


def test_damage_says_what_writes_it_anew(store: Store) -> None:
    changed(store, rule="median")
    with pytest.raises(GalleryDamaged, match=r"how it names .* which fewshot calibrate mends"):
        naming_of(store)


def test_a_huge_list_of_tried_rules_is_cut(store: Store) -> None:
    one = {"rule": "mean", "accuracy": 1.0, "behind": 0.0, "standard_error": 0.0}
    changed(store, tried=[one] * 100_000)
    assert len(naming_of(store).tried) <= 32


def test_a_file_without_the_table_is_damaged(store: Store) -> None:
    store.connection.execute("DROP TABLE naming")
    with pytest.raises(GalleryDamaged):
        naming_of(store)


def test_it_is_written_whole_or_not_at_all(store: Store) -> None:
    write_naming(store, told(SIMPLEST))
    with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute(
            "CREATE TRIGGER no BEFORE INSERT ON naming BEGIN SELECT RAISE(ABORT, ''); END"
        )
    with pytest.raises(GalleryDamaged):
        write_naming(store, told(Rule("vote")))
    assert naming_of(store) == told(SIMPLEST)


def test_an_accuracy_may_be_rounded_beyond_1(store: Store) -> None:
    write_naming(store, Naming(tried=(Tried("mean", 1.0000000000000002, 0.0, 0.0),)))
    assert naming_of(store).tried[0].accuracy == pytest.approx(1.0)
