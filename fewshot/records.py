"""What stands in a gallery, as values: nothing comes in, identities and references go out."""

from __future__ import annotations

from dataclasses import dataclass

MOST_PIXELS = 1 << 31
"""What no side of a picture exceeds."""


KINDS = ("whole", "center", "given", "face", "anime-face", "file")
"""What a crop may be of."""

_LONGEST = 40  # characters of a crop as it is stored

WHOLE = "whole 1"
"""A crop as it is stored, of all references of galleries before version 4."""


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
    corrections: int = 0  # how many corrections are new
    strangers: int = 0  # how many pictures of nobody enrolled are new
    corrected: int = 0  # references passed over or put out of use: they are not of that name


@dataclass(frozen=True, slots=True)
class CachedIndex:
    """An approximate index, as it was when it was built."""

    kind: str  # in FAISS's words
    references: int  # how many it held
    recall: float  # share of the ten nearest of each query that it found, in [0, 1]
    recall_interval: tuple[float, float]  # 95 %
    queries: int  # how many were asked
    built_at: str  # ISO 8601, UTC


@dataclass(frozen=True, slots=True)
class GalleryInfo:
    """What a gallery is, in figures."""

    path: str
    bytes: int  # of the file and of SQLite's log beside it
    version: int  # of the file's format
    names: int
    references: int
    forgotten_names: int  # taken out and not erased: still in the file
    forgotten_references: int
    corrections: int  # pictures that do not get a name again, each with each such name
    confined: int  # references out of use, because of a correction or a mislabeling
    strangers: int  # pictures of nobody enrolled that rates rest on
    rule: str  # by which names are scored, as `fewshot.rules` writes it
    rule_chosen_by: str  # "default", "gallery", "user"; "" where that cannot be read
    recipe: str
    d: int  # how many numbers a vector has
    index: CachedIndex | None  # None: the search is exact
    last: Operation | None


@dataclass(frozen=True, slots=True)
class Operation:
    """One command that changed the gallery."""

    id: int
    at: str  # ISO 8601, UTC
    what: str  # "enroll", "correct", "rename", "forget", "erase", "import", "merge", "undo" ...
    names: tuple[str, ...]  # the first hundred, as they were then; without those erased since
    name_count: int
    references: int  # how many it added or took out
    was: str | None = None  # the name before a rename
    undoes: int | None = None  # the operation that an undo took back
    undone: bool = False


@dataclass(frozen=True, slots=True)
class Corrected:
    """What became of a correction."""

    source: str  # the picture, as given
    rejected: tuple[str, ...]  # the names that it does not get again
    truth: str | None  # the name it was given instead
    added: int  # references that are new under that name: 0 or 1
    confined: int  # references put out of use because they stood under a rejected name
    already: bool  # all of this was known before, and nothing was changed
    new_name: bool = False  # nobody had borne the name it was given
    elsewhere: tuple[str, ...] = ()  # other names that the very picture is enrolled under too
    box: tuple[int, ...] = ()  # the part that was meant: x, y, width, height
    crops: int = 1  # how many faces are in the picture; the largest was meant


@dataclass(frozen=True, slots=True)
class Correction:
    """A picture and a name that it does not get again."""

    id: int
    source: str  # absolute path of the picture, or "<bytes>" ...
    rejected: str
    truth: str | None  # the name it was given instead
    corrected_at: str  # ISO 8601, UTC
    digest: str  # SHA-256 of the picture's file, hex
    in_force: bool  # False: a later correction gave the picture this name after all


@dataclass(frozen=True, slots=True)
class Reference:
    """One enrolled picture."""

    id: int
    name: str
    source: str  # absolute path of the file it came from, or "<bytes>" ...
    box: tuple[int, int, int, int]  # x, y, width, height of the crop in the whole upright picture
    enrolled_at: str  # ISO 8601, UTC
    digest: str  # SHA-256 of the file, hex; of that and the box, where a box was given
    kind: str = "whole"  # what the crop is of: "whole", "center", "given", "face", "anime-face" ...
    score: float = 1.0  # how sure the detector was, in [0, 1]


def crop_text(kind: str, score: float) -> str:
    """Return a crop's kind and score as they are stored."""
    return f"{kind} {score:.4g}"


def parse_crop(text: str) -> tuple[str, float]:
    """Read a crop's kind and score as they are stored; raises ValueError."""
    if len(text) > _LONGEST:
        raise ValueError("a crop's kind or score is too long")
    kind, score = text.split(" ")
    if kind not in KINDS or not 0.0 <= float(score) <= 1.0:
        raise ValueError("a crop's kind or score is none")
    return kind, float(score)


def parse_box(text: str) -> tuple[int, int, int, int]:
    """Read a box as it is stored: x, y, width, height; raises ValueError."""
    x, y, width, height = (int(number) for number in text.split())
    if not all(0 <= number <= MOST_PIXELS for number in (x, y, width, height)):
        raise ValueError("a box is out of bounds")
    return x, y, width, height
