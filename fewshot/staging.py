"""Embedded pictures come in one by one; the gallery gets them all in one transaction, or none.

They wait in a temporary SQLite table: it spills from memory to an unnamed, private file that is
gone with the process, and holds no lock on the gallery while pictures are still being embedded.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from fewshot.arrivals import Arrivals, Settled
from fewshot.gallery_file import sqlite_errors, transaction
from fewshot.names import clean_name, storable
from fewshot.operations import Done, now, record
from fewshot.records import WHOLE
from fewshot.rejections import turn_away
from fewshot.store import Store

_CACHE_KIB = 512


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A picture just enrolled that stands under another name too."""

    source: str
    name: str
    other: str


@dataclass(frozen=True, slots=True)
class Committed:
    """What a commit found."""

    added: dict[str, int]  # by name, how many references are new
    elsewhere: list[Elsewhere]
    vanished: list[tuple[str, str]]  # name and source: skipped, and since forgotten by another
    corrected: list[tuple[str, str]]  # name and source: turned away, for it is not of that name
    settled: Settled  # what came along from elsewhere


class Staging:
    """Pictures on their way into a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(
        self,
        name: str,
        *,
        digest: bytes,
        vector: bytes,
        source: str,
        box: str,
        thumbnail: bytes,
        enrolled_at: str | None = None,
        crop: str = WHOLE,
    ) -> None:
        """Put one picture on the way; once, where it comes twice under one name.

        enrolled_at: None for now. crop: what the box is of, as `records.crop_text` writes it.
        """
        self._store.connection.execute(
            "INSERT OR IGNORE INTO arriving VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(clean_name(name), digest, vector, storable(source), box, thumbnail),
                *(enrolled_at, crop),
            ),
        )

    def skip(self, name: str, *, digest: bytes, source: str) -> None:
        """Note a picture not embedded again because it stood under this name already."""
        self._store.connection.execute(
            "INSERT OR IGNORE INTO skipped VALUES (?, ?, ?)",
            (clean_name(name), digest, storable(source)),
        )

    def commit(self, what: str = "enroll", also: Arrivals | None = None) -> Committed:
        """Enroll all that arrived; when this returns, what it says is on the disk.

        what: what the log of operations calls it. also: taken in in the same operation.
        """
        with sqlite_errors(self._store.path), transaction(self._store.connection):
            return self._commit(self._store.connection, what, also)

    def _commit(
        self, connection: sqlite3.Connection, what: str, also: Arrivals | None
    ) -> Committed:
        connection.execute(
            """DELETE FROM arriving AS a WHERE EXISTS (
                SELECT 1 FROM picture_references r JOIN identities i ON i.id = r.identity
                WHERE i.name = a.name AND i.forgotten IS NULL AND r.digest = a.digest)"""
        )
        corrected = turn_away(connection)
        added = dict(connection.execute("SELECT name, count(*) FROM arriving GROUP BY name"))
        ((last,),) = self._store.all("SELECT coalesce(max(id), 0) FROM picture_references", (int,))
        connection.execute(
            """INSERT OR IGNORE INTO identities (name)
               SELECT name FROM arriving GROUP BY name ORDER BY min(position)"""
        )
        connection.execute(
            """INSERT INTO picture_references
                   (identity, digest, vector, source, box, enrolled_at, crop)
               SELECT i.id, a.digest, a.vector, a.source, a.box, coalesce(a.enrolled_at, ?), a.crop
               FROM arriving a CROSS JOIN identities i ON i.name = a.name AND i.forgotten IS NULL
               ORDER BY a.position""",
            (now(),),
        )
        connection.execute(
            """INSERT INTO thumbnails
               SELECT r.id, a.thumbnail
               FROM picture_references r
               JOIN identities i ON i.id = r.identity
               JOIN arriving a ON a.name = i.name AND a.digest = r.digest
               WHERE r.id > ? AND length(a.thumbnail)""",
            (last,),
        )
        elsewhere = connection.execute(
            """SELECT r.source, i.name, min(j.name)
               FROM picture_references r
               JOIN identities i ON i.id = r.identity
               JOIN picture_references s ON s.digest = r.digest AND s.identity != r.identity
               JOIN identities j ON j.id = s.identity AND j.forgotten IS NULL
               WHERE r.id > ? GROUP BY r.id ORDER BY r.id""",
            (last,),
        ).fetchall()
        vanished = connection.execute(
            """SELECT name, source FROM skipped k WHERE NOT EXISTS (
                SELECT 1 FROM picture_references r JOIN identities i ON i.id = r.identity
                WHERE i.name = k.name AND i.forgotten IS NULL AND r.digest = k.digest)"""
        ).fetchall()
        more = also is not None and also.are_new()
        settled = Settled()
        if added or more:
            operation = self._record(what, added, last)
            if also is not None and more:
                settled = also.settle(operation)
        others = [Elsewhere(*row) for row in elsewhere]
        return Committed(added, others, vanished, corrected, settled)

    def _record(self, what: str, added: dict[str, int], last: int) -> int:
        first = newest = None
        if added:
            statement = "SELECT min(id), max(id) FROM picture_references WHERE id > ?"
            ((first, newest),) = self._store.all(statement, (int, int), (last,))
        touched = self._store.all(
            """SELECT id, name FROM identities WHERE id IN (
                SELECT identity FROM picture_references WHERE id > ?)""",
            (int, str),
            (last,),
        )
        return record(
            self._store,
            Done(what, len(added), sum(added.values()), first, newest),
            ((identity, name, None) for identity, name in touched),
        )


@contextmanager
def staging(store: Store) -> Iterator[Staging]:
    """Open a waiting room; whatever was not committed when it closes is gone."""
    with sqlite_errors(store.path):
        store.connection.execute("PRAGMA temp_store = FILE")
        store.connection.execute(f"PRAGMA temp.cache_size = -{_CACHE_KIB}")
        _clear(store)
        store.connection.execute(
            """CREATE TEMP TABLE arriving (
                position INTEGER PRIMARY KEY,
                name TEXT NOT NULL, digest BLOB NOT NULL, vector BLOB NOT NULL,
                source TEXT NOT NULL, box TEXT NOT NULL, thumbnail BLOB NOT NULL,
                enrolled_at TEXT, crop TEXT NOT NULL,
                UNIQUE (name, digest))"""
        )
        store.connection.execute(
            """CREATE TEMP TABLE skipped (
                name TEXT NOT NULL, digest BLOB NOT NULL, source TEXT NOT NULL,
                UNIQUE (name, digest))"""
        )
        try:
            yield Staging(store)
        finally:
            with suppress(sqlite3.DatabaseError):  # what was committed is; the rest goes with us
                _clear(store)


def _clear(store: Store) -> None:
    for table in ("arriving", "skipped"):
        store.connection.execute(f"DROP TABLE IF EXISTS temp.{table}")
