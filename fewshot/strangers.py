"""Pictures of nobody enrolled come in; the store keeps their vectors, and arrays of them go out.

A stranger is never named; only how near it comes is asked. Its thumbnail is not kept. A picture
that is enrolled is no stranger, as long as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from fewshot.changes import scrub
from fewshot.errors import GalleryDamaged
from fewshot.gallery_file import sqlite_errors, transaction
from fewshot.index import check_vectors
from fewshot.names import storable
from fewshot.operations import Done, record
from fewshot.records import Forgotten
from fewshot.standing import Strangers
from fewshot.store import LIVE, Store
from fewshot.vectors import stacked

MOST_STRANGERS = 100_000
"""How many pictures of strangers a gallery keeps."""

_NOBODY = f"digest NOT IN (SELECT digest FROM picture_references r WHERE {LIVE})"  # noqa: S608


@dataclass(frozen=True, slots=True)
class Stranger:
    """A picture of nobody enrolled."""

    block: str  # whose it is: pictures of one block belong together
    digest: bytes
    vector: bytes
    source: str


def add_strangers(store: Store, strangers: Iterable[Stranger]) -> int:
    """Keep strangers, in one operation; return how many are new.

    Each picture counts once; one that is enrolled is none.
    """
    with sqlite_errors(store.path), transaction(store.connection):
        ((before,),) = store.all("SELECT coalesce(max(id), 0) FROM strangers", (int,))
        operation = record(store, Done("calibrate", 0, 0))
        store.connection.executemany(
            """INSERT OR IGNORE INTO strangers (operation, block, digest, vector, source)
               VALUES (?, ?, ?, ?, ?)""",
            (
                (operation, storable(one.block), one.digest, one.vector, storable(one.source))
                for one in strangers
            ),
        )
        store.connection.execute(
            f"""DELETE FROM strangers WHERE id > ? AND NOT {_NOBODY}
                OR id IN (SELECT id FROM strangers ORDER BY id LIMIT -1 OFFSET ?)""",  # noqa: S608
            (before, MOST_STRANGERS),
        )
        ((added,),) = store.all("SELECT count(*) FROM strangers WHERE id > ?", (int,), (before,))
        if added:
            store.connection.execute(
                "UPDATE operations SET pictures = ? WHERE id = ?", (added, operation)
            )
        else:
            store.connection.execute("DELETE FROM operations WHERE id = ?", (operation,))
    return int(added)


def erase_strangers(store: Store) -> Forgotten:
    """Erase all strangers from the file, as `changes.erase` does a name; not to be undone."""
    with sqlite_errors(store.path), transaction(store.connection):
        count = store.connection.execute("DELETE FROM strangers").rowcount
        if count:
            record(store, Done("erase", 0, count))
    return Forgotten("", count, erased=scrub(store))


def strangers_kept(store: Store) -> tuple[int, ...]:
    """Return the ids of the strangers there are."""
    statement = f"SELECT id FROM strangers WHERE {_NOBODY} ORDER BY id"  # noqa: S608
    return tuple(number for (number,) in store.all(statement, (int,)))


def read_strangers(store: Store) -> Strangers:
    """Return the strangers kept; raises GalleryDamaged."""
    d = store.recipe.d
    rows = store.all(
        f"""SELECT block, CASE length(vector) WHEN ? THEN vector ELSE x'' END FROM strangers
            WHERE {_NOBODY} ORDER BY id LIMIT ?""",  # noqa: S608  written in this file
        (str, bytes),
        (4 * d, MOST_STRANGERS),
    )
    try:
        vectors = stacked([vector for _, vector in rows], d)
        check_vectors(vectors, d)
    except ValueError as error:
        raise GalleryDamaged(store.path, f"a stranger has no vector ({error})") from error
    number: dict[str, int] = {}
    blocks = [number.setdefault(block, len(number)) for block, _ in rows]
    return Strangers(vectors, np.array(blocks, np.int64))
