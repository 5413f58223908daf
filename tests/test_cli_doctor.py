"""`fewshot doctor`: what it says, what --apply takes out of use, and that undo brings it back."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from PIL import Image

from fewshot import Recognizer
from fewshot.changes import erase, undo
from fewshot.operations import history
from fewshot.quarantine import confined
from fewshot.setting_aside import set_aside
from fewshot.store import Store
from tests.conftest import Folder, Run, draw, listed, nearly
from tests.test_changes import standing, traces
from tests.test_store import RECIPE, enroll

Swap = Callable[[], Path]


@pytest.fixture
def swapped(fewshot: Run, folder_of: Folder) -> Path:
    """A gallery of three colors, in which a blue face is enrolled as red; its picture."""
    folder = folder_of(red=6, blue=6, green=6)
    wrong = folder / "red" / "wrong.png"
    draw("blue", 40).save(wrong)
    assert fewshot("enroll", folder).code == 0
    return wrong


def test_what_is_mislabeled_is_named_with_whom_it_stands_with(fewshot: Run, swapped: Path) -> None:
    answer = fewshot("doctor", "--only", "mislabeled")
    assert answer.code == 1
    assert "wrong.png is enrolled as red but stands with blue (" in answer.out
    assert "right when left out in turn" in answer.err


def test_a_clean_gallery_has_no_findings_and_ends_with_0(fewshot: Run, folder_of: Folder) -> None:
    fewshot("enroll", folder_of(red=6, blue=6, green=6))
    answer = fewshot("doctor", "--only", "mislabeled", "--only", "same-identity")
    assert (answer.code, answer.out) == (0, "")
    assert "nothing to mend" in answer.err


def test_the_example_of_readme_is_what_it_says(
    fewshot: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = Path(__file__).parent.parent
    shutil.copytree(root / "gallery", tmp_path / "gallery")
    monkeypatch.chdir(tmp_path)
    shutil.move("gallery/aqua/01.jpg", "gallery/megumin/aqua-01.jpg")
    fewshot("enroll", "gallery")
    said = fewshot("doctor").out.rstrip()
    said = textwrap.indent(said, "    ")
    readme = (root / "README.md").read_text(encoding="utf-8")
    start = readme.index(said.splitlines()[0])
    quoted = "\n".join(readme[start:].splitlines()[: len(said.splitlines())])
    assert nearly(said, quoted)


def test_an_empty_gallery_has_no_findings(fewshot: Run, enrolled: Path) -> None:
    for name in ("red", "blue"):
        fewshot("forget", name)
    assert fewshot("doctor", "--json").json["findings"] == []


def test_the_json_says_what_removing_it_changes(fewshot: Run, swapped: Path) -> None:
    (row,) = fewshot("doctor", "--json", "--only", "mislabeled").json["findings"]
    assert (row["name"], row["other"], row["source"]) == ("red", "blue", str(swapped))
    assert set(row["effect"]) == {
        "accuracy_before", "accuracy_after", "strangers_before", "strangers_after",
    }  # fmt: skip
    assert row["quarantined"] is False


def test_looking_changes_nothing(fewshot: Run, swapped: Path) -> None:
    fewshot("doctor")
    assert [row["what"] for row in fewshot("history", "--json").json["operations"]] == ["enroll"]


def test_apply_takes_it_out_of_use_and_undo_brings_it_back(fewshot: Run, swapped: Path) -> None:
    before = fewshot("show", "red", "--json").out
    (row,) = fewshot("doctor", "--apply", "--json", "--only", "mislabeled").json["findings"]
    assert row["quarantined"]
    assert dict(listed(fewshot))["red"] == 6
    assert str(swapped) not in fewshot("show", "red").out
    assert fewshot("info", "--verify").code == 0
    latest = fewshot("history", "--json").json["operations"][0]
    assert (latest["what"], latest["names"], latest["references"]) == ("quarantine", ["red"], 1)
    assert fewshot("match", swapped, "--json").json["matches"][0]["guess"] == "blue"
    fewshot("undo")
    assert fewshot("show", "red", "--json").out == before


def test_apply_takes_what_is_mislabeled_and_nothing_else_unasked(
    fewshot: Run, swapped: Path
) -> None:
    small = draw("green", 41).resize((20, 17))
    small.save(swapped.parent.parent / "green" / "small.png")
    fewshot("enroll", swapped.parent.parent)
    rows = fewshot("doctor", "--apply", "--json").json["findings"]
    assert {row["kind"] for row in rows} >= {"mislabeled", "tiny"}
    assert {row["kind"] for row in rows if row["quarantined"]} == {"mislabeled"}
    rows = fewshot("doctor", "--apply", "--only", "tiny", "--jsonl")
    assert '"quarantined": true' in rows.out


@pytest.mark.parametrize("kind", ["same-identity", "copy-across"])
def test_what_a_person_decides_is_not_applied(fewshot: Run, enrolled: Path, kind: str) -> None:
    answer = fewshot("doctor", "--apply", "--only", kind)
    assert answer.code == 2
    assert "for you to decide" in answer.err


def test_one_picture_under_two_names_is_said(
    fewshot: Run, folder_of: Folder, tmp_path: Path
) -> None:
    folder = folder_of(red=4, blue=4)
    shutil.copy(folder / "red" / "00.png", folder / "blue" / "again.png")
    fewshot("enroll", folder)
    (row,) = fewshot("doctor", "--only", "copy-across", "--json").json["findings"]
    assert sorted(row["names"]) == ["blue", "red"]
    assert {Path(source).name for source in row["sources"]} == {"again.png", "00.png"}


def test_the_montage_shows_each_finding(fewshot: Run, swapped: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.png"
    answer = fewshot("doctor", "--only", "mislabeled", "--montage", sheet)
    assert "montage written to" in answer.err
    with Image.open(sheet) as image:
        assert image.width > 4 * 144


def test_python_gives_the_same_findings(fewshot: Run, swapped: Path) -> None:
    rows = fewshot("doctor", "--json").json["findings"]
    with Recognizer.open() as recognizer:
        found = recognizer.doctor()
        assert [one.says for one in found.findings] == [row["says"] for row in rows]
        (number,) = recognizer.quarantine(found.of_kinds())
        assert number not in {one.id for one in recognizer.references("red")}


def test_more_than_are_looked_at_are_taken_evenly(
    fewshot: Run, swapped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fewshot.doctor.MOST_LOOKED_AT", 7)
    assert "looked at 7 of 19 references" in fewshot("doctor").err


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "store.db"
    with closing(Store.create(path, RECIPE)) as one:
        enroll(one, aqua="a b hidden.png", megumin="c d", chie="e")
    return path


def test_what_is_set_aside_comes_back_as_it_was(store: Path) -> None:
    with closing(Store.open(store)) as one:
        before = (standing(one), list(one.vectors()), [one.thumbnail(n) for n in range(1, 7)])
        assert set_aside(one, [3, 1, 4]) == (3, 1, 4)
        assert standing(one) == {"aqua": [2], "megumin": [5], "chie": [6]}
        assert confined(one) == 3
        assert history(one)[0].names == ("aqua", "megumin")
        undo(one)
        assert (
            standing(one),
            list(one.vectors()),
            [one.thumbnail(n) for n in range(1, 7)],
        ) == before


def test_the_last_reference_of_a_name_stays(store: Path) -> None:
    with closing(Store.open(store)) as one:
        assert set_aside(one, [1, 2, 3, 6]) == (1, 2)
        assert standing(one) == {"aqua": [3], "megumin": [4, 5], "chie": [6]}


def test_to_set_nothing_aside_is_no_operation(store: Path) -> None:
    with closing(Store.open(store)) as one:
        assert set_aside(one, [6, 99]) == ()
        assert [operation.what for operation in history(one)] == ["enroll"]


def test_erasing_a_name_takes_what_was_set_aside_with_it(store: Path) -> None:
    with closing(Store.open(store)) as one:
        set_aside(one, [3])
        assert traces(one, b"hidden.png", b"jpeg of hidden.png")
        erase(one, "aqua")
        assert traces(one, b"hidden.png", b"jpeg of hidden.png") == []
        assert confined(one) == 0


def test_an_open_gallery_sees_at_its_next_call_what_was_set_aside(
    fewshot: Run, swapped: Path
) -> None:
    with Recognizer.open() as looking, Recognizer.open() as mending:
        number = looking.search(swapped, k=1)[0].reference
        mending.quarantine([number])
        assert looking.search(swapped, k=1)[0].reference != number
        mending.undo()
        assert looking.search(swapped, k=1)[0].reference == number
