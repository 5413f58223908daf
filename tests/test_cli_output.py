"""cli.output and cli.progress: what reaches the terminal."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fewshot.cli.output import emit, printable, shown_path
from fewshot.cli.progress import progress_bar
from tests.conftest import Folder, Run


@given(st.text())
def test_nothing_printed_can_break_its_line(text: str) -> None:
    shown = printable(text)
    assert len(shown.splitlines()) <= 1
    assert not any(ord(one) < 32 or 127 <= ord(one) < 160 for one in shown)


@pytest.mark.parametrize("text", ["megumin", "めぐみん", "a b", "é", "👩‍🚀"])
def test_what_people_write_is_shown_as_it_is(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "shown"), [("a\nb", "a\\nb"), ("\x1b[2J", "\\x1b[2J"), ("x\u202ey", "x\\u202ey")]
)
def test_what_moves_the_cursor_is_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_a_path_below_the_working_folder_is_shown_relative(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert shown_path(str(tmp_path / "a" / "b.png")) == str(Path("a") / "b.png")
    assert shown_path("/elsewhere/b.png") == "/elsewhere/b.png"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    with progress_bar("enrolling", 10) as advance:
        for _ in range(10):
            advance()
    assert "enrolling" in terminal.getvalue()
    assert "10/10" in terminal.getvalue()


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize("form", [[], ["--json"], ["--jsonl"], ["--csv"]])
def test_an_answer_sent_to_a_file_is_in_the_file_beside_a_bar(
    form: list[str], fewshot: Run, folder_of: Folder, tmp_path: Path
) -> None:
    import pty

    fewshot("enroll", folder := folder_of(red=3))
    expected = fewshot("match", folder, *form).out
    terminal, end = pty.openpty()
    with (tmp_path / "answer").open("wb") as answer:
        command = [sys.executable, "-m", "fewshot", "match", str(folder), *form]
        subprocess.run(command, stdout=answer, stderr=end, check=True, timeout=60)
    os.close(end)
    os.close(terminal)
    assert (tmp_path / "answer").read_text() == expected


def test_a_pipe_shows_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", pipe := io.StringIO())
    with progress_bar("enrolling", 10) as advance:
        advance()
    assert pipe.getvalue() == ""


def test_one_thing_needs_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    with progress_bar("enrolling", 1) as advance:
        advance()
    assert terminal.getvalue() == ""


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ([1, 2, 3, 4], "1 2 3 4"),
        ((5, 6), "5 6"),
        (("ada", "bo"), "ada; bo"),
        ((), ""),
        ([], "0"),
        ([{"a": 1}, {"a": 2}], "2"),
        (None, ""),
    ],
)
def test_a_table_writes_numbers_and_texts_out_and_counts_the_rest(
    value: object, cell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    emit([{"a": value}], form="csv", key="", gallery=None, text=str, columns=("a", "a"))
    assert capsys.readouterr().out == f"a,a\n{cell},{cell}\n"
