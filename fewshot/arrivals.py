"""Corrections and strangers made elsewhere come in; the store holds them, with what arrived.

They wait in temporary tables, as pictures do in `staging`, whose transaction and operation they
are part of.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from fewshot.gallery_file import sqlite_errors
from fewshot.names import clean_name, storable
from fewshot.quarantine import confine
from fewshot.rejections import misplaced
from fewshot.store import Store

_TABLES = {
    "arriving_corrections": """position INTEGER PRIMARY KEY,
        rejected TEXT NOT NULL, truth TEXT, digest BLOB NOT NULL, vector BLOB NOT NULL,
        source TEXT NOT NULL, thumbnail BLOB NOT NULL, corrected_at TEXT NOT NULL,
        UNIQUE (rejected, digest)""",
    "arriving_strangers": """position INTEGER PRIMARY KEY,
        block TEXT NOT NULL, digest BLOB NOT NULL UNIQUE, vector BLOB NOT NULL,
        source TEXT NOT NULL""",
}


@dataclass(frozen=True, slots=True)
class ArrivingCorrection:
    """A correction on its way from elsewhere, as it is stored."""

    rejected: str
    truth: str | None
    digest: bytes
    vector: bytes
    source: str
    thumbnail: bytes
    corrected_at: str


@dataclass(frozen=True, slots=True)
class ArrivingStranger:
    """A picture of nobody enrolled, on its way from elsewhere."""

    block: str
    digest: bytes
    vector: bytes
    source: str


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of them."""

    corrections: int = 0  # that are new
    strangers: int = 0
    confined: int = 0  # references put out of use, for they stood under a name now rejected


class Arrivals:
    """Corrections and strangers on their way into a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, one: ArrivingCorrection | ArrivingStranger) -> None:
        """Put one on the way; once, where it comes twice."""
        if isinstance(one, ArrivingCorrection):
            truth = None if one.truth is None else clean_name(one.truth)
            self._insert(
                "arriving_corrections",
                *(clean_name(one.rejected), truth, one.digest, one.vector),
                *(storable(one.source), one.thumbnail, one.corrected_at),
            )
        else:
            self._insert(
                "arriving_strangers",
                *(storable(one.block), one.digest, one.vector, storable(one.source)),
            )

    def _insert(self, table: str, *row: str | bytes | None) -> None:
        places = ", ".join("?" * len(row))
        self._store.connection.execute(
            f"INSERT OR IGNORE INTO {table} VALUES (NULL, {places})",  # noqa: S608
            row,
        )

    def are_new(self) -> bool:
        """Take out those that are here already; tell whether others are left.

        A stranger who is enrolled here is none.
        """
        ask = self._store.connection.execute
        ask(
            """DELETE FROM arriving_corrections WHERE (rejected, digest) IN (
                   SELECT x.name, c.digest FROM corrections c
                   JOIN identities x ON x.id = c.rejected)"""
        )
        ask(
            """DELETE FROM arriving_strangers AS a WHERE digest IN (SELECT digest FROM strangers)
               OR EXISTS (SELECT 1 FROM picture_references r WHERE r.digest = a.digest)"""
        )
        return any(ask(f"SELECT 1 FROM {table} LIMIT 1").fetchall() for table in _TABLES)  # noqa: S608

    def settle(self, operation: int) -> Settled:
        """Take in those that are new, in the transaction that the caller holds.

        Where nobody bears a rejected name, it is kept as that of somebody forgotten: it matches
        nothing, and when it is enrolled again the correction holds.
        """
        ask, here = self._store.connection.execute, {"operation": operation}
        ask(
            """INSERT INTO identities (name, forgotten)
               SELECT DISTINCT rejected, :operation FROM arriving_corrections
               WHERE rejected NOT IN (SELECT name FROM identities)""",
            here,
        )
        corrections = ask(
            """INSERT OR IGNORE INTO corrections (operation, rejected, truth, digest, vector,
                                                  source, thumbnail, corrected_at)
               SELECT :operation, coalesce(living.id, gone.id), truth.id, a.digest, a.vector,
                      a.source, a.thumbnail, a.corrected_at
               FROM arriving_corrections a
               LEFT JOIN identities living ON living.name = a.rejected AND living.forgotten IS NULL
               LEFT JOIN (SELECT name, max(id) AS id FROM identities
                          WHERE forgotten IS NOT NULL GROUP BY name) gone
                   ON gone.name = a.rejected
               LEFT JOIN identities truth ON truth.name = a.truth AND truth.forgotten IS NULL
               ORDER BY a.position""",
            here,
        ).rowcount
        strangers = ask(
            """INSERT OR IGNORE INTO strangers (operation, block, digest, vector, source)
               SELECT :operation, block, digest, vector, source
               FROM arriving_strangers ORDER BY position""",
            here,
        ).rowcount
        wrong = misplaced(self._store)
        confined = confine(self._store, wrong, operation)
        ask(
            """INSERT OR IGNORE INTO operation_names
               SELECT :operation, id, name, NULL FROM identities WHERE id IN (
                   SELECT rejected FROM corrections WHERE operation = :operation
                   UNION SELECT truth FROM corrections WHERE operation = :operation
                   UNION SELECT identity FROM quarantine WHERE operation = :operation)""",
            here,
        )
        ask(
            """UPDATE operations SET pictures = pictures + :confined, names = (
                   SELECT count(*) FROM operation_names WHERE operation = :operation)
               WHERE id = :operation""",
            {**here, "confined": confined},
        )
        return Settled(corrections, strangers, confined)


@contextmanager
def arrivals(store: Store) -> Iterator[Arrivals]:
    """Open a waiting room beside that of `staging`; what was not taken in is gone after it."""
    with sqlite_errors(store.path):
        _clear(store)
        for table, columns in _TABLES.items():
            store.connection.execute(f"CREATE TEMP TABLE {table} ({columns})")
        try:
            yield Arrivals(store)
        finally:
            with suppress(sqlite3.DatabaseError):
                _clear(store)


def _clear(store: Store) -> None:
    for table in _TABLES:
        store.connection.execute(f"DROP TABLE IF EXISTS temp.{table}")
