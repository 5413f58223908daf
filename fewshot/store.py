"""The truth: identities and references in one SQLite file. A question comes in, rows go out.

Needs neither numpy nor FAISS, so that listing and renaming start at once. What changes the rows
is in `staging` (enrolling) and `changes`. A forgotten identity is not there, though it may still
stand in the file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fewshot.errors import GalleryDamaged, UnknownName
from fewshot.gallery_file import create_gallery_file, open_gallery_file, sqlite_errors
from fewshot.names import clean_name
from fewshot.recipe import Recipe
from fewshot.records import Identity, Reference, parse_box, parse_crop

MAX_THUMBNAIL = 2**20
_NAMES = "SELECT id, name FROM identities WHERE forgotten IS NULL"
# which references r are of nobody forgotten
LIVE = "r.identity NOT IN (SELECT id FROM identities WHERE forgotten IS NOT NULL)"

_COUNT = "SELECT count(*) FROM picture_references r"

LAST = 2**63 - 1
"""No id is higher."""

_AT_ONCE = 500


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
        ((version,),) = self.all("PRAGMA data_version", (int,))
        return version, self.connection.total_changes

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Hold one snapshot: whatever others change meanwhile, all reads inside agree."""
        if self.connection.in_transaction:
            yield
            return
        with sqlite_errors(self.path):
            self.connection.execute("BEGIN")
            try:
                yield
            finally:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")  # nothing was written

    def count(self, identity: int | None = None) -> int:
        """Return how many references there are, or how many an identity has."""
        if identity is None:
            rows = self.all(f"{_COUNT} WHERE {LIVE}", (int,))
        else:
            rows = self.all(f"{_COUNT} WHERE identity = ?", (int,), (identity,))
        return int(rows[0][0])

    def is_empty(self) -> bool:
        """Tell whether nobody is enrolled."""
        return not self.all("SELECT 1 FROM identities WHERE forgotten IS NULL LIMIT 1", (int,))

    def names(self) -> list[str]:
        """Return all names, sorted."""
        statement = "SELECT name FROM identities WHERE forgotten IS NULL ORDER BY name"
        return [name for (name,) in self.all(statement, (str,))]

    def bearer(self, name: str) -> int | None:
        """Return the id of who bears a name, or None."""
        rows = self.all(f"{_NAMES} AND name = ?", (int, str), (clean_name(name),))
        return rows[0][0] if rows else None

    def identity(self, name: str) -> int:
        """Return the id of who bears a name; raises UnknownName."""
        if (bearer := self.bearer(name)) is None:
            raise UnknownName(clean_name(name), self.names())
        return bearer

    def identities(self) -> list[Identity]:
        """Return all identities, sorted by name."""
        rows = self.all(
            """SELECT i.name, count(r.id), coalesce(max(r.enrolled_at), '')
               FROM identities i LEFT JOIN picture_references r ON r.identity = i.id
               WHERE i.forgotten IS NULL GROUP BY i.id ORDER BY i.name""",
            (str, int, str),
        )
        return [Identity(*row) for row in rows]

    def references(self, name: str) -> list[Reference]:
        """Return the references of one identity, oldest first; raises UnknownName."""
        return self._references("i.id = ? ORDER BY r.id", (self.identity(name),))

    def references_by_id(self, ids: Iterable[int]) -> dict[int, Reference]:
        """Return those of these references that still exist."""
        found: dict[int, Reference] = {}
        for some in chunks(ids):
            found |= {one.id: one for one in self._references(among("r.id", some), some)}
        return found

    def names_of(self, identities: Iterable[int]) -> dict[int, str]:
        """Return those of these identities that are there, each id with its name."""
        found: dict[int, str] = {}
        for some in chunks(identities):
            found |= dict(self.all(f"{_NAMES} AND {among('id', some)}", (int, str), some))
        return found

    def vectors(
        self, *, after: int = 0, until: int = LAST, of: int | None = None
    ) -> Iterator[tuple[int, int, bytes]]:
        """Yield the references with an id above `after` and up to `until`, in the order of ids.

        of: only those of this identity. Each as its id, its identity's id and its vector (d
        float32, little-endian). Raises GalleryDamaged for a vector of another length.
        """
        whose = "" if of is None else f"AND r.identity = {int(of)}"
        with sqlite_errors(self.path):
            rows = self.connection.execute(
                f"""SELECT id, identity, CASE length(vector) WHEN ? THEN vector END
                    FROM picture_references r
                    WHERE id > ? AND id <= ? {whose} AND {LIVE} ORDER BY id""",  # noqa: S608
                (4 * self.recipe.d, after, until),
            )
            for number, owner, vector in rows:
                if not isinstance(vector, bytes) or not isinstance(owner, int):
                    raise GalleryDamaged(self.path, f"reference {number} has no vector of its d")
                yield number, owner, vector

    def thumbnail(self, reference: int) -> bytes | None:
        """Return a reference's thumbnail, a JPEG of at most 128 pixels a side, or None."""
        rows = self.all(
            "SELECT jpeg FROM thumbnails WHERE reference = ? AND length(jpeg) <= ?",
            (bytes,),
            (reference, MAX_THUMBNAIL),
        )
        return rows[0][0] if rows else None

    def digests(self, name: str) -> set[bytes]:
        """Return the SHA-256 of each picture enrolled under a name."""
        rows = self.all(
            """SELECT digest FROM picture_references r JOIN identities i ON i.id = r.identity
               WHERE i.name = ? AND i.forgotten IS NULL""",
            (bytes,),
            (clean_name(name),),
        )
        return {digest for (digest,) in rows}

    def _read_recipe(self) -> Recipe:
        rows = self.all("SELECT json FROM recipe", (str,))
        try:
            return Recipe.from_json(rows[0][0])
        except (IndexError, ValueError) as error:
            raise GalleryDamaged(self.path, f"its recipe cannot be read ({error})") from error

    def _references(self, where: str, values: Iterable[object]) -> list[Reference]:
        rows = self.all(
            f"""SELECT r.id, i.name, r.source, r.box, r.enrolled_at, r.digest, r.crop
                FROM picture_references r JOIN identities i ON i.id = r.identity
                WHERE i.forgotten IS NULL AND {where}""",  # noqa: S608  `where` is written in this file only
            (int, str, str, str, str, bytes, str),
            tuple(values),
        )
        try:
            return [
                Reference(number, name, source, parse_box(box), at, digest.hex(), *parse_crop(crop))
                for number, name, source, box, at, digest, crop in rows
            ]
        except ValueError as error:
            raise GalleryDamaged(self.path, f"a reference cannot be read ({error})") from error

    def all(
        self, statement: str, types: tuple[type, ...], values: tuple[object, ...] = ()
    ) -> list[tuple[Any, ...]]:
        """Return all rows; raises GalleryDamaged where a value is not of its column's type."""
        return list(self.stream(statement, types, values))

    def stream(
        self, statement: str, types: tuple[type, ...], values: tuple[object, ...] = ()
    ) -> Iterator[tuple[Any, ...]]:
        """Yield rows as they are read; raises GalleryDamaged as `all` does."""
        with sqlite_errors(self.path):
            for row in self.connection.execute(statement, values):
                if tuple(map(type, row)) != types:
                    raise GalleryDamaged(self.path, "a value in it is of the wrong type")
                yield row


def chunks(values: Iterable[int]) -> Iterator[tuple[int, ...]]:
    """Yield values by the 500: SQLite has a bound on how many a statement names."""
    wanted = tuple(int(value) for value in values)
    return (wanted[start : start + _AT_ONCE] for start in range(0, len(wanted), _AT_ONCE))


def among(column: str, values: tuple[int, ...]) -> str:
    """Return the condition that a column holds one of so many values."""
    return f"{column} IN ({', '.join('?' * len(values))})"
