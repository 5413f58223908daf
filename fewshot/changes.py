"""A name comes in; the store has it renamed, forgotten or erased, or the last change undone.

Each is one transaction and one operation in the log. Enrolling is in `staging`.
"""

from __future__ import annotations

import glob
import sqlite3

from fewshot.errors import CannotUndo, GalleryUnavailable, NameTaken, UnknownName
from fewshot.gallery_file import sqlite_errors, transaction
from fewshot.location import index_beside
from fewshot.names import clean_name
from fewshot.operations import Done, added_by, last_to_undo, record
from fewshot.quarantine import release
from fewshot.records import Forgotten, Operation
from fewshot.store import Store

SCRUB_PATIENCE_MS = 2_000


def rename(store: Store, old: str, new: str) -> None:
    """Give an identity another name; raises UnknownName, NameTaken or BadName."""
    old, new = clean_name(old), clean_name(new)
    with sqlite_errors(store.path), transaction(store.connection):
        identity = store.identity(old)
        if new == old:
            return
        if store.bearer(new) is not None:
            raise NameTaken(new)
        store.connection.execute("UPDATE identities SET name = ? WHERE id = ?", (new, identity))
        record(store, Done("rename", 1, 0), [(identity, new, old)])


def forget(store: Store, name: str) -> Forgotten:
    """Take an identity out of the gallery, at once at any size; raises UnknownName.

    It matches nothing any more, and stays in the file until it is erased, so that `undo` can bring
    it back.
    """
    name = clean_name(name)
    with sqlite_errors(store.path), transaction(store.connection):
        identity = store.identity(name)
        references = store.count(identity)
        operation = record(store, Done("forget", 1, references), [(identity, name, None)])
        store.connection.execute(
            "UPDATE identities SET forgotten = ? WHERE id = ?", (operation, identity)
        )
    return Forgotten(name, references, erased=False)


def erase(store: Store, name: str) -> Forgotten:
    """Erase whoever bears this name, or bore it when forgotten; raises UnknownName.

    Vectors, thumbnails, paths and the name leave the file, what was corrected of the pictures, the
    log of operations and the cached index: deleted bytes are overwritten, the file rebuilt without
    them and SQLite's log folded in. Another process that is using the gallery can put the last two
    off: then the answer says so.
    Neither this nor what was done before it can be undone. A rule with a center goes too.
    """
    name = clean_name(name)
    _delete_index(store)
    with sqlite_errors(store.path), transaction(store.connection):
        rows = store.all("SELECT id FROM identities WHERE name = ?", (int,), (name,))
        bearers = [identity for (identity,) in rows]
        if not bearers and not _is_logged(store, name):
            raise UnknownName(name, store.names())
        references = sum(store.count(identity) for identity in bearers)
        for identity in bearers:
            _delete_judgments(store, identity)
            store.connection.execute("DELETE FROM identities WHERE id = ?", (identity,))
            store.connection.execute(
                "UPDATE operation_names SET name = NULL, was = NULL WHERE identity = ?", (identity,)
            )
        for column in ("name", "was"):
            store.connection.execute(
                f"UPDATE operation_names SET {column} = NULL WHERE {column} = ?",  # noqa: S608
                (name,),
            )
        store.connection.execute("DELETE FROM cached_index")
        store.connection.execute(  # the center of all vectors holds a trace of those who go
            """DELETE FROM naming WHERE about NOT LIKE '%"center": ""%'"""
        )
        touched = [(identity, None, None) for identity in bearers]
        record(store, Done("erase", len(bearers), references), touched)
    return Forgotten(name, references, erased=scrub(store))


def pictures_of(store: Store, name: str) -> list[str]:
    """Return the SHA-256 of the pictures of whoever bears this name, or bore it, hex."""
    statement = """
        SELECT DISTINCT digest FROM picture_references
        WHERE identity IN (SELECT id FROM identities WHERE name = ?)"""
    with sqlite_errors(store.path):
        return [one.hex() for (one,) in store.all(statement, (bytes,), (clean_name(name),))]


def boxed_pictures_of(store: Store, name: str) -> list[str]:
    """Return where the pictures lay of which a part was enrolled under this name, by a box."""
    statement = """
        SELECT DISTINCT source FROM picture_references
        WHERE crop LIKE 'given %' AND identity IN (SELECT id FROM identities WHERE name = ?)"""
    with sqlite_errors(store.path):
        return [one for (one,) in store.all(statement, (str,), (clean_name(name),))]


