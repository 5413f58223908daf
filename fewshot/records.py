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
    """What was forgotten, and whether its bytes are gone from the file already."""

    name: str
    references: int
    erased: bool  # False: the gallery is in use elsewhere or cannot be rebuilt now


@dataclass(frozen=True, slots=True)
class Reference:
    """One enrolled picture."""

    id: int
    name: str
    source: str  # absolute path of the file it came from, or "<bytes>" ...
    box: tuple[int, int, int, int]  # x, y, width, height of the crop in the whole upright picture
    enrolled_at: str  # ISO 8601, UTC
    digest: str  # SHA-256 of the file, hex
