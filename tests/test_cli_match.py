"""`fewshot match` and `search`: the answer in every form, and the exit code that goes with it."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Folder, Run

Photo = Callable[..., Path]


@pytest.fixture(autouse=True)
def _gallery(fewshot: Run, folder_of: Folder) -> None:
    fewshot("enroll", folder_of(red=2, blue=2))


def test_a_known_picture_is_named_in_one_line(fewshot: Run, photo: Photo) -> None:
    answer = fewshot("match", photo("red"))
    assert answer.code == 0
    (line,) = answer.out.splitlines()
    assert line.startswith(f"{photo('red')}: red 0.")
    assert "next blue" in line


def test_a_stranger_is_unknown_and_the_exit_code_is_one(fewshot: Run, photo: Photo) -> None:
    answer = fewshot("match", photo("red"), "--threshold", "1")
    assert answer.code == 1
    assert "unknown; nearest red 0." in answer.out
    assert "1.00 needed" in answer.out


def test_an_unreadable_picture_counts_more_than_an_unknown_one(
    fewshot: Run, photo: Photo, tmp_path: Path
) -> None:
    answer = fewshot("match", photo("red"), tmp_path / "none.png", "--threshold", "1")
    assert answer.code == 3
    assert "unreadable: no such file or directory" in answer.out


def test_a_folder_stands_for_its_pictures(fewshot: Run, folder_of: Folder) -> None:
    answer = fewshot("match", folder_of("queries", red=2, blue=1), "--jsonl")
    assert [json.loads(line)["name"] for line in answer.out.splitlines()] == ["blue", "red", "red"]


def test_the_json_document_keeps_its_contract(fewshot: Run, photo: Photo, tmp_path: Path) -> None:
    (tmp_path / "bad.png").touch()
    document = fewshot("match", photo("red"), tmp_path / "bad.png", "--json").json
    assert document["schema"] == 1
    assert document["gallery"] == str(tmp_path / "gallery.db")
    known, unreadable = document["matches"]
    assert set(known) == set(unreadable) == {
        "query", "status", "name", "guess", "similarity", "threshold", "p_value", "runner_up",
        "box", "neighbours", "error", "max_false_name", "basis", "tightest_rate",
        "names_needed", "strangers",
        "probability", "margin", "score", "rival", "score_needed", "rule", "rejected_by",
        "same_picture",
        "votes", "advice", "corrected", "crop", "crop_score", "crops",
    }  # fmt: skip
    assert (known["status"], known["name"], known["error"]) == ("known", "red", None)
    assert known["runner_up"]["name"] == "blue"
    assert known["box"] == [0, 0, 120, 100]
    assert (known["crop"], known["crop_score"], known["crops"]) == ("whole", 1.0, 1)
    assert set(known["neighbours"][0]) == {"name", "similarity", "reference", "source"}
    assert (unreadable["status"], unreadable["name"]) == ("unreadable", None)
    assert unreadable["error"] == "the file is empty"


def test_a_name_is_null_unless_it_is_known(fewshot: Run, photo: Photo) -> None:
    (match,) = fewshot("match", photo("red"), "--threshold", "1", "--json").json["matches"]
    assert (match["status"], match["name"]) == ("unknown", None)
    assert match["guess"] == "red"


def test_k_bounds_the_neighbors_shown(fewshot: Run, photo: Photo) -> None:
    (match,) = fewshot("match", photo("red"), "-k", "3", "--json").json["matches"]
    assert len(match["neighbours"]) == 3


def test_csv_is_a_table_with_a_head_line(fewshot: Run, photo: Photo) -> None:
    (row,) = csv.DictReader(io.StringIO(fewshot("match", photo("red"), "--csv").out))
    assert (row["status"], row["name"], row["runner_up.name"]) == ("known", "red", "blue")
    assert float(row["similarity"]) > 0.5


@pytest.mark.parametrize("form", ["--json", "--jsonl", "--csv"])
def test_only_the_answer_is_on_standard_output(form: str, fewshot: Run, photo: Photo) -> None:
    assert fewshot("match", photo("red"), form).err == ""


@pytest.mark.parametrize(("flags", "end"), [([], "\n"), (["-0"], "\0")])
def test_paths_come_from_standard_input(flags: list[str], end: str, photo: Photo) -> None:
    paths = [photo("red"), photo("blue", name="two words.png")]
    done = subprocess.run(
        [sys.executable, "-m", "fewshot", "match", "-", "--csv", *flags],
        input="".join(f"{path}{end}" for path in paths).encode(),
        capture_output=True,
        check=True,
    )
    rows = list(csv.DictReader(io.StringIO(done.stdout.decode())))
    assert [row["name"] for row in rows] == ["red", "blue"]


def test_search_shows_the_nearest_whoever_they_are(fewshot: Run, photo: Photo) -> None:
    found = fewshot("search", photo("green"), "--json").json["neighbours"]
    assert len(found) == 4
    similarities = [one["similarity"] for one in found]
    assert similarities == sorted(similarities, reverse=True)


def test_search_says_a_neighbor_a_line(fewshot: Run, photo: Photo) -> None:
    answer = fewshot("search", photo("red"), "-k", "2")
    assert answer.code == 0
    assert [line.split()[1] for line in answer.out.splitlines()] == ["red", "red"]
