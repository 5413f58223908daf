"""rule_keeping: what was chosen stays, and holds no trace of who was erased."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from fewshot import Recognizer
from fewshot.changes import erase
from fewshot.naming import Naming, naming_of, write_naming
from fewshot.rules import SIMPLEST, Rule
from fewshot.store import Store
from tests.conftest import draw


def test_the_center_of_the_vectors_forgets_the_erased(recognizer: Recognizer) -> None:
    for seed, name in enumerate(("blue", "green", "yellow")):
        recognizer.enroll([draw(name, seed), draw(name, seed + 9)], f"also {name}")
    recognizer.calibrate(rule="mean-centered")
    before = naming_of(recognizer._store).center
    recognizer.forget("also blue", erase=True)
    after = naming_of(recognizer._store)
    assert (after.rule, after.chosen_by) == (Rule("mean", "centered"), "user")
    assert after.center != before
    assert before.encode() not in recognizer.path.read_bytes()


def test_a_center_chosen_while_somebody_was_erased_is_chosen_again(
    recognizer: Recognizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed, name in enumerate(("blue", "green", "yellow")):
        recognizer.enroll([draw(name, seed), draw(name, seed + 9)], f"also {name}")
    as_ofs: list[int | None] = []

    def write(store: Store, naming: Naming, as_of: int | None = None) -> bool:
        if not as_ofs:
            with closing(Store.open(store.path)) as rival:
                erase(rival, "also blue")
        as_ofs.append(as_of)
        return write_naming(store, naming, as_of)

    monkeypatch.setattr("fewshot.rule_keeping.write_naming", write)
    assert (
        recognizer.calibrate(rule="mean-centered").naming.references == recognizer.info().references
    )
    assert len(as_ofs) == 2


def test_a_rule_chosen_for_good_goes_along_with_an_export(
    recognizer: Recognizer, tmp_path: Path
) -> None:
    recognizer.calibrate(rule="nearest-root")
    recognizer.export(tmp_path / "all.npz")
    with Recognizer.create_for(tmp_path / "all.npz", tmp_path / "copy.db") as copy:
        copy.import_from(tmp_path / "all.npz")
        naming = naming_of(copy._store)
    assert (str(naming.rule), naming.chosen_by) == ("nearest-root", "user")


def test_a_centered_rule_is_plain_where_two_names_are_left(recognizer: Recognizer) -> None:
    recognizer.enroll(draw("yellow", 1), "yellow")
    recognizer.calibrate(rule="mean-centered")
    while len(names := recognizer.identities()) > 2:
        recognizer.forget(names[0].name, erase=True)
    naming = naming_of(recognizer._store)
    assert (naming.rule, naming.chosen_by) == (SIMPLEST, "user")
