"""A path comes in; an open connection to a fewshot gallery goes out, or an error that says why not.

Nothing is written to a file that is not ours, or that a later version wrote.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from fewshot.errors import (
    GalleryDamaged,
    GalleryLocked,
    GalleryMissing,
    GalleryTooNew,
    GalleryUnavailable,
    NotAGallery,
)
from fewshot.journal import refuse_strange_journal
from fewshot.upgrades import APPLICATION_ID, VERSION, tables_at, tables_of, upgrade

PATIENCE = 30.0
"""Seconds to wait for another process's transaction."""

_SETTINGS = (
    "foreign_keys = ON",
    "secure_delete = ON",  # what is deleted is overwritten
    "synchronous = FULL",  # what is committed is on the disk
    "trusted_schema = OFF",
    "page_size = 16384",  # several references with their vectors a page; for new files only
)


def open_gallery_file(path: Path) -> sqlite3.Connection:
    """Open a gallery that is there, upgrading an older one.

    Raises GalleryMissing, NotAGallery, GalleryTooNew, GalleryLocked, GalleryDamaged or
    GalleryUnavailable.
    """
    if not _refuse_strangers(path):
        raise GalleryMissing(path)
    writable = _may_write(path) and _may_write(path.absolute().parent)
    connection = _connect(path, "rw" if writable else _read_only(path))
    try:
        with sqlite_errors(path):
            version = _checked_version(connection, path)
            _refuse_strange_tables(connection, path, version)
            if version < VERSION:
                if not writable:
                    reason = f"it is of version {version} and has to be upgraded"
                    raise GalleryUnavailable(path, f"{reason}: copy it to where you may write")
                with _upgrading(connection):
                    upgrade(connection, _checked_version(connection, path))
            if writable:
                _write_ahead(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def create_gallery_file(path: Path, recipe_json: str) -> sqlite3.Connection:
    """Make a gallery with this recipe where none is; where one is, open that.

    Two processes may do so at once: one of them makes it. Raises as `open_gallery_file` does.
    """
    if not _refuse_strangers(path):
        _make_private(path)
    connection = _connect(path, "rwc")
    try:
        with sqlite_errors(path):
            with _upgrading(connection):
                if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                    upgrade(connection, 0)
                    connection.execute("INSERT INTO recipe VALUES (1, ?)", (recipe_json,))
                else:
                    version = _checked_version(connection, path)
                    _refuse_strange_tables(connection, path, version)
                    upgrade(connection, version)
            _write_ahead(connection)
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
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite may have rolled back by itself
            connection.execute("ROLLBACK")
        raise


@contextmanager
def sqlite_errors(path: Path) -> Iterator[None]:
    """Say in our words what SQLite says in its own."""
    try:
        yield
    except sqlite3.OperationalError as error:
        text = str(error)
        if "locked" in text or "busy" in text:
            raise GalleryLocked(path, PATIENCE) from error
        if any(word in text for word in ("no such", "malformed", "decode", "too big")):
            raise GalleryDamaged(path, text) from error
        if "unable to open" in text or "readonly" in text:
            text = "it cannot be opened or written there (permissions?)"
        raise GalleryUnavailable(path, text) from error
    except sqlite3.ProgrammingError as error:
        raise GalleryUnavailable(path, "it was closed; open it again") from error
    except (sqlite3.DatabaseError, UnicodeDecodeError, MemoryError) as error:
        raise GalleryDamaged(path, str(error) or "it asks for too much memory") from error


@contextmanager
def _upgrading(connection: sqlite3.Connection) -> Iterator[None]:
    """Hold the write lock with foreign keys off, as sqlite.org/lang_altertable has it.

    Else a table that is replaced would take with it all that refers to it.
    """
    connection.execute("PRAGMA foreign_keys = OFF")
    try:
        with transaction(connection):
            yield
    finally:
        connection.execute("PRAGMA foreign_keys = ON")


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    with sqlite_errors(path):
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={mode}",
            uri=True,
            timeout=PATIENCE,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            for setting in _SETTINGS:
                connection.execute(f"PRAGMA {setting}")
        except BaseException:
            connection.close()
            raise
    return connection


def _read_only(path: Path) -> str:
    """Return the mode for a gallery we may only read; immutable needs no log file beside it."""
    log = path.with_name(path.name + "-wal")
    return "ro" if log.exists() and log.stat().st_size else "ro&immutable=1"


def _may_write(path: Path) -> bool:
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def _make_private(path: Path) -> None:
    """Make the file readable by its owner only: it will hold pictures of people."""
    try:
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        path.chmod(0o600)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        if not os.path.isdir(path.absolute().parent):
            reason = f"the folder {path.absolute().parent} does not exist"
        raise GalleryUnavailable(path, reason) from error


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Let readers and a writer work side by side; kept in the file, and made sure of here."""
    if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        connection.execute("PRAGMA journal_mode = WAL")


def _refuse_strangers(path: Path) -> int:
    """Raise for what is not ours, before SQLite touches it or its log; return the file's size."""
    refuse_strange_journal(path)
    try:
        about = path.stat()
        if stat.S_ISDIR(about.st_mode):
            raise NotAGallery(path, "it is a folder; name a file in it, such as gallery.db")
        if not stat.S_ISREG(about.st_mode):
            raise NotAGallery(path, "it is no ordinary file")
    except (FileNotFoundError, NotADirectoryError):
        return 0
    except OSError as error:
        raise GalleryUnavailable(path, (error.strerror or str(error)).lower()) from error
    if about.st_size:
        _glance(path)
    return about.st_size


def _glance(path: Path) -> None:
    """Look at the header of a file, and at nothing beside it.

    Through SQLite: to open the file and close it would drop, by POSIX, the locks that this process
    holds on it by another connection, and its log could be deleted below that.
    """
    uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    with sqlite_errors(path), closing(sqlite3.connect(uri, uri=True)) as connection:
        try:
            connection.execute("PRAGMA writable_schema = ON")  # the header, whatever follows it
            _checked_version(connection, path)
        except sqlite3.DatabaseError as error:
            if "not a database" in str(error):
                raise NotAGallery(path, "it is another kind of file") from error
            raise


def _refuse_others(path: Path, application: int, version: int) -> None:
    if application != APPLICATION_ID:
        raise NotAGallery(path, "it is another program's database")
    if version > VERSION:
        raise GalleryTooNew(path, version, VERSION)


def _checked_version(connection: sqlite3.Connection, path: Path) -> int:
    """Return the version; the log may hold a later one than the file itself."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    _refuse_others(path, application, version)
    return int(version)


def _refuse_strange_tables(connection: sqlite3.Connection, path: Path, version: int) -> None:
    """Raise for tables that fewshot did not make: a view or a trigger would run as we read."""
    if tables_of(connection) != tables_at(version):
        raise GalleryDamaged(path, "it has other tables than a gallery of its version")
