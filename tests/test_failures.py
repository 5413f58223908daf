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
    ("enroll bare --name red", 3, "no pictures in bare"),
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
def test_a_reader_that_leaves_early_sees_no_traceback(
    enrolled: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FEWSHOT_DEBUG")  # it lets LiteRT speak
    many = f"'{enrolled}' " * 150  # more than a pipe holds
    line = f"'{sys.executable}' -m fewshot match {many} {form} | head -n 1"
    ended = subprocess.run(line, shell=True, capture_output=True, timeout=60, check=False)
    assert (ended.stdout.count(b"\n"), ended.stderr) == (1, b"")


@posix
@pytest.mark.parametrize("form", ["--json", "--jsonl", "--csv"])
def test_an_answer_nobody_reads_is_not_called_unknown(enrolled: Path, form: str) -> None:
    command = [sys.executable, "-m", "fewshot", "match", str(enrolled), form]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait(timeout=60) == 74


@posix
@pytest.mark.usefixtures("interruptible")
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


@pytest.mark.parametrize("value", ["nan", "inf", "-1.5"])
def test_a_threshold_that_is_no_similarity_is_a_usage_error(
    fewshot: Run, enrolled: Path, value: str
) -> None:
    answer = fewshot("match", enrolled, "--threshold", value)
    assert answer.code == 2
    assert says_one_line(answer, "between -1 and 1")


def test_json_is_json_whatever_the_output_s_encoding(
    fewshot: Run, enrolled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fewshot("rename", "red", "めぐみん é 🧙")
    monkeypatch.setenv("PYTHONIOENCODING", "cp1252")
    names = [one["name"] for one in process("list", "--json").json["identities"]]
    assert names == ["blue", "めぐみん é 🧙"]


@posix
@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("list >&-", 0),
        ("list --csv >&-", 0),
        ("match pictures --csv >&-", 0),
        ("match pictures 2>&-", 0),
        ("list -g none.db 2> /dev/full", 4),
        ("list > /dev/full", 74),
        ("match - <&-", 2),
        ("list -g '~no-such-user/x.db'", 4),
    ],
)
def test_odd_surroundings_are_no_bug(
    enrolled: Path, monkeypatch: pytest.MonkeyPatch, line: str, code: int
) -> None:
    monkeypatch.chdir(enrolled.parent)
    if "/dev/full" in line and not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    command = f"'{sys.executable}' -m fewshot {line}"
    ended = subprocess.run(command, shell=True, capture_output=True, timeout=60, check=False)
    assert ended.returncode == code
    assert b"Traceback" not in ended.stderr
    assert ended.stderr.count(b"\n") <= 1


def test_an_empty_folder_beside_others_costs_only_itself(
    fewshot: Run, enrolled: Path, tmp_path: Path
) -> None:
    (tmp_path / "bare").mkdir()
    answer = fewshot("match", enrolled / "red", tmp_path / "bare", "--csv")
    assert answer.code == 3
    assert [row.split(",")[1] for row in answer.out.splitlines()[1:]] == [
        "known", "known", "unreadable",
    ]  # fmt: skip
    answer = fewshot("enroll", tmp_path / "bare", enrolled / "blue", "--name", "more")
    assert (answer.code, answer.out) == (3, "more: 1 added\n")
    assert "no pictures in" in answer.err


@pytest.mark.parametrize("options", [[], ["--name", "red"]])
def test_a_folder_whose_name_can_be_nobody_s_is_passed_over(
    fewshot: Run, tmp_path: Path, options: list[str]
) -> None:
    for name in (" ", "red"):
        (tmp_path / "odd" / name).mkdir(parents=True)
        draw("red").save(tmp_path / "odd" / name / "1.png")
    assert fewshot("enroll", tmp_path / "odd", *options).code == 0
    assert listed(fewshot) == [("red", 1)]


def test_two_names_that_share_a_picture_do_not_silence_the_others(
    fewshot: Run, enrolled: Path
) -> None:
    (before,) = fewshot("match", enrolled / "red" / "00.png", "--json").json["matches"]
    fewshot("enroll", enrolled / "red", "--name", "crimson")
    (after,) = fewshot("match", enrolled / "red" / "00.png", "--json").json["matches"]
    assert after["name"] == "red"
    assert after["threshold"] < before["threshold"] + 0.1
