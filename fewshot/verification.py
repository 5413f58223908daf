"""A gallery comes in; what is wrong with its file goes out, in words. Reads all of it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import numpy as np

from fewshot.digest import file_digest
from fewshot.errors import GalleryDamaged
from fewshot.index import check_vectors
from fewshot.location import index_beside
from fewshot.naming import naming_of
from fewshot.records import parse_box, parse_crop
from fewshot.store import MAX_THUMBNAIL, Store
from fewshot.watch import Watch

MOST = 20
"""How many things of one kind are named."""

_AT_ONCE = 1024


def verify(store: Store, watch: Watch) -> list[str]:
    """Check the database, its references, thumbnails and cached index.

    Returns what is wrong, at most 20 lines a kind; nothing where all is well.
    """
    found: list[str] = []
    checks = (_database, _orphans, _references, _thumbnails, _judgments, _naming, _cached_index)
    for check in checks:
        try:
            with store.reading(), watch.bar(f"verifying{check.__name__.replace('_', ' ')}", 0):
                found += islice(check(store), MOST)
        except GalleryDamaged as error:
            found.append(error.reason)
    return found


def _database(store: Store) -> Iterator[str]:
    for (line,) in store.all(f"PRAGMA integrity_check({MOST})", (str,)):
        if line != "ok":
            yield f"database: {line}"


def _orphans(store: Store) -> Iterator[str]:
    for table, row, parent, _ in store.connection.execute("PRAGMA foreign_key_check"):
        yield f"{table} {row} belongs to nothing in {parent}"
    statement = """SELECT name,
        EXISTS (SELECT 1 FROM picture_references r WHERE r.identity = i.id)
        OR EXISTS (SELECT 1 FROM quarantine q WHERE q.identity = i.id)
        OR EXISTS (SELECT 1 FROM corrections c WHERE c.rejected = i.id) FROM identities i"""
    for name, has_references in store.stream(statement, (str, int)):
        if not has_references:
            yield f"{name} has no references"


def _references(store: Store) -> Iterator[str]:
    yield from _pictures(store, "picture_references", "reference")


def _judgments(store: Store) -> Iterator[str]:
    """Check corrections, strangers and what is in quarantine."""
    yield from _pictures(store, "quarantine", "reference in quarantine")
    for table, what in (("corrections", "correction"), ("strangers", "stranger")):
        yield from _pictures(store, table, what, part="'0 0 0 0', 'whole 1'")
    for table, what in (("corrections", "correction"), ("quarantine", "reference in quarantine")):
        rows = store.stream(
            f"SELECT id, length(thumbnail), hex(substr(thumbnail, 1, 2)) FROM {table}",  # noqa: S608
            (int, int, str),
        )
        for number, size, head in rows:
            if size > MAX_THUMBNAIL or head not in ("FFD8", ""):
                yield f"the thumbnail of {what} {number} is no JPEG, or too large"


def _pictures(store: Store, table: str, what: str, part: str = "box, crop") -> Iterator[str]:
    d = store.recipe.d
    rows = store.stream(
        f"""SELECT id, {part}, length(digest), CASE length(vector) WHEN ? THEN vector ELSE x'' END
            FROM {table}""",  # noqa: S608  tables named in this file
        (int, str, str, int, bytes),
        (4 * d,),
    )
    while some := list(islice(rows, _AT_ONCE)):
        for number, place, crop, digest, vector in some:
            try:
                parse_box(place)
                parse_crop(crop)
                if digest != 32:
                    raise ValueError("its digest is no SHA-256")
                check_vectors(np.frombuffer(vector, "<f4").reshape(1, -1).astype(np.float32), d)
            except ValueError as error:
                yield f"{what} {number}: {error}"


def _thumbnails(store: Store) -> Iterator[str]:
    rows = store.stream(
        "SELECT reference, length(jpeg), hex(substr(jpeg, 1, 2)) FROM thumbnails", (int, int, str)
    )
    for number, size, head in rows:
        if head != "FFD8" or size > MAX_THUMBNAIL:
            yield f"the thumbnail of reference {number} is no JPEG, or too large"


def _naming(store: Store) -> Iterator[str]:
    naming_of(store)  # raises where it cannot be read
    yield from ()


def _cached_index(store: Store) -> Iterator[str]:
    rows = store.all("SELECT sha256 FROM cached_index", (bytes,))
    path = index_beside(store.path)
    try:
        if rows and file_digest(path) != rows[0][0].hex():
            yield f"the index {path.name} is not the one that was built; fewshot index builds it"
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        yield f"the index {path.name} cannot be read ({reason}); fewshot index builds it again"
