"""A gallery comes in; which pictures may not bear which names goes out. Needs no numpy.

The last word on a picture holds: it is not X, until somebody corrects it again and says it is X.
"""

from __future__ import annotations

import sqlite3

from fewshot.records import Correction
from fewshot.store import Store

_WHEN = "(c.corrected_at || printf(' %019d', c.id))"  # the order of corrections, also of imported

IN_FORCE = f"""
    SELECT x.name AS name, c.digest AS digest, c.id AS correction
    FROM corrections c JOIN identities x ON x.id = c.rejected
    LEFT JOIN (SELECT t.name AS name, c.digest AS digest, max{_WHEN} AS last
               FROM corrections c JOIN identities t ON t.id = c.truth GROUP BY 1, 2) told
      ON told.name = x.name AND told.digest = c.digest
    WHERE told.last IS NULL OR told.last < {_WHEN}"""  # noqa: S608  written in this file
"""Name, digest and correction of each rejection that no later correction took back."""


CARRIED = """
    FROM corrections c JOIN identities x ON x.id = c.rejected
    LEFT JOIN identities t ON t.id = c.truth
        AND t.name IN (SELECT name FROM identities WHERE forgotten IS NULL)
    WHERE x.name IN (SELECT name FROM identities WHERE forgotten IS NULL)
       OR x.forgotten IN (SELECT id FROM operations WHERE what IN ('import', 'merge'))
    ORDER BY c.id"""
"""The corrections that an export or a merge takes along: not those of the forgotten."""


def corrections(store: Store) -> list[Correction]:
    """Return all corrections, oldest first."""
    rows = store.all(
        f"""SELECT c.id, c.source, x.name, coalesce(t.name, ''), c.corrected_at, c.digest,
                   c.id IN (SELECT correction FROM ({IN_FORCE}))
            FROM corrections c JOIN identities x ON x.id = c.rejected
            LEFT JOIN identities t ON t.id = c.truth ORDER BY {_WHEN}""",  # noqa: S608
        (int, str, str, str, str, bytes, int),
    )
    return [
        Correction(number, source, rejected, truth or None, at, digest.hex(), bool(in_force))
        for number, source, rejected, truth, at, digest, in_force in rows
    ]


def is_rejected(store: Store, name: str, digest: bytes) -> bool:
    """Tell whether the picture of this digest may not bear this name."""
    return bool(
        store.all(
            f"SELECT 1 FROM ({IN_FORCE}) WHERE name = ? AND digest = ? LIMIT 1",  # noqa: S608
            (int,),
            (name, digest),
        )
    )


def turn_away(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    """Take out of `arriving` the pictures that may not bear their name; return name and source."""
    where = f"(name, digest) IN (SELECT name, digest FROM ({IN_FORCE}))"  # noqa: S608
    turned = connection.execute(
        f"SELECT name, source FROM arriving WHERE {where} ORDER BY position"  # noqa: S608
    ).fetchall()
    connection.execute(f"DELETE FROM arriving WHERE {where}")  # noqa: S608
    return turned


def misplaced(store: Store) -> dict[int, tuple[int, str]]:
    """Return references that stand under a name their picture may not bear.

    By id; each with its identity and the name.
    """
    rows = store.all(
        f"""SELECT r.id, i.id, i.name FROM ({IN_FORCE}) f
            CROSS JOIN picture_references r ON r.digest = f.digest
            CROSS JOIN identities i
                ON i.id = r.identity AND i.name = f.name AND i.forgotten IS NULL""",  # noqa: S608
        (int, int, str),
    )
    return {number: (identity, name) for number, identity, name in rows}
