"""The truth: identities and references in one SQLite file. Rows go in and out; no vector is read.

Needs neither numpy nor FAISS, so that listing and renaming start at once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fewshot.errors import GalleryDamaged, NameTaken, UnknownName
from fewshot.gallery_file import (
    PATIENCE,
    create_gallery_file,
    open_gallery_file,
    sqlite_errors,
    transaction,
)
from fewshot.names import clean_name
from fewshot.recipe import Recipe
from fewshot.records import Forgotten, Identity, Reference

MAX_THUMBNAIL = 2**20
SCRUB_PATIENCE_MS = 2_000


class Store:
    """An open gallery file."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self.connection = connection
        self.recipe = self._read_recipe()

    @classmethod
    def open(cls, path: Path) -> Store:
        """Open a gallery that is there; raises GalleryMissing and the other gallery errors."""
        return cls._owning(path, open_gallery_file(path))

    @classmethod
    def create(cls, path: Path, recipe: Recipe) -> Store:
        """Make a gallery, or open the one that is there, whatever its recipe."""
        return cls._owning(path, create_gallery_file(path, recipe.to_json()))

    @classmethod
    def _owning(cls, path: Path, connection: sqlite3.Connection) -> Store:
        try:
            return cls(path, connection)
        except BaseException:
            connection.close()
            raise

    def close(self) -> None:
        """Close the file; the last one to do so folds the write-ahead log into it."""
        self.connection.close()

    @property
    def state(self) -> tuple[int, int]:
        """A value that differs whenever anybody has changed the gallery since it was last read."""
        ((version,),) = self._all("PRAGMA data_version", (int,))
        return version, self.connection.total_changes

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Hold one snapshot: whatever others change meanwhile, all reads inside agree."""
        with sqlite_errors(self.path):
            self.connection.execute("BEGIN")
            try:
                yield
            finally:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")  # nothing was written

    def count(self) -> int:
        """Return how many references there are."""
        ((count,),) = self._all("SELECT count(*) FROM picture_references", (int,))
        return int(count)

    def names(self) -> list[str]:
        """Return all names, sorted."""
        return [name for (name,) in self._all("SELECT name FROM identities ORDER BY name", (str,))]

    def identities(self) -> list[Identity]:
        """Return all identities, sorted by name."""
        rows = self._all(
            """SELECT i.name, count(r.id), coalesce(max(r.enrolled_at), '')
               FROM identities i LEFT JOIN picture_references r ON r.identity = i.id
               GROUP BY i.id ORDER BY i.name""",
            (str, int, str),
        )
        return [Identity(*row) for row in rows]

    def references(self, name: str) -> list[Reference]:
        """Return the references of one identity, oldest first; raises UnknownName."""
        name = clean_name(name)
        found = self._references("i.name = ? ORDER BY r.id", (name,))
        if not found:
            raise UnknownName(name, self.names())
        return found

    def references_by_id(self, ids: Iterable[int]) -> dict[int, Reference]:
        """Return those of these references that still exist."""
        wanted = [int(number) for number in ids]
        found: dict[int, Reference] = {}
        for start in range(0, len(wanted), 500):
            some = wanted[start : start + 500]
            marks = ", ".join("?" * len(some))
            found |= {r.id: r for r in self._references(f"r.id IN ({marks})", some)}
        return found

    def names_by_id(self) -> dict[int, str]:
        """Return each identity's id with its name."""
        return dict(self._all("SELECT id, name FROM identities", (int, str)))

    def sharing(self) -> set[tuple[int, int]]:
        """Return the pairs of identities, by id and both ways, that share a picture."""
        rows = self._all(
            """SELECT DISTINCT r.identity, s.identity FROM picture_references r
               JOIN picture_references s ON s.digest = r.digest AND s.identity != r.identity""",
            (int, int),
        )
        return {(one, other) for one, other in rows}

    def vectors(self, after: int = 0) -> Iterator[tuple[int, int, bytes]]:
        """Yield the references with an id above `after`, in the order of ids.

        Each as its id, its identity's id and its vector (d float32, little-endian). Raises
        GalleryDamaged for a vector of another length, which is not loaded.
        """
        with sqlite_errors(self.path):
            rows = self.connection.execute(
                """SELECT id, identity, CASE length(vector) WHEN ? THEN vector END
                   FROM picture_references WHERE id > ? ORDER BY id""",
                (4 * self.recipe.d, after),
            )
            for number, owner, vector in rows:
                if not isinstance(vector, bytes) or not isinstance(owner, int):
                    raise GalleryDamaged(self.path, f"reference {number} has no vector of its d")
                yield number, owner, vector

    def thumbnail(self, reference: int) -> bytes | None:
        """Return a reference's thumbnail, a JPEG of at most 128 pixels a side, or None."""
        rows = self._all(
            "SELECT jpeg FROM thumbnails WHERE reference = ? AND length(jpeg) <= ?",
            (bytes,),
            (reference, MAX_THUMBNAIL),
        )
        return rows[0][0] if rows else None

    def digests(self, name: str) -> set[bytes]:
        """Return the SHA-256 of each picture enrolled under a name."""
        rows = self._all(
            """SELECT digest FROM picture_references r JOIN identities i ON i.id = r.identity
               WHERE i.name = ?""",
            (bytes,),
            (clean_name(name),),
        )
        return {digest for (digest,) in rows}

    def rename(self, old: str, new: str) -> None:
        """Give an identity another name; raises UnknownName, NameTaken or BadName."""
        old, new = clean_name(old), clean_name(new)
        with sqlite_errors(self.path), transaction(self.connection):
            if old not in (names := self.names()):
                raise UnknownName(old, names)
            if new != old and new in names:
                raise NameTaken(new)
            self.connection.execute("UPDATE identities SET name = ? WHERE name = ?", (new, old))

    def forget(self, name: str) -> Forgotten:
        """Erase an identity, its vectors, thumbnails and name; raises UnknownName.

        Deleted bytes are overwritten, the file rebuilt without them and the log folded in. Another
        process that is reading or writing the gallery can put the last two off: then the answer
        says so, and SQLite does it when the last process closes the gallery.
        """
        name = clean_name(name)
        with sqlite_errors(self.path), transaction(self.connection):
            if name not in (names := self.names()):
                raise UnknownName(name, names)
            references = len(self.digests(name))
            self.connection.execute("DELETE FROM identities WHERE name = ?", (name,))
        return Forgotten(name, references, self._scrub())

    def _scrub(self) -> bool:
        """Rebuild the file without what was deleted and fold the log in; False where put off."""
        self.connection.execute(f"PRAGMA busy_timeout = {SCRUB_PATIENCE_MS}")
        try:
            self.connection.execute("VACUUM")
            (busy, *_) = self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return not busy
        except sqlite3.DatabaseError:  # in use elsewhere, no room to rebuild, or damaged
            return False
        finally:
            self.connection.execute(f"PRAGMA busy_timeout = {int(PATIENCE * 1000)}")

    def _read_recipe(self) -> Recipe:
        rows = self._all("SELECT json FROM recipe", (str,))
        try:
            return Recipe.from_json(rows[0][0])
        except (IndexError, ValueError) as error:
            raise GalleryDamaged(self.path, f"its recipe cannot be read ({error})") from error

    def _references(self, where: str, values: Iterable[object]) -> list[Reference]:
        rows = self._all(
            f"""SELECT r.id, i.name, r.source, r.box, r.enrolled_at, r.digest
                FROM picture_references r JOIN identities i ON i.id = r.identity
                WHERE {where}""",  # noqa: S608  `where` is written in this file only
            (int, str, str, str, str, bytes),
            tuple(values),
        )
        try:
            return [
                Reference(number, name, source, _box(box), at, digest.hex())
                for number, name, source, box, at, digest in rows
            ]
        except ValueError as error:
            raise GalleryDamaged(self.path, f"a reference cannot be read ({error})") from error

    def _all(
        self, statement: str, types: tuple[type, ...], values: tuple[object, ...] = ()
    ) -> list[tuple[Any, ...]]:
        """Return all rows; raises GalleryDamaged where a value is not of its column's type."""
        with sqlite_errors(self.path):
            rows = self.connection.execute(statement, values).fetchall()
        for row in rows:
            if tuple(map(type, row)) != types:
                raise GalleryDamaged(self.path, "a value in it is of the wrong type")
        return rows


def _box(text: str) -> tuple[int, int, int, int]:
    x, y, width, height = (int(number) for number in text.split())
    return x, y, width, height
