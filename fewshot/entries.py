"""An export or another gallery comes in; its references go out, each of them checked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np

from fewshot.errors import BadName, FileDamaged, GalleryDamaged
from fewshot.export import FORMAT, VERSION, WITH_CROPS
from fewshot.index import check_vectors
from fewshot.names import clean_name
from fewshot.npz import NpzReader
from fewshot.recipe import Recipe
from fewshot.records import MOST_PIXELS, WHOLE, crop_text, parse_box, parse_crop
from fewshot.row_columns import AT_ONCE
from fewshot.store import MAX_THUMBNAIL, Store
from fewshot.vectors import stacked

MAX_SOURCE = 1 << 16  # bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """A reference on its way from elsewhere, as it is stored."""

    name: str
    digest: bytes
    vector: bytes
    source: str
    box: str
    enrolled_at: str
    thumbnail: bytes
    crop: str = WHOLE


def recipe_of(archive: NpzReader) -> Recipe:
    """Return the recipe of an export; raises FileDamaged where it is none of this version."""
    about = archive.manifest
    if about.get("format") != FORMAT:
        raise FileDamaged(archive.path, "it is no export of a gallery")
    version_of(archive)
    try:
        return Recipe.from_json(json.dumps(about["recipe"]))
    except (KeyError, ValueError) as error:
        raise FileDamaged(archive.path, f"its recipe cannot be read ({error})") from error


def version_of(archive: NpzReader) -> int:
    """Return the version of an export, from 1 to ours; raises FileDamaged for a later one."""
    version = archive.manifest.get("version")
    if not isinstance(version, int) or not 1 <= version <= VERSION:
        raise FileDamaged(archive.path, "a later version of fewshot wrote it; upgrade fewshot")
    return version


def entries_of_archive(archive: NpzReader, d: int) -> tuple[int, Iterator[Entry]]:
    """Return how many references an export has, and yield them, each checked."""
    columns = [
        archive.column("vectors", "<f4", d),
        archive.column("identity", "<i8"),
        archive.column("digests", "u1", 32),
        archive.column("boxes", "<i8", 4),
        archive.column("enrolled_at", "S40"),
        archive.column("sources.ends", "<i8"),
        archive.column("thumbnails.ends", "<i8"),
    ]
    if version_of(archive) >= WITH_CROPS:
        columns.append(archive.column("crops", "S40"))
    counts = {column.shape[0] for column in columns}
    if len(counts) != 1:
        raise FileDamaged(archive.path, "its columns are not of one length")
    (count,) = counts
    return count, _entries(archive, columns, count)


def _entries(archive: NpzReader, columns: list[Any], count: int) -> Iterator[Entry]:
    names = names_of_archive(archive)
    sources = Ragged(archive, "sources", MAX_SOURCE)
    thumbnails = Ragged(archive, "thumbnails", MAX_THUMBNAIL)
    for at in range(0, count, AT_ONCE):
        some = [column.take(min(AT_ONCE, count - at)) for column in columns]
        vectors, identity, digests, boxes, times, source_ends, thumbnail_ends, *rest = some
        try:
            check_vectors(vectors, vectors.shape[1])
            if (
                not ((identity >= 0) & (identity < len(names))).all()
                or ((boxes < 0) | (boxes > MOST_PIXELS)).any()
            ):
                raise ValueError("a name or a box is out of bounds")
            texts = [piece.decode() for piece in sources.take(source_ends)]
            moments = [time.decode("ascii") for time in times.tolist()]
            crops = [_crop(one.decode("ascii")) for one in rest[0].tolist()] if rest else []
        except ValueError as error:
            raise FileDamaged(archive.path, str(error)) from error
        jpegs = thumbnails.take(thumbnail_ends)
        for row in range(len(vectors)):
            yield Entry(
                name=names[identity[row]],
                digest=digests[row].tobytes(),
                vector=vectors[row].tobytes(),
                source=texts[row],
                box=" ".join(str(number) for number in boxes[row].tolist()),
                enrolled_at=moments[row],
                thumbnail=jpegs[row],
                crop=crops[row] if crops else WHOLE,
            )


def names_of_archive(archive: NpzReader) -> list[str]:
    """Return the names that its columns count by; raises FileDamaged."""
    try:
        return [clean_name(name) for name in archive.column("names", "U").all().tolist()]
    except (BadName, ValueError) as error:
        raise FileDamaged(archive.path, str(error)) from error


class Ragged:
    """Reads pieces of any length, one after the other."""

    def __init__(self, archive: NpzReader, name: str, most: int) -> None:
        self._path, self._name, self._most = archive.path, name, most
        self._bytes, self._at = archive.column(name, "u1"), 0

    def take(self, ends: Any) -> list[bytes]:
        """Return the next pieces, which end there; raises FileDamaged."""
        lengths = np.diff(ends, prepend=self._at)
        if (lengths < 0).any() or (lengths > self._most).any():
            raise FileDamaged(self._path, f"a length in {self._name} is out of bounds")
        if not len(ends):
            return []
        data = self._bytes.take(int(ends[-1]) - self._at).tobytes()
        stops, self._at = (ends - self._at).tolist(), int(ends[-1])
        return [data[stop - n : stop] for stop, n in zip(stops, lengths.tolist(), strict=True)]


def entries_of_gallery(other: Store) -> tuple[int, Iterator[Entry]]:
    """Return how many references another gallery has, and yield them, each checked.

    The caller holds `reading`.
    """
    rows = other.stream(
        """SELECT i.name, r.digest, r.vector, r.source, r.box, r.enrolled_at,
                  coalesce(t.jpeg, x''), r.crop
           FROM picture_references r
           JOIN identities i ON i.id = r.identity AND i.forgotten IS NULL
           LEFT JOIN thumbnails t ON t.reference = r.id AND length(t.jpeg) <= ?
           ORDER BY r.id""",
        (str, bytes, bytes, str, str, str, bytes, str),
        (MAX_THUMBNAIL,),
    )
    return other.count(), _checked(other, (Entry(*row) for row in rows))


def _checked(other: Store, entries: Iterator[Entry]) -> Iterator[Entry]:
    """Yield them; raises GalleryDamaged rather than let one in that no gallery should hold."""
    d = other.recipe.d
    while some := list(islice(entries, AT_ONCE)):
        try:
            check_vectors(stacked([one.vector for one in some], d), d)
            for one in some:
                parse_box(one.box)
                if (len(one.vector), len(one.digest)) != (4 * d, 32):
                    raise ValueError("a vector or a digest is of another length")
                if not one.enrolled_at.isascii() or len(one.enrolled_at) > 40:
                    raise ValueError("a time is none")
            some = [replace(one, crop=_crop(one.crop)) for one in some]
        except ValueError as error:
            raise GalleryDamaged(other.path, str(error)) from error
        yield from some


def _crop(text: str) -> str:
    """Return a crop as it is stored, written as we write it; raises ValueError."""
    return crop_text(*parse_crop(text))
