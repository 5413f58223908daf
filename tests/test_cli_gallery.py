"""`fewshot list`, `show`, `rename`, `forget`, and what the command as a whole promises."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import fewshot as package
from fewshot.cli.main import cli
from tests.conftest import Folder, Run, draw


@pytest.fixture
def enrolled(fewshot: Run, folder_of: Folder) -> Run:
    fewshot("enroll", folder_of(red=3, blue=2))
    return fewshot


def test_list_says_a_name_a_line(enrolled: Run) -> None:
    answer = enrolled("list")
    assert answer.out == "blue  2\nred   3\n"
    assert "2 name(s), 5 reference(s) in" in answer.err


def test_list_as_json_lines(enrolled: Run) -> None:
    rows = [json.loads(line) for line in enrolled("list", "--jsonl").out.splitlines()]
    assert [(row["name"], row["references"]) for row in rows] == [("blue", 2), ("red", 3)]


def test_show_says_where_each_reference_came_from(enrolled: Run, tmp_path: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(enrolled("show", "blue", "--csv").out)))
    assert [row["source"] for row in rows] == [
        str(tmp_path / "pictures" / "blue" / f"0{number}.png") for number in (0, 1)
    ]


def test_show_as_text_has_a_line_a_reference(enrolled: Run) -> None:
    assert len(enrolled("show", "red").out.splitlines()) == 3


def test_rename_gives_the_new_name(enrolled: Run) -> None:
    assert enrolled("rename", "red", "rose").out == "red is now rose\n"
    assert [one["name"] for one in enrolled("list", "--json").json["identities"]] == [
        "blue",
        "rose",
    ]


def test_forget_leaves_the_others(enrolled: Run) -> None:
    assert enrolled("forget", "red").out == (
        "red forgotten, 3 reference(s); still in the file, for undo, until --erase\n"
    )
    assert enrolled("list").out == "blue  2\n"


def test_without_a_command_the_help_is_shown(fewshot: Run) -> None:
    answer = fewshot()
    assert answer.code == 0
    assert "Usage: fewshot" in answer.out


def test_the_examples_in_the_help_stand_a_line_each(fewshot: Run) -> None:
    lines = [line.strip() for line in fewshot("--help").out.splitlines()]
    assert sum(line.startswith("fewshot ") for line in lines) == 3
    assert "\\b" not in fewshot("--help").out


@pytest.mark.parametrize("variable", ["NO_COLOR", "TERM"])
def test_color_can_be_turned_off(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "dumb")
    context = cli.make_context("fewshot", ["list"])
    with context, contextlib.suppress(Exception):
        cli.invoke(context)
    assert context.color is False


def test_columns_stand_under_each_other_whatever_the_script(enrolled: Run) -> None:
    enrolled("rename", "red", "めぐみん")
    assert enrolled("list").out == "blue      2\nめぐみん  3\n"


def test_the_version_is_the_package_s(fewshot: Run) -> None:
    assert fewshot("--version").out == f"fewshot {package.__version__}\n"


@pytest.mark.parametrize("command", sorted(set(cli.commands) - {"models"}))
def test_every_command_has_help(command: str, fewshot: Run) -> None:
    answer = fewshot(command, "--help")
    assert answer.code == 0
    assert re.search(r"^  [A-Z]\w+ .{20}", answer.out, re.MULTILINE)


@pytest.mark.parametrize("flag", ["-g", "--gallery"])
def test_every_command_takes_a_gallery(flag: str, enrolled: Run, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    assert enrolled("list", flag, other).code == 4
    enrolled("enroll", tmp_path / "pictures", "--name", "red", flag, other)
    assert enrolled("list", flag, other).out == "red  3\n"


def test_a_bug_is_one_line_without_a_traceback(
    enrolled: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> None:
        raise RuntimeError("out of cheese")

    monkeypatch.delenv("FEWSHOT_DEBUG")
    monkeypatch.setattr("fewshot.recognizer.Recognizer.identities", broken)
    answer = enrolled("list")
    assert answer.code == 70
    assert answer.err.count("\n") == 1
    assert "this is a bug in fewshot: RuntimeError: out of cheese" in answer.err


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")
@pytest.mark.usefixtures("interruptible")
def test_interrupted_enrollment_ends_in_130_and_keeps_the_gallery(
    enrolled: Run, tmp_path: Path
) -> None:
    many = tmp_path / "many"
    (many / "passed over").mkdir(parents=True)
    draw("green", size=(2400, 1800)).save(many / "first.png")
    for number in range(500):
        (many / f"{number}.png").hardlink_to(many / "first.png")
    command = [sys.executable, "-m", "fewshot", "enroll", str(many), "--name", "green"]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        assert b"passed over" in process.stderr.readline()  # it goes to work now
        process.send_signal(signal.SIGINT)
        assert b"interrupted; the gallery is whole" in process.stderr.read()
        assert process.wait(timeout=20) == 130
    assert enrolled("list").out == "blue  2\nred   3\n"
