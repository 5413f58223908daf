"""What stands in a gallery, as values: nothing comes in, identities and references go out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Identity:
    """A name and how much is known of it."""

    name: str
    references: int
    enrolled_at: str  # its latest reference: ISO 8601, UTC


@dataclass(frozen=True, slots=True)
class Forgotten:
    """Who was forgotten, and whether the bytes are gone from the file too."""

    name: str
    references: int
    erased: bool  # False: they stay for `undo`; after an erasure: until nobody else reads the file


@dataclass(frozen=True, slots=True)
class Brought:
    """What an import or a merge brought."""

    references: int  # how many are new
    already: int  # how many stood under their name before
    names: int  # how many names the new ones are of


@dataclass(frozen=True, slots=True)
class Operation:
    """One command that changed the gallery."""

    id: int
    at: str  # ISO 8601, UTC
    what: str  # "enroll", "rename", "forget", "erase", "import", "merge" or "undo"
    names: tuple[str, ...]  # the first hundred, as they were then; without those erased since
    name_count: int
    references: int  # how many it added or took out
    was: str | None = None  # the name before a rename
    undoes: int | None = None  # the operation that an undo took back
    undone: bool = False


@dataclass(frozen=True, slots=True)
class Reference:
    """One enrolled picture."""

    id: int
    name: str
    source: str  # absolute path of the file it came from, or "<bytes>" ...
    box: tuple[int, int, int, int]  # x, y, width, height of the crop in the whole upright picture
    enrolled_at: str  # ISO 8601, UTC
    digest: str  # SHA-256 of the file, hex
