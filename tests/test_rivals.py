"""Several processes at one gallery, and one that dies: nothing acknowledged is lost."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from fewshot import FewshotError, Recognizer, Refusal
from fewshot.changes import forget
from fewshot.gallery import Gallery
from fewshot.store import Store
from tests.conftest import COLORS, Folder, Run, draw, listed

Photo = Callable[..., Path]


def start(*arguments: str | Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "fewshot", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_eight_writers_at_once_lose_nothing(fewshot: Run, folder_of: Folder) -> None:
    folder = folder_of(red=3)
    writers = [start("enroll", folder / "red", "--name", f"writer {n}") for n in range(8)]
    assert [(one.communicate()[0], one.returncode) for one in writers] == [
        (f"writer {n}: 3 added\n", 0) for n in range(8)
    ]
    assert listed(fewshot) == [(f"writer {n}", 3) for n in range(8)]


def test_one_name_from_eight_writers_stands_once(fewshot: Run, folder_of: Folder) -> None:
    folder = folder_of(red=3)
    for one in [start("enroll", folder) for _ in range(8)]:
        assert one.wait() == 0, one.communicate()
        one.communicate()
    assert listed(fewshot) == [("red", 3)]


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGKILL")
def test_what_was_acknowledged_survives_a_kill(fewshot: Run, folder_of: Folder) -> None:
    folder = folder_of(red=2)
    program = (
        "import sys, time; from fewshot import Recognizer\n"
        "r = Recognizer.create(); r.enroll(sys.argv[1], 'red'); print('done', flush=True)\n"
        "time.sleep(60)"
    )
    command = [sys.executable, "-c", program, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"done\n"
        process.send_signal(signal.SIGKILL)
    assert listed(fewshot) == [("red", 2)]


LISTING = "import sys; from fewshot import Recognizer; Recognizer.open(sys.argv[1]).close()"


@pytest.mark.parametrize("again", ["open", "create", "import", "picture"])
def test_a_gallery_looked_at_twice_in_one_process_keeps_its_locks(
    tmp_path: Path, again: str
) -> None:
    path = tmp_path / "own.db"
    with Recognizer.create(path) as first:
        first.enroll(draw("red"), "red")
        if again in ("import", "picture"):
            with pytest.raises(FewshotError):
                first.import_from(path) if again == "import" else first.match(path)
        else:
            getattr(Recognizer, again)(path).close()
        # another process that believes itself the last one would fold in and delete the log
        subprocess.run([sys.executable, "-c", LISTING, str(path)], check=True)
        first.enroll(draw("blue"), "blue")
        with closing(sqlite3.connect(path)) as other:
            assert other.execute("SELECT count(*) FROM identities").fetchone() == (2,)


def test_an_erasure_says_when_a_reader_keeps_the_bytes(
    fewshot: Run, folder_of: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fewshot.changes.SCRUB_PATIENCE_MS", 50)
    fewshot("enroll", folder_of(red=2, blue=1))
    reader = sqlite3.connect(tmp_path / "gallery.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM identities").fetchone()
    answer = fewshot("forget", "red", "--erase", "--json")
    assert answer.code == 0
    assert answer.json["forgotten"] == [{"name": "red", "references": 2, "erased": False}]
    assert "is in use elsewhere" in answer.err
    reader.close()
    assert listed(fewshot) == [("blue", 1)]


def test_a_forget_between_two_reads_of_a_match_changes_nothing_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Recognizer.create(tmp_path / "own.db") as recognizer:
        recognizer.enroll([draw("red", 1), draw("red", 2)], "red")
        recognizer.enroll(draw("blue"), "blue")
        real = Gallery.candidates

        def interrupted(self: Gallery, *arguments: object) -> object:
            with closing(Store.open(tmp_path / "own.db")) as rival:
                if "red" in rival.names():
                    forget(rival, "red")
            return real(self, *arguments)  # type: ignore[arg-type]

        monkeypatch.setattr(Gallery, "candidates", interrupted)
        assert recognizer.match(draw("red", 3)).guess == "red"
        monkeypatch.undo()
        assert recognizer.match(draw("red", 3)).guess == "blue"


def test_a_picture_forgotten_while_it_was_skipped_is_not_called_enrolled(
    tmp_path: Path, folder_of: Folder
) -> None:
    folder = folder_of(red=2) / "red"
    with Recognizer.create(tmp_path / "own.db") as recognizer:
        recognizer.enroll(folder, "red")

        def forget_once() -> None:
            with closing(Store.open(tmp_path / "own.db")) as rival:
                if rival.names():
                    forget(rival, "red")

        account = recognizer.enroll_all(
            [("red", path) for path in sorted(folder.iterdir())], progress=forget_once
        )[0]
    assert (account.added, account.already, len(account.refused)) == (0, 0, 2)
    assert "forgot it meanwhile" in account.refused[0].reason


def test_one_image_object_in_a_list_twice_is_read_once_at_a_time(
    tmp_path: Path, photo: Photo
) -> None:
    from PIL import Image

    with Recognizer.create(tmp_path / "own.db") as recognizer, Image.open(photo("red")) as image:
        recognizer.enroll([draw(color) for color in COLORS], "any")
        answers = list(recognizer.match_all([image] * 8))
    assert not any(isinstance(one, Refusal) for one in answers)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pipe that stays open")
def test_an_answer_does_not_wait_for_the_end_of_standard_input(
    fewshot: Run, folder_of: Folder, photo: Photo
) -> None:
    fewshot("enroll", folder_of(red=1))
    command = [sys.executable, "-m", "fewshot", "match", "-", "--jsonl"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        first: list[bytes] = []
        reader = threading.Thread(target=lambda: first.append(process.stdout.readline()))  # type: ignore[union-attr]
        reader.start()
        for _ in range(200):  # paths keep coming; the first answers come before they end
            os.write(process.stdin.fileno(), f"{photo('red')}\n".encode())
            reader.join(timeout=0.05)
            if first:
                break
        assert first
        process.stdin.close()
