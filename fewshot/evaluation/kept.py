"""Digests come in, with what was made of each; the same goes out again, from a file in the cache.

One SQLite file of rows (digest, content): the vectors of one backbone, or the answers of contenders
that took long. It is a cache: a file that is damaged, or locked, is done without, never trusted and
never mended. Only its owner can read it; deleting it costs time alone.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from threading import Lock

from fewshot.backbones.cache import cache_folder

_APPLICATION = 0x66736576  # "fsev"
_VERSION = 1
_AT_ONCE = 500
MOST_BYTES = 1 << 26
"""Of one row's content: what is longer was not written by us."""


class Kept:
    """Contents by digest, in a file of the cache; safe to share among threads and processes."""

    def __init__(self, path: Path | None) -> None:
        """Open it, made where it is not there. path: None keeps nothing."""
        self.path = path
        self._lock = Lock()
        self._connection = None if path is None else _opened(path)

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def get(self, digests: Sequence[str]) -> dict[str, bytes]:
        """Return the contents that are there."""
        found: dict[str, bytes] = {}
        if self._connection is None:
            return found
        keys = [bytes.fromhex(one) for one in digests]
        with self._lock, suppress(sqlite3.Error):
            for at in range(0, len(keys), _AT_ONCE):
                some = keys[at : at + _AT_ONCE]
                marks = ", ".join("?" * len(some))
                rows = self._connection.execute(
                    f"SELECT digest, content FROM kept WHERE digest IN ({marks}) "  # noqa: S608
                    "AND length(content) <= ?",
                    (*some, MOST_BYTES),
                )
                found |= {
                    bytes(digest).hex(): bytes(content)
                    for digest, content in rows
                    if isinstance(digest, bytes) and isinstance(content, bytes)
                }
        return found

    def put(self, contents: Mapping[str, bytes]) -> None:
        """Keep contents, in one transaction; where the file cannot be written, nothing is kept."""
        if self._connection is None or not contents:
            return
        with self._lock, suppress(sqlite3.Error):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                self._connection.executemany(
                    "INSERT OR REPLACE INTO kept VALUES (?, ?)",
                    [(bytes.fromhex(digest), content) for digest, content in contents.items()],
                )
                self._connection.execute("COMMIT")
            except sqlite3.Error:
                self._connection.execute("ROLLBACK")


def vectors_folder() -> Path:
    """Return the folder of the vectors of pictures that were evaluated."""
    return cache_folder() / "vectors"


def answers_file() -> Path:
    """Return the file of what contenders that take long answered."""
    return cache_folder() / "evaluations.db"


def forget_kept(digests: Iterable[str]) -> int:
    """Delete the vectors of these pictures, of all backbones, for good; return how many there were.

    Files that cannot be opened hold none that could be read.
    """
    gone = 0
    keys = [(bytes.fromhex(one),) for one in digests]
    for path in sorted(vectors_folder().glob("*.db")) if keys else ():
        connection = _opened(path)
        if connection is None:
            continue
        with closing(connection), suppress(sqlite3.Error):
            connection.execute("PRAGMA secure_delete = ON")
            before = connection.total_changes
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("DELETE FROM kept WHERE digest = ?", keys)
            connection.execute("COMMIT")
            gone += connection.total_changes - before
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return gone


def _opened(path: Path) -> sqlite3.Connection | None:
    """Open a file of ours; one that is none is put out of the way, and made anew."""
    for _ in range(2):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            connection = sqlite3.connect(
                path, timeout=10.0, isolation_level=None, check_same_thread=False
            )
        except (OSError, sqlite3.Error):
            return None
        if _ready(connection):
            return connection
        connection.close()
        with suppress(OSError):
            path.unlink()
    return None


def _ready(connection: sqlite3.Connection) -> bool:
    try:
        ours = connection.execute("PRAGMA application_id").fetchone()[0]
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master")]
        if (ours, version, tables) == (0, 0, []):
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(
                "CREATE TABLE IF NOT EXISTS kept (digest BLOB PRIMARY KEY, content BLOB NOT NULL) "
                "WITHOUT ROWID"
            )
            connection.execute(f"PRAGMA application_id = {_APPLICATION}")
            connection.execute(f"PRAGMA user_version = {_VERSION}")
            connection.execute("COMMIT")
            return True
        return (ours, version, tables) == (_APPLICATION, _VERSION, ["kept"])
    except sqlite3.OperationalError:  # somebody else is making it
        return True
    except sqlite3.Error:
        return False
