"""A gallery file of any older version comes in; one of this version goes out.

Numbered by position, appended to, never edited: together they are the history of the format.
The steps run in one transaction with their number in `user_version`, foreign keys off.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import cache

APPLICATION_ID = 0x46534831  # "FSH1": tells `file` and us whose SQLite file this is

_CREATE_V1 = (
    "CREATE TABLE recipe (id INTEGER PRIMARY KEY CHECK (id = 1), json TEXT NOT NULL)",
    # AUTOINCREMENT: an id is never used again, so an old answer never points to somebody else
    """CREATE TABLE identities (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL UNIQUE)""",
    """CREATE TABLE picture_references (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        identity INTEGER NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
        digest BLOB NOT NULL,
        vector BLOB NOT NULL,
        source TEXT NOT NULL,
        box TEXT NOT NULL,
        enrolled_at TEXT NOT NULL,
        UNIQUE (identity, digest))""",
    "CREATE INDEX references_by_digest ON picture_references (digest)",
    """CREATE TABLE thumbnails (
        reference INTEGER PRIMARY KEY REFERENCES picture_references (id) ON DELETE CASCADE,
        jpeg BLOB NOT NULL)""",
)

_ADD_HISTORY_V2 = (
    # What was done, once a command. first, last: ids of the references that it added
    """CREATE TABLE operations (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at TEXT NOT NULL,
        what TEXT NOT NULL,
        names INTEGER NOT NULL,
        pictures INTEGER NOT NULL,
        first INTEGER,
        last INTEGER,
        undoes INTEGER UNIQUE REFERENCES operations (id))""",
    # To whom; the identity may be gone since, and its names (was: before a rename) erased
    """CREATE TABLE operation_names (
        operation INTEGER NOT NULL REFERENCES operations (id),
        identity INTEGER NOT NULL,
        name TEXT,
        was TEXT,
        PRIMARY KEY (operation, identity)) WITHOUT ROWID""",
    # The index kept in a file beside this one, which is believed only with this digest
    """CREATE TABLE cached_index (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        sha256 BLOB NOT NULL,
        about TEXT NOT NULL)""",
    # A forgotten identity stays until it is erased; somebody else may bear its name meanwhile
    """CREATE TABLE identities_v2 (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL,
        forgotten INTEGER REFERENCES operations (id))""",
    "INSERT INTO identities_v2 (id, name) SELECT id, name FROM identities",
    "DELETE FROM sqlite_sequence WHERE name = 'identities_v2'",
    """INSERT INTO sqlite_sequence (name, seq)
       SELECT 'identities_v2', seq FROM sqlite_sequence WHERE name = 'identities'""",
    "DROP TABLE identities",
    "ALTER TABLE identities_v2 RENAME TO identities",
    "CREATE UNIQUE INDEX identities_by_name ON identities (name) WHERE forgotten IS NULL",
    "CREATE INDEX identities_forgotten ON identities (forgotten) WHERE forgotten IS NOT NULL",
)

_ADD_JUDGMENTS_V3 = (
    # Pictures of nobody enrolled; block: whose pictures belong together
    """CREATE TABLE strangers (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        operation INTEGER NOT NULL REFERENCES operations (id),
        block TEXT NOT NULL,
        digest BLOB NOT NULL UNIQUE,
        vector BLOB NOT NULL,
        source TEXT NOT NULL)""",
    # "This picture is not X": X is the name that `rejected` bears, also where it is forgotten
    """CREATE TABLE corrections (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        operation INTEGER NOT NULL REFERENCES operations (id),
        rejected INTEGER NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
        truth INTEGER REFERENCES identities (id) ON DELETE CASCADE,
        digest BLOB NOT NULL,
        vector BLOB NOT NULL,
        source TEXT NOT NULL,
        thumbnail BLOB NOT NULL,
        corrected_at TEXT NOT NULL,
        UNIQUE (rejected, digest))""",
    # References out of use, each with the id that it had and is to have again
    """CREATE TABLE quarantine (
        id INTEGER PRIMARY KEY,
        operation INTEGER NOT NULL REFERENCES operations (id),
        identity INTEGER NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
        digest BLOB NOT NULL,
        vector BLOB NOT NULL,
        source TEXT NOT NULL,
        box TEXT NOT NULL,
        enrolled_at TEXT NOT NULL,
        thumbnail BLOB NOT NULL)""",
    # By which rule queries are named, and who chose it
    """CREATE TABLE naming (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        about TEXT NOT NULL)""",
)


_ADD_CROPS_V4 = tuple(
    # What the box is of, and how sure the detector was: "face 0.93"
    f"ALTER TABLE {table} ADD COLUMN crop TEXT NOT NULL DEFAULT 'whole 1'"
    for table in ("picture_references", "quarantine")
)


def _create_v1(connection: sqlite3.Connection) -> None:
    """Identities, their references (vector, digest, source, box, time), thumbnails, the recipe."""
    for statement in _CREATE_V1:
        connection.execute(statement)


def _add_history_v2(connection: sqlite3.Connection) -> None:
    """Operations, so that the last can be undone; identities that are forgotten, not yet erased."""
    for statement in _ADD_HISTORY_V2:
        connection.execute(statement)


def _add_judgments_v3(connection: sqlite3.Connection) -> None:
    """Strangers, corrections, references in quarantine, the rule that names."""
    for statement in _ADD_JUDGMENTS_V3:
        connection.execute(statement)


def _add_crops_v4(connection: sqlite3.Connection) -> None:
    """Say what part of its picture each reference is of; until now all were whole."""
    for statement in _ADD_CROPS_V4:
        connection.execute(statement)


def tables_of(connection: sqlite3.Connection) -> set[tuple[str, str, str]]:
    """Return type, name and definition of all that a file declares, but for SQLite's own."""
    rows = connection.execute("SELECT type, name, coalesce(sql, '') FROM sqlite_master")
    return {
        (str(kind), str(name), " ".join(str(sql).replace('"', " ").split()))
        for kind, name, sql in rows
        if not str(name).startswith("sqlite_")
    }


@cache
def tables_at(version: int) -> set[tuple[str, str, str]]:
    """Return what `tables_of` is for a gallery of this version."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        for step in UPGRADES[:version]:
            step(connection)
        return tables_of(connection)


UPGRADES = [_create_v1, _add_history_v2, _add_judgments_v3, _add_crops_v4]
VERSION = len(UPGRADES)


def upgrade(connection: sqlite3.Connection, version: int) -> None:
    """Run the steps this file still lacks; the caller holds the transaction."""
    for step in UPGRADES[version:]:
        step(connection)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {VERSION}")
