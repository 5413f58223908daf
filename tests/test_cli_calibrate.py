"""`fewshot calibrate`: strangers and rules are taken up, and what rates a gallery keeps is told."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.conftest import Folder, Run, draw


@pytest.fixture
def pictures(fewshot: Run, folder_of: Folder) -> Path:
    """Red, blue and green, three pictures each, enrolled."""
    folder = folder_of(red=3, blue=3, green=3)
    assert fewshot("enroll", folder).code == 0
    return folder


@pytest.fixture
def strangers(tmp_path: Path) -> Path:
    """Two strangers, one in two pictures; and a third picture lying beside them."""
    for seed, where in enumerate(("trip/a.png", "trip/b.png", "inn/c.png", "d.png")):
        path = tmp_path / "strangers" / where
        path.parent.mkdir(parents=True, exist_ok=True)
        draw("yellow", seed).save(path)
    return tmp_path / "strangers"


def test_it_says_so_to_people(fewshot: Run, pictures: Path) -> None:
    answer = fewshot("calibrate")
    assert (answer.code, answer.err) == (0, "")
    first, shows, rule, _, head, *rates = answer.out.splitlines()
    assert first == "3 name(s), 9 reference(s)"
    assert shows == "can show by itself: 50 % of false names or more; below that it is estimated"
    assert rule == "rule: nearest class mean (chosen by leaving references out)"
    assert head.split() == ("false names rests on score needed enrolled pictures known".split())
    assert [line.split("%")[0].strip() for line in rates[:4]] == ["1", "5", "10", "20"]
    assert all("other galleries" in line and "(n = 9)" in line for line in rates[:4])


def test_the_rules_that_were_tried_are_told(fewshot: Run, pictures: Path) -> None:
    lines = fewshot("calibrate").out.splitlines()
    at = lines.index("rules: references rightly named when left out, at 5 % false names")
    assert len(lines[at + 1 :]) == 9
    assert lines[at + 1].split()[0] == "mean"
    assert any("the best" in line for line in lines[at + 1 :])


def test_the_json_document_says_it_all(fewshot: Run, pictures: Path, strangers: Path) -> None:
    document = fewshot("calibrate", "--strangers", strangers, "--json").json
    (row,) = document["calibrated"]
    assert document["schema"] == 1
    assert (row["names"], row["references"], row["strangers"]) == (3, 9, 3)
    assert (row["stranger_pictures"], row["added"], row["refused"]) == (4, 4, [])
    assert (row["rule"], row["naming"]["chosen_by"], row["naming"]["center"]) == (
        "mean", "gallery", False,
    )  # fmt: skip
    assert {one["rate"] for one in row["rates"]} == {0.01, 0.05, 0.1, 0.2}
    assert set(row["rates"][0]) == {"rate", "needed", "basis", "known", "low", "high", "asked"}


@pytest.mark.parametrize("form", ["--csv", "--jsonl"])
def test_the_rates_are_a_table_too(fewshot: Run, pictures: Path, form: str) -> None:
    out = fewshot("calibrate", form).out
    table = (
        csv.DictReader(io.StringIO(out))
        if form == "--csv"
        else map(json.loads, out.split("\n")[:-1])
    )
    rows = list(table)
    assert [float(row["rate"]) for row in rows] == [0.01, 0.05, 0.1, 0.2]
    needed = [float(row["needed"]) for row in rows]
    assert needed == sorted(needed, reverse=True)


def test_strangers_count_from_now_on_and_each_picture_once(
    fewshot: Run, pictures: Path, strangers: Path
) -> None:
    answer = fewshot("calibrate", "--strangers", strangers)
    assert answer.out.startswith("3 name(s), 9 reference(s), 3 stranger(s) in 4 picture(s)\n")
    assert "4 picture(s) of strangers are kept, as vectors" in answer.err
    again = fewshot("calibrate", "--strangers", strangers)
    assert again.err == ("fewshot: 4 picture(s) are enrolled, or were given before: passed over\n")
    assert "can show by itself: 29 %" in again.out  # two of seven


def test_undo_takes_strangers_out(fewshot: Run, pictures: Path, strangers: Path) -> None:
    before = fewshot("calibrate").out
    fewshot("calibrate", "--strangers", strangers)
    undone = fewshot("undo")
    assert undone.code == 0
    assert undone.out.startswith("undone: calibrate 4 picture(s) of strangers (")
    assert "calibrate  4 picture(s) of strangers  (undone)" in fewshot("history").out
    assert fewshot("calibrate").out == before


def test_one_picture_is_one_stranger(fewshot: Run, pictures: Path, strangers: Path) -> None:
    (row,) = fewshot("calibrate", "--strangers", strangers / "d.png", "--json").json["calibrated"]
    assert (row["strangers"], row["added"]) == (1, 1)


def test_an_unreadable_stranger_is_told_and_the_rest_is_taken(
    fewshot: Run, pictures: Path, strangers: Path
) -> None:
    (strangers / "broken.png").write_text("no picture")
    answer = fewshot("calibrate", "--strangers", strangers, "--json")
    assert answer.code == 3
    assert f"{strangers / 'broken.png'}: " in answer.err
    (row,) = answer.json["calibrated"]
    assert row["added"] == 4
    assert [Path(one["source"]).name for one in row["refused"]] == ["broken.png"]


def test_a_folder_without_pictures_is_an_error(
    fewshot: Run, pictures: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    answer = fewshot("calibrate", "--strangers", tmp_path / "empty")
    assert (answer.code, answer.out) == (3, "")
    assert "no pictures in" in answer.err
    assert fewshot("calibrate", "--strangers", tmp_path / "nowhere").code == 2


@pytest.mark.parametrize("rule", ["vote-root", "nearest", "mean-centered"])
def test_a_rule_of_one_s_own_is_kept_however_much_is_enrolled(
    fewshot: Run, pictures: Path, folder_of: Folder, rule: str
) -> None:
    assert fewshot("calibrate", "--rule", rule).code == 0
    assert fewshot("enroll", folder_of("more", red=9, yellow=20)).code == 0
    answer = fewshot("calibrate")
    assert "(your choice)" in answer.out
    (row,) = fewshot("calibrate", "--json").json["calibrated"]
    assert (row["rule"], row["naming"]["chosen_by"]) == (rule, "user")
    (match,) = fewshot("match", pictures / "red" / "00.png", "--json").json["matches"]
    assert match["rule"] == rule


def test_auto_lets_the_gallery_choose_again(fewshot: Run, pictures: Path) -> None:
    fewshot("calibrate", "--rule", "vote-root")
    (row,) = fewshot("calibrate", "--rule", "auto", "--json").json["calibrated"]
    assert (row["rule"], row["naming"]["chosen_by"]) == ("mean", "gallery")


def test_a_rule_there_is_not_is_an_error_of_usage(fewshot: Run, pictures: Path) -> None:
    answer = fewshot("calibrate", "--rule", "median")
    assert answer.code == 2
    assert "mean-centered" in answer.err


def test_a_rule_that_the_gallery_cannot_take_is_an_error_of_usage(
    fewshot: Run, enrolled: Path
) -> None:
    answer = fewshot("calibrate", "--rule", "mean-centered")
    assert answer.code == 2
    assert "mean-centered needs 3 names or more" in answer.err


def test_a_gallery_of_one_picture_says_that_it_can_show_nothing(
    fewshot: Run, folder_of: Folder
) -> None:
    fewshot("enroll", folder_of(red=1))
    answer = fewshot("calibrate")
    assert answer.code == 0
    assert "no rate of false names yet; rates are estimated from other galleries" in answer.out
    assert answer.out.count("too few references to tell") == 4


def test_a_gallery_that_is_not_there_is_an_error(fewshot: Run) -> None:
    answer = fewshot("calibrate")
    assert (answer.code, answer.out) == (4, "")
    assert "fewshot enroll" in answer.err


def test_a_gallery_in_which_nobody_is_enrolled_is_an_error(
    fewshot: Run, enrolled: Path, strangers: Path
) -> None:
    fewshot("forget", "red"), fewshot("forget", "blue")
    answer = fewshot("calibrate", "--strangers", strangers)
    assert (answer.code, answer.out) == (4, "")


def test_an_answer_says_that_it_rests_on_the_strangers_given(
    fewshot: Run, pictures: Path, strangers: Path
) -> None:
    fewshot("calibrate", "--strangers", strangers)
    asked = next(pictures.rglob("*.png"))
    fewshot("forget", asked.parent.name)
    answer = fewshot("match", asked, "--max-false-name", "0.5")
    assert " needed by 3 stranger(s) given" in answer.out
