"""The log of what was done to a gallery: one operation a command, for `history` and `undo`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timezone

from fewshot.records import Operation
from fewshot.store import Store

MOST_NAMES = 100
"""How many names of an operation are listed."""


@dataclass(frozen=True, slots=True)
class Done:
    """What an operation did, to be written down."""

    what: str
    names: int
    pictures: int
    first: int | None = None  # ids of the references it added: they follow one another,
    last: int | None = None  # for nobody else writes meanwhile
    undoes: int | None = None


def now() -> str:
    """Return the time as it is kept: ISO 8601, UTC, to the second."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def record(
    store: Store, done: Done, touched: Iterable[tuple[int, str | None, str | None]] = ()
) -> int:
    """Write an operation down, in the transaction that the caller holds; return its id.

    touched: the identities it was about: each its id, its name, and the name it had before.
    """
    cursor = store.connection.execute(
        "INSERT INTO operations (at, what, names, pictures, first, last, undoes)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (now(), done.what, done.names, done.pictures, done.first, done.last, done.undoes),
    )
    number = int(cursor.lastrowid or 0)
    store.connection.executemany(
        "INSERT INTO operation_names VALUES (?, ?, ?, ?)", ((number, *one) for one in touched)
    )
    return number


def history(store: Store, most: int | None = None) -> list[Operation]:
    """Return what was done, the latest first; at most so many operations."""
    return _read(store, "1 = 1", -1 if most is None else most)


def last_to_undo(store: Store) -> Operation | None:
    """Return the last operation that neither is an undo nor was undone."""
    found = _read(store, "what != 'undo' AND NOT undone", 1)
    return found[0] if found else None


def added_by(store: Store, operation: int) -> tuple[int, int]:
    """Return the ids of the first and the last reference an operation added; 0, -1 for none."""
    ((first, last),) = store.all(
        "SELECT coalesce(first, 0), coalesce(last, -1) FROM operations WHERE id = ?",
        (int, int),
        (operation,),
    )
    return first, last


def last_operation(store: Store) -> int:
    """Return the id of the last operation; 0 where there was none."""
    ((number,),) = store.all("SELECT coalesce(max(id), 0) FROM operations", (int,))
    return int(number)


def erased_since(store: Store, operation: int) -> bool:
    """Tell whether somebody was erased after this operation."""
    statement = "SELECT 1 FROM operations WHERE id > ? AND what = 'erase' LIMIT 1"
    return bool(store.all(statement, (int,), (operation,)))


def touched_since(store: Store, operation: int, *, most: int) -> list[int]:
    """Return the identities that operations after this one touched otherwise than by enrolling.

    An import may have put references out of use too.
    At most one more than `most`.
    """
    rows = store.all(
        """SELECT DISTINCT n.identity FROM operations o
           JOIN operation_names n ON n.operation = coalesce(o.undoes, o.id)
           WHERE o.id > ? AND (o.what NOT IN ('enroll', 'import', 'merge', 'rename')
               OR o.id IN (SELECT operation FROM quarantine)) LIMIT ?""",
        (int,),
        (operation, most + 1),
    )
    return [identity for (identity,) in rows]


def _read(store: Store, where: str, most: int) -> list[Operation]:
    with store.reading():
        rows = store.all(
            f"""SELECT * FROM (
                    SELECT o.id, o.at, o.what, o.names, o.pictures, coalesce(o.undoes, 0),
                           EXISTS (SELECT 1 FROM operations u WHERE u.undoes = o.id) AS undone
                    FROM operations o)
                WHERE {where} ORDER BY id DESC LIMIT ?""",  # noqa: S608  written in this file
            (int, str, str, int, int, int, int),
            (most,),
        )
        return [
            Operation(
                id=number,
                at=at,
                what=what,
                names=_names(store, "name", undoes or number, MOST_NAMES),
                name_count=names,
                references=pictures,
                was=next(iter(_names(store, "was", undoes or number, 1)), None),
                undoes=undoes or None,
                undone=bool(undone),
            )
            for number, at, what, names, pictures, undoes, undone in rows
        ]


def _names(store: Store, column: str, operation: int, most: int) -> tuple[str, ...]:
    rows = store.all(
        f"""SELECT {column} FROM operation_names WHERE operation = ? AND {column} IS NOT NULL
            ORDER BY identity LIMIT ?""",  # noqa: S608  a column named in this file
        (str,),
        (operation, most),
    )
    return tuple(name for (name,) in rows)
