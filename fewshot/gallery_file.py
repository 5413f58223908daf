"""A path comes in; an open connection to a fewshot gallery goes out, or an error that says why not.

Nothing is written to a file that is not ours, or that a later version wrote.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fewshot.errors import (
    GalleryDamaged,
    GalleryLocked,
    GalleryMissing,
    GalleryTooNew,
    GalleryUnavailable,
    NotAGallery,
)
from fewshot.upgrades import APPLICATION_ID, VERSION, upgrade

PATIENCE = 30.0
"""Seconds to wait for another process's transaction."""

_HEADER = b"SQLite format 3\0"


def open_gallery_file(path: Path) -> sqlite3.Connection:
    """Open a gallery that is there, upgrading an older one.

    Raises GalleryMissing, NotAGallery, GalleryTooNew, GalleryLocked, GalleryDamaged or
    GalleryUnavailable.
    """
    _refuse_strangers(path)
    if not path.exists() or path.stat().st_size == 0:
        raise GalleryMissing(path)
    connection = _connect(path, "rw")
    try:
        with sqlite_errors(path):
            version = _checked_version(connection, path)
            if version < VERSION:
                with transaction(connection):
                    upgrade(connection, _checked_version(connection, path))
    except BaseException:
        connection.close()
        raise
    return connection


def create_gallery_file(path: Path, recipe_json: str) -> sqlite3.Connection:
    """Make a gallery with this recipe where none is; where one is, open that.

    Two processes may do so at once: one of them makes it. Raises as `open_gallery_file` does.
    """
    _refuse_strangers(path)
    connection = _connect(path, "rwc")
    try:
        with sqlite_errors(path):
            with transaction(connection):
                if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                    upgrade(connection, 0)
                    connection.execute("INSERT INTO recipe VALUES (1, ?)", (recipe_json,))
                else:
                    upgrade(connection, _checked_version(connection, path))
            connection.execute("PRAGMA journal_mode = WAL")
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Hold the write lock: all of what is inside is kept, or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


@contextmanager
def sqlite_errors(path: Path) -> Iterator[None]:
    """Say in our words what SQLite says in its own."""
    try:
        yield
    except sqlite3.OperationalError as error:
        text = str(error)
        if "locked" in text or "busy" in text:
            raise GalleryLocked(path, PATIENCE) from error
        if "no such" in text or "malformed" in text:
            raise GalleryDamaged(path, text) from error
        raise GalleryUnavailable(path, text) from error
    except sqlite3.DatabaseError as error:
        raise GalleryDamaged(path, str(error)) from error


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    folder = path.absolute().parent
    if not folder.is_dir():
        raise GalleryUnavailable(path, f"the folder {folder} does not exist")
    with sqlite_errors(path):
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={mode}",
            uri=True,
            timeout=PATIENCE,
            isolation_level=None,
            check_same_thread=False,
        )
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA synchronous = FULL")
    return connection


def _refuse_strangers(path: Path) -> None:
    """Raise for what is no SQLite file, before SQLite touches it."""
    if path.is_dir():
        raise NotAGallery(path, "it is a folder; name a file in it, such as gallery.db")
    if not path.exists():
        return
    if not path.is_file():
        raise NotAGallery(path, "it is no ordinary file")
    try:
        with path.open("rb") as file:
            head = file.read(len(_HEADER))
    except OSError as error:
        raise GalleryUnavailable(path, (error.strerror or str(error)).lower()) from error
    if head and head != _HEADER:
        raise NotAGallery(path, "it is another kind of file")


def _checked_version(connection: sqlite3.Connection, path: Path) -> int:
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise NotAGallery(path, "it is another program's database")
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > VERSION:
        raise GalleryTooNew(path, version, VERSION)
    return version
