"""`fewshot enroll`: as written in README, and the account it gives."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.conftest import Folder, Run, draw


def test_each_sub_folder_is_a_name(fewshot: Run, folder_of: Folder) -> None:
    answer = fewshot("enroll", folder_of(red=3, blue=2))
    assert answer.code == 0
    assert answer.out == "blue: 2 added\nred: 3 added\n"
    assert "5 reference(s) added to" in answer.err


def test_a_name_takes_the_sub_folder_of_that_name(fewshot: Run, folder_of: Folder) -> None:
    assert fewshot("enroll", folder_of(red=3, blue=2), "--name", "red").out == "red: 3 added\n"


def test_a_name_takes_the_pictures_lying_in_the_folder(fewshot: Run, folder_of: Folder) -> None:
    assert fewshot("enroll", folder_of(red=3) / "red", "--name", "rose").out == "rose: 3 added\n"


def test_a_name_takes_single_pictures(fewshot: Run, photo: Callable[..., Path]) -> None:
    answer = fewshot("enroll", photo("red", 1), photo("red", 2), "--name", "red")
    assert answer.out == "red: 2 added\n"


def test_the_json_document_keeps_its_contract(fewshot: Run, folder_of: Folder) -> None:
    folder = folder_of(red=2)
    (folder / "red" / "bad.jpg").write_text("no picture")
    answer = fewshot("enroll", folder, "--json")
    assert answer.code == 3
    assert answer.json["schema"] == 1
    (account,) = answer.json["enrolled"]
    assert (account["name"], account["added"], account["already"]) == ("red", 2, 0)
    (refusal,) = account["refused"]
    assert refusal["source"].endswith("bad.jpg")
    assert refusal["reason"] == "it is not a picture (or a damaged one)"


def test_enrolling_again_says_what_was_there(fewshot: Run, folder_of: Folder) -> None:
    folder = folder_of(red=2)
    fewshot("enroll", folder)
    draw("red", 7).save(folder / "red" / "new.png")
    assert fewshot("enroll", folder).out == "red: 1 added, 2 already there\n"


def test_csv_counts_what_was_refused(fewshot: Run, folder_of: Folder) -> None:
    folder = folder_of(red=1)
    (folder / "red" / "bad.jpg").touch()
    (row,) = csv.DictReader(io.StringIO(fewshot("enroll", folder, "--csv").out))
    assert row == {"name": "red", "added": "1", "already": "0", "refused": "1"}


def test_a_name_of_which_nothing_could_be_read_is_not_enrolled(
    fewshot: Run, folder_of: Folder
) -> None:
    folder = folder_of(red=1)
    (folder / "ghost").mkdir()
    (folder / "ghost" / "bad.jpg").touch()
    assert fewshot("enroll", folder).code == 3
    assert [one["name"] for one in fewshot("list", "--json").json["identities"]] == ["red"]


def test_another_backbone_than_the_gallery_s_ends_in_five(fewshot: Run, folder_of: Folder) -> None:
    assert fewshot("enroll", folder_of(red=1), "--backbone", "pallete").code == 5


def test_the_files_may_go_after_they_were_enrolled(fewshot: Run, folder_of: Folder) -> None:
    folder = folder_of(red=2, blue=2)
    fewshot("enroll", folder)
    shutil.copy(folder / "red" / "00.png", folder.parent / "query.png")
    shutil.rmtree(folder)
    assert fewshot("match", folder.parent / "query.png").code == 0
