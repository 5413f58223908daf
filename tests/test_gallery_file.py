"""gallery_file: whose file it is, which version, and who holds it."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

import pytest

import fewshot.gallery_file as gallery_file
from fewshot.errors import (
    GalleryDamaged,
    GalleryLocked,
    GalleryMissing,
    GalleryTooNew,
    GalleryUnavailable,
    NotAGallery,
)
from fewshot.gallery_file import (
    create_gallery_file,
    open_gallery_file,
    sqlite_errors,
    transaction,
)
from fewshot.upgrades import APPLICATION_ID, VERSION


@pytest.fixture
def made(tmp_path: Path) -> Path:
    path = tmp_path / "made.db"
    create_gallery_file(path, "{}").close()
    return path


def test_a_new_file_says_whose_it_is_and_which_version(made: Path) -> None:
    connection = sqlite3.connect(made)
    assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
    assert connection.execute("PRAGMA user_version").fetchone() == (VERSION,)
    connection.close()


def test_creating_twice_keeps_the_first(made: Path) -> None:
    connection = create_gallery_file(made, '{"other": 1}')
    assert connection.execute("SELECT json FROM recipe").fetchall() == [("{}",)]
    connection.close()


def test_an_empty_file_may_become_a_gallery(tmp_path: Path) -> None:
    (tmp_path / "new.db").touch()
    create_gallery_file(tmp_path / "new.db", "{}").close()
    connection = open_gallery_file(tmp_path / "new.db")
    assert connection.execute("SELECT json FROM recipe").fetchall() == [("{}",)]
    connection.close()


def test_opening_makes_no_file(tmp_path: Path) -> None:
    with pytest.raises(GalleryMissing):
        open_gallery_file(tmp_path / "none.db")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_no_gallery(tmp_path: Path) -> None:
    with pytest.raises(NotAGallery, match="it is a folder"):
        open_gallery_file(tmp_path)


def test_another_kind_of_file_is_left_untouched(tmp_path: Path) -> None:
    path = tmp_path / "letter.db"
    path.write_text("Dear reader, this is no database at all." * 20)
    before = path.read_bytes()
    for use in (open_gallery_file, lambda p: create_gallery_file(p, "{}")):
        with pytest.raises(NotAGallery, match="another kind of file"):
            use(path)
    assert path.read_bytes() == before


def test_another_programs_database_is_left_untouched(tmp_path: Path) -> None:
    path = tmp_path / "theirs.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE letters (text)")
    connection.close()
    before = path.read_bytes()
    for use in (open_gallery_file, lambda p: create_gallery_file(p, "{}")):
        with pytest.raises(NotAGallery, match="another program"):
            use(path)
    assert path.read_bytes() == before


def test_a_newer_gallery_is_refused_by_its_version_and_left_untouched(made: Path) -> None:
    connection = sqlite3.connect(made)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = made.read_bytes()
    with pytest.raises(GalleryTooNew, match="version 99"):
        open_gallery_file(made)
    assert made.read_bytes() == before


def test_a_file_cut_short_is_called_damaged(made: Path) -> None:
    made.write_bytes(made.read_bytes()[:5000])
    with (
        pytest.raises(GalleryDamaged),
        sqlite_errors(made),
        contextlib.closing(open_gallery_file(made)) as connection,
    ):
        connection.execute("SELECT * FROM thumbnails").fetchall()


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(GalleryUnavailable, match="does not exist"):
        create_gallery_file(tmp_path / "no" / "gallery.db", "{}")
    assert not (tmp_path / "no").exists()


def test_a_locked_gallery_is_said_after_a_bounded_wait(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gallery_file, "PATIENCE", 0.05)
    rival = sqlite3.connect(made, isolation_level=None)
    rival.execute("BEGIN IMMEDIATE")
    with pytest.raises(GalleryLocked, match="locked by another process"):
        create_gallery_file(made, "{}")
    rival.close()


def test_a_transaction_that_fails_leaves_nothing(made: Path) -> None:
    connection = open_gallery_file(made)
    with contextlib.suppress(ZeroDivisionError), transaction(connection):
        connection.execute("INSERT INTO identities (name) VALUES ('half')")
        raise ZeroDivisionError
    assert connection.execute("SELECT count(*) FROM identities").fetchone() == (0,)
    connection.close()


def test_a_commit_that_fails_leaves_the_connection_usable(made: Path) -> None:
    class FullAtTheEnd(sqlite3.Connection):
        full = True

        def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
            if sql == "COMMIT" and self.full:
                raise sqlite3.OperationalError("disk I/O error")
            return super().execute(sql, *values)

    connection = sqlite3.connect(made, isolation_level=None, factory=FullAtTheEnd)
    with contextlib.suppress(sqlite3.OperationalError), transaction(connection):
        connection.execute("INSERT INTO identities (name) VALUES ('half')")
    connection.full = False
    with transaction(connection):
        connection.execute("INSERT INTO identities (name) VALUES ('whole')")
    assert connection.execute("SELECT name FROM identities").fetchall() == [("whole",)]
    connection.close()


@pytest.mark.parametrize("name", ["with space.db", "ギャラリー.db", "per%20cent?#.db"])
def test_a_gallery_may_have_any_name(name: str, tmp_path: Path) -> None:
    create_gallery_file(tmp_path / name, "{}").close()
    assert (tmp_path / name).is_file()
