"""Digests come in, with what was made of each; the same goes out again, from a file in the cache.

One SQLite file of rows (digest, check, content): the vectors of one backbone, or the answers of
contenders that took long. It is a cache: a row whose check is not that of its digest and content is
passed over, a file that is damaged is made anew, one that is locked is done without. Only its owner
can read it; deleting it costs time alone.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing, suppress
from hashlib import sha256
from pathlib import Path
from threading import Lock

from fewshot.backbones.cache import cache_folder

_APPLICATION = 0x66736576  # "fsev"
_VERSION = 2
_AT_ONCE = 500
_WAIT = 10.0  # seconds, for another process
MOST_BYTES = 1 << 26
"""Of one row's content: what is longer was not written by us."""


class Kept:
    """Contents by digest, in a file of the cache; safe to share among threads and processes."""

    def __init__(self, path: Path | None) -> None:
        """Open it, made where it is not there. path: None keeps nothing."""
        self.path = path
        self._lock = Lock()
        self._connection = None if path is None else _opened(path)

    def __enter__(self) -> Kept:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def get(self, digests: Sequence[str]) -> dict[str, bytes]:
        """Return the contents that are there, and as they were written."""
        found: dict[str, bytes] = {}
        keys = [bytes.fromhex(one) for one in digests]
        with self._lock:
            for at in range(0, len(keys), _AT_ONCE):
                some = keys[at : at + _AT_ONCE]
                marks = ", ".join("?" * len(some))
                statement = (
                    f"SELECT digest, written, content FROM kept WHERE digest IN ({marks}) "  # noqa: S608
                    "AND length(content) <= ?"
                )
                for digest, check, content in self._asked(statement, (*some, MOST_BYTES)):
                    texts = all(isinstance(one, bytes) for one in (digest, check, content))
                    if texts and check == _check(digest, content):
                        found[digest.hex()] = content
        return found

    def _asked(self, statement: str, values: tuple[object, ...]) -> list[tuple[bytes, ...]]:
        if self._connection is None:
            return []
        try:
            return self._connection.execute(statement, values).fetchall()
        except sqlite3.OperationalError:  # locked
            return []
        except sqlite3.Error:
            self._anew()
            return []

    def put(self, contents: Mapping[str, bytes]) -> None:
        """Keep contents, in one transaction; where the file cannot be written, nothing is kept."""
        rows = []
        for digest, content in contents.items():
            key = bytes.fromhex(digest)
            rows.append((key, _check(key, content), content))
        with self._lock:
            if self._connection is None or not rows:
                return
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                self._connection.executemany("INSERT OR REPLACE INTO kept VALUES (?, ?, ?)", rows)
                self._connection.execute("COMMIT")
            except sqlite3.OperationalError:  # locked, or the disk is full
                with suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
            except sqlite3.Error:
                self._anew()

    def _anew(self) -> None:
        """Put a damaged file out of the way."""
        self.close()
        if self.path is not None:
            with suppress(OSError):
                self.path.unlink()
            self._connection = _opened(self.path)


def vectors_folder() -> Path:
    """Return the folder of the vectors of pictures that were evaluated."""
    return cache_folder() / "vectors"


def vectors_file(made_by: str) -> Path:
    """Return the file of vectors that were made so; another version's is another file."""
    return vectors_folder() / f"{made_by}.{_VERSION}.db"


def answers_file() -> Path:
    """Return the file of what contenders that take long answered."""
    return cache_folder() / f"evaluations.{_VERSION}.db"


def forget_kept(digests: Iterable[str]) -> list[Path]:
    """Overwrite the vectors of these pictures, of all backbones; return files that are in use.

    A file that is none of this version is deleted whole.
    """
    keys = [(bytes.fromhex(one),) for one in digests]
    busy = []
    for path in sorted(vectors_folder().glob("*.db")) if keys else ():
        if not path.name.endswith(f".{_VERSION}.db"):
            with suppress(OSError):
                path.unlink()
            continue
        connection = _opened(path)
        if connection is None:
            busy.append(path)
            continue
        with closing(connection):
            try:
                connection.execute("PRAGMA journal_mode = MEMORY")  # no copy of old pages is left
                connection.execute("PRAGMA secure_delete = ON")
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany("DELETE FROM kept WHERE digest = ?", keys)
                connection.execute("COMMIT")
            except sqlite3.Error:
                busy.append(path)
    return busy


def _check(digest: bytes, content: bytes) -> bytes:
    return sha256(digest + content).digest()[:8]


def _opened(path: Path) -> sqlite3.Connection | None:
    """Open a file of ours; one that is none is put out of the way, and made anew."""
    for _ in range(2):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            connection = sqlite3.connect(
                path, timeout=_WAIT, isolation_level=None, check_same_thread=False
            )
        except (OSError, sqlite3.Error):
            return None
        try:
            if _ready(connection):
                return connection
        except sqlite3.OperationalError:  # locked for long
            connection.close()
            return None
        except sqlite3.Error:
            pass
        connection.close()
        with suppress(OSError):
            path.unlink()
    return None


def _ready(connection: sqlite3.Connection) -> bool:
    """Make the table where the file is new; tell whether it is a file of ours."""
    connection.execute("BEGIN IMMEDIATE")  # so that no other process makes it meanwhile
    try:
        ours = connection.execute("PRAGMA application_id").fetchone()[0]
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master")]
        if (ours, version, tables) == (0, 0, []):
            connection.execute(
                "CREATE TABLE kept (digest BLOB PRIMARY KEY, written BLOB NOT NULL, "
                "content BLOB NOT NULL) WITHOUT ROWID"
            )
            connection.execute(f"PRAGMA application_id = {_APPLICATION}")
            connection.execute(f"PRAGMA user_version = {_VERSION}")
            return True
        return (ours, version, tables) == (_APPLICATION, _VERSION, ["kept"])
    finally:
        connection.execute("COMMIT")
