"""An export or another gallery comes in; its corrections and strangers go out, each checked."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, TypeAlias

from fewshot.arrivals import ArrivingCorrection, ArrivingStranger
from fewshot.entries import MAX_SOURCE, Ragged, names_of_archive, version_of
from fewshot.errors import BadName, FileDamaged, GalleryDamaged
from fewshot.index import check_vectors
from fewshot.names import clean_name
from fewshot.npz import NpzReader
from fewshot.rejections import CARRIED
from fewshot.row_columns import AT_ONCE
from fewshot.store import MAX_THUMBNAIL, Store
from fewshot.vectors import stacked

Judgment: TypeAlias = ArrivingCorrection | ArrivingStranger


def judgments_of_archive(archive: NpzReader, d: int) -> Iterator[Judgment]:
    """Yield the corrections and strangers of an export; raises FileDamaged.

    One of version 1 has none.
    """
    if version_of(archive) > 1:
        yield from _corrections(archive, d)
        yield from _strangers(archive, d)


def _corrections(archive: NpzReader, d: int) -> Iterator[ArrivingCorrection]:
    names = names_of_archive(archive)
    columns = [
        archive.column("corrections.vectors", "<f4", d),
        archive.column("corrections.digests", "u1", 32),
        archive.column("corrections.rejected", "<i8"),
        archive.column("corrections.truth", "<i8"),
        archive.column("corrections.corrected_at", "S40"),
    ]
    texts = (("corrections.sources", MAX_SOURCE), ("corrections.thumbnails", MAX_THUMBNAIL))
    for (vectors, digests, rejected, truth, times), (sources, jpegs) in _blocks(
        archive, columns, texts
    ):
        try:
            check_vectors(vectors, d)
            known = (rejected >= 0) & (rejected < len(names)) & (truth >= -1) & (truth < len(names))
            if not known.all():
                raise ValueError("a name is out of bounds")
            paths = [piece.decode() for piece in sources]
            moments = [time.decode("ascii") for time in times.tolist()]
        except ValueError as error:
            raise FileDamaged(archive.path, str(error)) from error
        for row in range(len(vectors)):
            yield ArrivingCorrection(
                rejected=names[rejected[row]],
                truth=names[truth[row]] if truth[row] >= 0 else None,
                digest=digests[row].tobytes(),
                vector=vectors[row].tobytes(),
                source=paths[row],
                thumbnail=jpegs[row],
                corrected_at=moments[row],
            )


def _strangers(archive: NpzReader, d: int) -> Iterator[ArrivingStranger]:
    columns = [
        archive.column("strangers.vectors", "<f4", d),
        archive.column("strangers.digests", "u1", 32),
    ]
    texts = (("strangers.sources", MAX_SOURCE), ("strangers.blocks", MAX_SOURCE))
    for (vectors, digests), (sources, blocks) in _blocks(archive, columns, texts):
        try:
            check_vectors(vectors, d)
            pairs = [(one.decode(), other.decode()) for one, other in zip(blocks, sources)]  # noqa: B905  _blocks has seen to it
        except ValueError as error:
            raise FileDamaged(archive.path, str(error)) from error
        for row, (block, source) in enumerate(pairs):
            yield ArrivingStranger(block, digests[row].tobytes(), vectors[row].tobytes(), source)


def _blocks(
    archive: NpzReader, columns: list[Any], texts: tuple[tuple[str, int], ...]
) -> Iterator[tuple[list[Any], list[list[bytes]]]]:
    """Yield rows of some columns, and of pieces of any length, a few thousand at a time."""
    ends = [archive.column(f"{name}.ends", "<i8") for name, _ in texts]
    counts = {column.shape[0] for column in (*columns, *ends)}
    if len(counts) != 1:
        raise FileDamaged(archive.path, "its columns are not of one length")
    (count,) = counts
    pieces = [Ragged(archive, name, most) for name, most in texts]
    for at in range(0, count, AT_ONCE):
        some = min(AT_ONCE, count - at)
        yield (
            [column.take(some) for column in columns],
            [one.take(end.take(some)) for one, end in zip(pieces, ends, strict=True)],
        )


def judgments_of_gallery(other: Store) -> Iterator[Judgment]:
    """Yield the corrections and strangers of another gallery; raises GalleryDamaged.

    The caller holds `reading`.
    """
    corrections = other.stream(
        f"""SELECT x.name, coalesce(t.name, ''), c.digest, c.vector, c.source,
                   CASE WHEN length(c.thumbnail) <= ? THEN c.thumbnail ELSE x'' END,
                   c.corrected_at {CARRIED}""",
        (str, str, bytes, bytes, str, bytes, str),
        (MAX_THUMBNAIL,),
    )
    strangers = other.stream(
        "SELECT block, digest, vector, source FROM strangers ORDER BY id",
        (str, bytes, bytes, str),
    )
    yield from _checked(
        other,
        (ArrivingCorrection(name, truth or None, *rest) for name, truth, *rest in corrections),
    )
    yield from _checked(other, (ArrivingStranger(*row) for row in strangers))


def _checked(other: Store, judgments: Iterator[Judgment]) -> Iterator[Judgment]:
    """Yield them; raises GalleryDamaged rather than let one in that no gallery should hold."""
    d = other.recipe.d
    while some := list(islice(judgments, AT_ONCE)):
        try:
            check_vectors(stacked([one.vector for one in some], d), d)
            for one in some:
                if (len(one.vector), len(one.digest)) != (4 * d, 32):
                    raise ValueError("a vector or a digest is of another length")
                if isinstance(one, ArrivingStranger):
                    continue
                if not one.corrected_at.isascii() or len(one.corrected_at) > 40:
                    raise ValueError("a time is none")
                for name in (one.rejected, one.truth):
                    if name is not None:
                        clean_name(name)
        except (ValueError, BadName) as error:
            raise GalleryDamaged(other.path, str(error)) from error
        yield from some