def undo(store: Store) -> Operation:
    """Take the last operation back that was not undone yet, and return it; raises CannotUndo.

    The references that an enrollment added are deleted.
    """
    with sqlite_errors(store.path), transaction(store.connection):
        last = last_to_undo(store)
        if last is None:
            raise CannotUndo(store.path, "nothing was done to it that is not undone already")
        if last.what not in _UNDO:
            reason = f"the last operation was: {last.what}; nothing before that can be undone"
            raise CannotUndo(store.path, reason)
        _UNDO[last.what](store, last.id)
        record(store, Done("undo", last.name_count, last.references, undoes=last.id))
    return last


def _rename_back(store: Store, operation: int) -> None:
    store.connection.execute(
        """UPDATE identities SET name = (
               SELECT was FROM operation_names o WHERE o.operation = ? AND o.identity = id)
           WHERE id IN (SELECT identity FROM operation_names WHERE operation = ?)""",
        (operation, operation),
    )


def _bring_back(store: Store, operation: int) -> None:
    store.connection.execute(
        "UPDATE identities SET forgotten = NULL WHERE forgotten = ?", (operation,)
    )


def _take_out(store: Store, operation: int) -> None:
    """Take away what an operation brought, and bring back what it put into quarantine."""
    release(store, operation)
    for table in ("corrections", "strangers"):
        store.connection.execute(f"DELETE FROM {table} WHERE operation = ?", (operation,))  # noqa: S608
    store.connection.execute(
        "DELETE FROM picture_references WHERE id BETWEEN ? AND ?", added_by(store, operation)
    )
    store.connection.execute(
        """DELETE FROM identities WHERE id IN (
               SELECT identity FROM operation_names WHERE operation = ?)
           AND NOT EXISTS (SELECT 1 FROM picture_references r WHERE r.identity = identities.id)
           AND NOT EXISTS (SELECT 1 FROM quarantine q WHERE q.identity = identities.id)
           AND NOT EXISTS (SELECT 1 FROM corrections c WHERE c.rejected = identities.id)""",
        (operation,),
    )


_UNDO = {
    "enroll": _take_out,
    "import": _take_out,
    "merge": _take_out,
    "correct": _take_out,
    "quarantine": _take_out,
    "calibrate": _take_out,
    "rename": _rename_back,
    "forget": _bring_back,
}


def _delete_index(store: Store) -> None:
    """Delete the cached index, for it holds traces of the vectors; and what a build left of one."""
    index = index_beside(store.path)
    for path in (index, *index.parent.glob(glob.escape(f".{index.name}.") + "????????")):
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            reason = f"{path.name} cannot be deleted ({error.strerror or error})"
            raise GalleryUnavailable(store.path, reason.lower()) from error


def _delete_judgments(store: Store, identity: int) -> None:
    """Delete what else is kept of somebody's pictures: corrections, also of others' references.

    A reference in quarantine cannot come back any more; whose only one it was is gone with it.
    What was said of the name itself goes with the identity.
    """
    ask = store.connection.execute
    digests = ask(
        """SELECT digest FROM picture_references WHERE identity = :identity
           UNION SELECT digest FROM corrections WHERE truth = :identity
           UNION SELECT q.digest FROM quarantine q
               JOIN operations o ON o.id = q.operation AND o.what = 'quarantine'
               WHERE q.identity = :identity""",
        {"identity": identity},
    ).fetchall()
    others = set()
    for digest in digests:
        others |= set(ask("SELECT identity FROM quarantine WHERE digest = ?", digest))
        for table in ("quarantine", "strangers", "corrections"):
            ask(f"DELETE FROM {table} WHERE digest = ?", digest)  # noqa: S608
    for other in others:
        ask(
            """DELETE FROM identities WHERE id = ?
               AND NOT EXISTS (SELECT 1 FROM picture_references r WHERE r.identity = identities.id)
               AND NOT EXISTS (SELECT 1 FROM quarantine q WHERE q.identity = identities.id)
               AND NOT EXISTS (SELECT 1 FROM corrections c WHERE c.rejected = identities.id)""",
            other,
        )


def _is_logged(store: Store, name: str) -> bool:
    return bool(
        store.all(
            "SELECT 1 FROM operation_names WHERE name = ? OR was = ? LIMIT 1", (int,), (name, name)
        )
    )


def scrub(store: Store) -> bool:
    """Rebuild the file without what was deleted and fold the log in; False where put off."""
    (patience,) = store.connection.execute("PRAGMA busy_timeout").fetchone()
    store.connection.execute(f"PRAGMA busy_timeout = {SCRUB_PATIENCE_MS}")
    try:
        store.connection.execute("VACUUM")
        (busy, *_) = store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy
    except sqlite3.DatabaseError:  # in use elsewhere, no room to rebuild, or damaged
        return False
    finally:
        store.connection.execute(f"PRAGMA busy_timeout = {patience}")
