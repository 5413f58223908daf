"""A gallery file that is none, or no longer: refused by name, and left untouched."""

from __future__ import annotations

import os
import shutil
import sqlite3
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from fewshot import Recognizer
from tests.conftest import Run, draw, says_one_line
from tests.test_folders import posix, root, without_privileges

__all__ = ["root"]  # a fixture


def database(path: Path, script: str, *, fresh: bool = False) -> sqlite3.Connection:
    if fresh:
        path.unlink(missing_ok=True)
    with sqlite3.connect(path) as connection:
        connection.executescript(script)
    return connection


def to_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


SPOILED: dict[str, tuple[Callable[[Path], object], str]] = {
    "folder": (to_folder, "it is a folder"),
    "text": (lambda at: at.write_text("Dear diary"), "it is another kind of file"),
    "stranger": (
        lambda at: database(at, "CREATE TABLE notes (text)", fresh=True).close(),
        "it is another program's database",
    ),
    "newer": (lambda at: database(at, "PRAGMA user_version = 99").close(), "gallery version 99"),
    "cut": (lambda at: os.truncate(at, at.stat().st_size // 2), "damaged"),
    "head": (lambda at: os.truncate(at, 100), "damaged"),
    "zeroed": (
        lambda at: at.write_bytes(at.read_bytes()[:100].ljust(at.stat().st_size, b"\0")),
        "damaged",
    ),
}


@pytest.mark.parametrize("command", ["list", "match pictures", "enroll pictures"])
@pytest.mark.parametrize("kind", SPOILED)
def test_what_is_no_sound_gallery_is_refused_and_left_untouched(
    fewshot: Run, enrolled: Path, monkeypatch: pytest.MonkeyPatch, kind: str, command: str
) -> None:
    monkeypatch.chdir(enrolled.parent)
    spoil, words = SPOILED[kind]
    spoil(gallery := Path("gallery.db"))
    before = gallery.is_file() and gallery.read_bytes()
    answer = fewshot(*command.split())
    assert answer.code == 4
    assert says_one_line(answer, words)
    assert (gallery.is_file() and gallery.read_bytes()) == before


@posix
def test_another_programs_log_is_not_folded_into_its_database(fewshot: Run, tmp_path: Path) -> None:
    script = "PRAGMA journal_mode = WAL; CREATE TABLE notes (text)"
    running = database(tmp_path / "theirs.db", script)
    for end in ("", "-wal"):  # as after a crash
        shutil.copy(f"{tmp_path}/theirs.db{end}", f"{tmp_path}/copy.db{end}")
    running.close()
    before = {path: path.read_bytes() for path in tmp_path.glob("copy.db*")}
    assert fewshot("list", "-g", tmp_path / "copy.db").code == 4
    assert {path: path.read_bytes() for path in tmp_path.glob("copy.db*")} == before


@posix
def test_a_gallery_in_a_folder_that_cannot_be_entered_is_refused(fewshot: Run, root: Path) -> None:
    (root / "locked").mkdir(0o000)
    with without_privileges():
        answer = fewshot("list", "-g", root / "locked" / "gallery.db")
    assert answer.code == 4
    assert says_one_line(answer, "permission denied")


@posix
def test_a_gallery_that_may_only_be_read_can_be_listed_and_matched(
    fewshot: Run, root: Path
) -> None:
    draw("red").save(root / "red.png")
    assert fewshot("enroll", root / "red.png", "--name", "red", "-g", root / "own.db").code == 0
    (root / "own.db").chmod(0o444)
    root.chmod(0o555)
    with without_privileges():
        assert fewshot("list", "-g", root / "own.db").out == "red  1\n"
        assert fewshot("match", root / "red.png", "-g", root / "own.db").code == 0
        answer = fewshot("forget", "red", "-g", root / "own.db")
    assert answer.code == 4
    assert says_one_line(answer, "permissions?")
    root.chmod(0o755)


@posix
def test_one_who_may_only_read_sees_what_the_log_still_holds(fewshot: Run, root: Path) -> None:
    draw("red").save(root / "red.png")
    with Recognizer.create(root / "own.db") as owner:
        owner.enroll(root / "red.png", "red")
        for path in root.glob("own.db*"):
            path.chmod(0o644)
        root.chmod(0o555)
        with without_privileges():
            assert fewshot("list", "-g", root / "own.db").out == "red  1\n"
    root.chmod(0o755)


@pytest.mark.parametrize("page", range(1, 14, 3))
def test_forgetting_in_a_damaged_file_ends_in_our_own_words(
    fewshot: Run, enrolled: Path, tmp_path: Path, page: int
) -> None:
    content = bytearray((tmp_path / "gallery.db").read_bytes())
    content[page * 16384 : (page + 1) * 16384] = b"\x55" * 16384
    (tmp_path / "gallery.db").write_bytes(content)
    assert fewshot("forget", "red").code in (0, 2, 4)


@posix
def test_a_new_gallery_is_its_owner_s_alone(enrolled: Path, tmp_path: Path) -> None:
    assert (tmp_path / "gallery.db").stat().st_mode & 0o777 == 0o600


def test_a_thumbnail_that_is_none_leaves_its_place_empty(
    fewshot: Run, enrolled: Path, tmp_path: Path
) -> None:
    with database(tmp_path / "gallery.db", "UPDATE thumbnails SET jpeg = x'ffd8ff00'") as changed:
        pass
    changed.close()
    answer = fewshot("match", enrolled / "red", "--montage", tmp_path / "sheet.png")
    assert answer.code == 0
    assert (tmp_path / "sheet.png").is_file()


def hot_journal(gallery: bytes, naming: Path) -> bytes:
    """A rollback journal as SQLite leaves after a crash, naming a journal of several databases."""
    size, nonce, magic = 16384, 1234, bytes.fromhex("d9d505f920a163d7")
    head = magic + struct.pack(">5I", 1, nonce, len(gallery) // size, 512, size)
    page = gallery[:size]
    check = (nonce + sum(page[at] for at in range(size - 200, 0, -200))) & 0xFFFFFFFF
    record = struct.pack(">I", 1) + page + struct.pack(">I", check)
    name = os.fsencode(naming)
    end = struct.pack(">I", 0x40000000 // size + 1) + name
    return head.ljust(512, b"\0") + record + end + struct.pack(">2I", len(name), sum(name)) + magic


@pytest.mark.parametrize(
    "command", ["list", "enroll red.png --name red", "merge gallery.db -g new.db"]
)
def test_a_journal_that_names_another_file_does_not_get_it_deleted(
    fewshot: Run, enrolled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.chdir(tmp_path)
    draw("red", 9).save("red.png")
    with Recognizer.create("new.db"):
        pass
    victim, gallery = tmp_path / "letter.txt", Path("gallery.db")
    victim.write_text("precious")
    database(gallery, "PRAGMA journal_mode = DELETE").close()
    gallery.with_name("gallery.db-journal").write_bytes(hot_journal(gallery.read_bytes(), victim))
    answer = fewshot(*command.split())
    assert answer.code == 4
    assert says_one_line(answer, "gallery.db-journal beside it was not made by fewshot")
    assert victim.read_text() == "precious"


def test_sqlite_itself_would_delete_it(enrolled: Path, tmp_path: Path) -> None:
    victim, gallery = tmp_path / "letter.txt", tmp_path / "gallery.db"
    victim.write_bytes(b"precious\n" * 10)
    database(gallery, "PRAGMA journal_mode = DELETE").close()
    journal = hot_journal(gallery.read_bytes(), victim)
    gallery.with_name("gallery.db-journal").write_bytes(journal)
    with database(gallery, "SELECT * FROM identities") as opened:
        pass
    opened.close()
    assert not victim.exists()
