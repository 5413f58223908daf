"""An embedded picture comes in, with the names it is not of; the store holds that, for good."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from fewshot.errors import CannotCorrect, UnknownName
from fewshot.gallery_file import sqlite_errors, transaction
from fewshot.names import clean_name, storable
from fewshot.operations import Done, now, record
from fewshot.quarantine import confine
from fewshot.records import WHOLE, Corrected
from fewshot.rejections import is_rejected
from fewshot.store import Store


@dataclass(frozen=True, slots=True)
class Shown:
    """The picture that is corrected, as a reference is stored."""

    digest: bytes  # SHA-256 of its file, 32 bytes
    vector: bytes  # d float32, little-endian, of length 1
    source: str
    box: str  # x, y, width, height
    thumbnail: bytes  # JPEG, at most 128 pixels a side
    crop: str = WHOLE  # what the box is of, as `records.crop_text` writes it


def correct(
    store: Store, picture: Shown, *, rejected: Sequence[str], truth: str | None = None
) -> Corrected:
    """Write down that a picture is not of these names, and of whom it is, in one operation.

    Where the very file is enrolled under one of them, those references are put out of use. With
    `truth` it is enrolled under that name. The rejected names hold as names: also when theirs is
    forgotten and given again. What is written down already is not written again.
    rejected: at least one name. Raises UnknownName where nobody bears one of them, nor bore it
    when forgotten; CannotCorrect where truth is one of them, or was rejected and cannot be taken
    back; BadName.
    """
    names = tuple(dict.fromkeys(clean_name(name) for name in rejected))
    truth = None if truth is None else clean_name(truth)
    if not names:
        raise ValueError("a correction rejects at least one name")
    if truth in names:
        raise CannotCorrect(picture.source, f"it cannot be {truth} and not {truth} at once")
    with sqlite_errors(store.path), transaction(store.connection):
        return _correct(store, picture, names, truth)


def _correct(store: Store, picture: Shown, names: tuple[str, ...], truth: str | None) -> Corrected:
    touched = {_bearer(store, name): name for name in names}
    new = [one for one, name in touched.items() if not is_rejected(store, name, picture.digest)]
    wrong = [number for one in touched for number in _standing(store, one, picture.digest)]
    new_name = truth is not None and store.bearer(truth) is None
    identity = None if truth is None else _bearer_or_new(store, truth)
    missing = identity is not None and not _standing(store, identity, picture.digest)
    if not (new or wrong or missing):
        return Corrected(picture.source, names, truth, added=0, confined=0, already=True)
    first = _enroll(store, picture, identity) if identity is not None and missing else None
    if identity is not None and truth is not None:
        touched[identity] = truth
    operation = record(
        store,
        Done("correct", len(touched), len(wrong) + missing, first, first),
        ((one, name, None) for one, name in touched.items()),
    )
    confine(store, wrong, operation)
    for one in new:
        _write_down(store, picture, operation, one, identity)
    if truth is not None and is_rejected(store, truth, picture.digest):
        raise CannotCorrect(picture.source, f"it was corrected before: not {truth}; {_UNDO}")
    return Corrected(
        picture.source,
        names,
        truth,
        int(missing),
        len(wrong),
        already=False,
        new_name=new_name,
        elsewhere=_elsewhere(store, picture.digest, identity) if identity is not None else (),
    )


def _elsewhere(store: Store, digest: bytes, identity: int) -> tuple[str, ...]:
    """Return the other names that a picture is enrolled under."""
    rows = store.all(
        """SELECT DISTINCT i.name FROM picture_references r
           JOIN identities i ON i.id = r.identity AND i.forgotten IS NULL
           WHERE r.digest = ? AND i.id != ? ORDER BY i.name""",
        (str,),
        (digest, identity),
    )
    return tuple(name for (name,) in rows)


_UNDO = "fewshot undo takes the last correction back"


def _bearer(store: Store, name: str) -> int:
    """Return the id of who bears a name, else of who bore it last; raises UnknownName."""
    rows = store.all(
        """SELECT id FROM identities WHERE name = ?
           ORDER BY forgotten IS NULL DESC, id DESC LIMIT 1""",
        (int,),
        (name,),
    )
    if not rows:
        raise UnknownName(name, store.names())
    return int(rows[0][0])


def _bearer_or_new(store: Store, name: str) -> int:
    if (bearer := store.bearer(name)) is not None:
        return bearer
    made = store.connection.execute("INSERT INTO identities (name) VALUES (?)", (name,))
    return int(made.lastrowid or 0)


def _standing(store: Store, identity: int, digest: bytes) -> list[int]:
    """Return the references of an identity that are this picture; none where it is forgotten."""
    rows = store.all(
        """SELECT r.id FROM picture_references r
           JOIN identities i ON i.id = r.identity AND i.forgotten IS NULL
           WHERE r.digest = ? AND r.identity = ?""",
        (int,),
        (digest, identity),
    )
    return [number for (number,) in rows]


def _enroll(store: Store, picture: Shown, identity: int) -> int:
    made = store.connection.execute(
        """INSERT INTO picture_references
               (identity, digest, vector, source, box, enrolled_at, crop)
           VALUES (?, ?, ?, ?, ?, ?, ?)""",
        (
            *(identity, picture.digest, picture.vector, storable(picture.source)),
            *(picture.box, now(), picture.crop),
        ),
    )
    number = int(made.lastrowid or 0)
    store.connection.execute("INSERT INTO thumbnails VALUES (?, ?)", (number, picture.thumbnail))
    return number


def _write_down(
    store: Store, picture: Shown, operation: int, rejected: int, truth: int | None
) -> None:
    try:
        store.connection.execute(
            """INSERT INTO corrections
                   (operation, rejected, truth, digest, vector, source, thumbnail, corrected_at)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
            (
                *(operation, rejected, truth, picture.digest, picture.vector),
                *(storable(picture.source), picture.thumbnail, now()),
            ),
        )
    except sqlite3.IntegrityError as error:  # it was rejected once, and that was taken back
        name = store.all("SELECT name FROM identities WHERE id = ?", (str,), (rejected,))[0][0]
        reason = f"it was corrected to be {name} after all; {_UNDO}"
        raise CannotCorrect(picture.source, reason) from error
