"""The command when it fails: one line, the right exit code, and nothing lost."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Answer, Run, draw, listed, process, says_one_line
from tests.test_folders import posix

Photo = Callable[..., Path]

FAILURES: list[tuple[str, int, str]] = [
    ("enrol", 2, "No such command 'enrol'"),
    ("list --jsno", 2, "No such option"),
    ("match", 2, "Missing argument"),
    ("match -k 0 red", 2, "0 is not in the range"),
    ("match --threshold high red", 2, "not a valid float"),
    ("show rde", 2, "nobody is enrolled as 'rde'; did you mean red?"),
    ("forget rde", 2, "nobody is enrolled as 'rde'; did you mean red?"),
    ("rename rde pink", 2, "nobody is enrolled as 'rde'; did you mean red?"),
    ("rename red blue", 2, "the name 'blue' is taken"),
    ("rename red ", 2, "it is empty"),
    ("show a\nb", 2, r"nobody is enrolled as 'a\nb'"),
    ("enroll bare", 3, "no pictures in bare"),
    ("match bare", 3, "no pictures in bare"),
    ("enroll red.png", 2, "a single picture needs a name; add --name NAME"),
    ("enroll red.png --name red --backbone pallete", 5, "palette"),
    ("list -g none/gallery.db", 4, "there is no gallery at none/gallery.db"),
    ("enroll red.png --name red -g none/gallery.db", 4, "none does not exist"),
    (f"list -g {'x' * 300}", 4, "file name too long"),
]


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: repr(failure[0][:40]))
def test_a_failure_is_told_in_one_line_and_loses_nothing(
    fewshot: Run, enrolled: Path, monkeypatch: pytest.MonkeyPatch, failure: tuple[str, int, str]
) -> None:
    arguments, code, words = failure
    monkeypatch.chdir(enrolled.parent)
    Path("bare").mkdir()
    draw("red", 5).save("red.png")
    answer = fewshot(*arguments.split(" "))
    assert answer.code == code
    assert says_one_line(answer, words)
    assert listed(fewshot) == [("blue", 1), ("red", 2)]


@posix
@pytest.mark.parametrize(
    ("end", "options", "name"),
    [("\n", [], "two words.png"), ("\r\n", [], "めぐみん.png"), ("\0", ["-0"], "two\nlines.png")],
)
def test_paths_come_on_standard_input(
    enrolled: Path, photo: Photo, end: str, options: list[str], name: str
) -> None:
    paths = [str(photo("red", name=name)), str(photo("blue"))]
    answer = process("match", "-", "--json", *options, given=end.join([*paths, "", ""]).encode())
    assert [row["query"] for row in answer.json["matches"]] == paths


@posix
@pytest.mark.parametrize("form", ["", "--json", "--jsonl", "--csv"])
def test_a_reader_that_leaves_early_sees_no_traceback(enrolled: Path, form: str) -> None:
    many = f"'{enrolled}' " * 150  # more than a pipe holds
    line = f"'{sys.executable}' -m fewshot match {many} {form} | head -n 1"
    ended = subprocess.run(line, shell=True, capture_output=True, timeout=60, check=False)
    assert (ended.stdout.count(b"\n"), ended.stderr) == (1, b"")


@posix
@pytest.mark.parametrize("command", [["match", "-"], ["enroll", "-", "--name", "red"]])
def test_an_interrupt_is_told_in_one_line(fewshot: Run, enrolled: Path, command: list[str]) -> None:
    start = [sys.executable, "-m", "fewshot", *command]
    with subprocess.Popen(start, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdin
        running.stdin.write(b"\n" * 2**18)  # more than a pipe holds: it is being read
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=60)
    answer = Answer(running.returncode, "", said.decode())
    assert answer.code == 130
    assert says_one_line(answer, "interrupted; the gallery is whole")
    assert listed(fewshot) == [("blue", 1), ("red", 2)]


@pytest.mark.parametrize(
    ("given", "words"), [(b"", "no paths on standard input"), (b"a\0b\0", "add --null")]
)
def test_standard_input_that_holds_no_paths_is_said(
    enrolled: Path, given: bytes, words: str
) -> None:
    answer = process("match", "-", given=given)
    assert answer.code == 2
    assert says_one_line(answer, words)
