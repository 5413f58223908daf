"""A gallery file of any older version comes in; one of this version goes out.

Numbered by position, appended to, never edited: together they are the history of the format.
Each step runs in the transaction that also records its number in `user_version`.
"""

from __future__ import annotations

import sqlite3

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


def _create_v1(connection: sqlite3.Connection) -> None:
    """Identities, their references (vector, digest, source, box, time), thumbnails, the recipe."""
    for statement in _CREATE_V1:
        connection.execute(statement)


UPGRADES = [_create_v1]
VERSION = len(UPGRADES)


def upgrade(connection: sqlite3.Connection, version: int) -> None:
    """Run the steps this file still lacks; the caller holds the transaction."""
    for step in UPGRADES[version:]:
        step(connection)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {VERSION}")
