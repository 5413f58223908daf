"""A gallery comes in; one portable file goes out: vectors, names, sources, recipe, checksums.

    vectors      float32 (n, d)   of length 1
    identity     int64 (n,)       which of the names
    names        unicode (m,)
    digests      uint8 (n, 32)    SHA-256 of the picture's file
    boxes        int64 (n, 4)     x, y, width, height of the crop
    crops        bytes (n,)       what the box is of, and how sure the detector was: "face 0.93"
    enrolled_at  bytes (n,)       ISO 8601, UTC
    sources      uint8 (all,)     UTF-8, one after the other; where each ends: `sources.ends` (n,)
    thumbnails   uint8 (all,)     JPEG, the same way; `thumbnails.ends` int64 (n,)

and since version 2 what `export_judgments` says of corrections and strangers; `crops` since 3.
Written as `npz` says, so that `numpy.load(file)["vectors"]` reads it; in the order of enrollment.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from fewshot.errors import CannotWrite, GalleryDamaged
from fewshot.export_judgments import Judgments
from fewshot.naming import naming_of
from fewshot.npz import NpzWriter
from fewshot.records import crop_text, parse_box, parse_crop
from fewshot.row_columns import RowColumns
from fewshot.store import Store
from fewshot.watch import Watch
from fewshot.written import written_whole

FORMAT, VERSION = "fewshot-export", 3
WITH_CROPS = 3
"""The first version that says what the boxes are of."""


def export_gallery(store: Store, path: Path, watch: Watch) -> int:
    """Write all that stands in a gallery, but for its history; return how many references.

    Raises CannotWrite, also where something stands there that is no export.
    """
    if path.exists() and path.suffix != ".npz":  # not opened: it may be a gallery that is in use
        raise CannotWrite(path, "it is there already, and no .npz file", "export")
    with store.reading():
        columns = _Columns(store)
        with (
            watch.bar("exporting", 3 * columns.count) as advance,
            written_whole(path, "export", private=True) as file,
            NpzWriter(file) as writer,
        ):
            try:
                columns.write(writer, advance)
                recipe = json.loads(store.recipe.to_json())
                about = {"format": FORMAT, "version": VERSION, "recipe": recipe}
                writer.close(about | _rule(store))
            except (ValueError, KeyError) as error:  # what stands in it contradicts itself
                raise GalleryDamaged(store.path, str(error)) from error
    return columns.count


def _rule(store: Store) -> dict[str, str]:
    """Return the rule that somebody chose for good, if any."""
    naming = naming_of(store)
    return {"rule": str(naming.rule)} if naming.chosen_by == "user" else {}


class _Columns:
    """The columns of a store, each read when it is written."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.count = store.count()
        self._references = RowColumns(store, _REFERENCES, self.count)
        rows = store.all(
            "SELECT id, name FROM identities WHERE forgotten IS NULL ORDER BY id", (int, str)
        )
        self._place = {identity: place for place, (identity, _) in enumerate(rows)}
        self._judgments = Judgments(store, [name for _, name in rows])
        self._names = np.array(self._judgments.names, np.str_)

    def write(self, writer: NpzWriter, advance: Callable[[int], None]) -> None:
        """Write them all; `advance` hears of every reference in three of them."""
        n, d = self.count, self._store.recipe.d
        writer.column("names", self._names.dtype, self._names.shape, [self._names])
        self._references.fixed(writer, "vectors", "<f4", d, "r.vector", advance)
        self._references.fixed(writer, "digests", "u1", 32, "r.digest")
        small = self._references.blocks(
            "r.identity, r.box, r.enrolled_at, r.crop", (int, str, str, str)
        )
        identity, boxes, times, crops = (np.empty((n, *row), t) for row, t in _SMALL)
        at = 0
        for rows in small:
            here = slice(at, at := at + len(rows))
            identity[here] = [self._place[row[0]] for row in rows]
            boxes[here] = [parse_box(row[1]) for row in rows]
            times[here] = [row[2].encode("ascii") for row in rows]
            crops[here] = [crop_text(*parse_crop(row[3])).encode("ascii") for row in rows]
        fixed = {"identity": identity, "boxes": boxes, "enrolled_at": times, "crops": crops}
        for name, column in fixed.items():
            writer.column(name, column.dtype, column.shape, [column])
        self._references.ragged(writer, "sources", "CAST(r.source AS BLOB)", advance)
        self._references.ragged(writer, "thumbnails", "coalesce(t.jpeg, x'')", advance)
        self._judgments.write(writer)


_SMALL = (((), "<i8"), ((4,), "<i8"), ((), "S40"), ((), "S40"))
_REFERENCES = """FROM picture_references r
    JOIN identities i ON i.id = r.identity AND i.forgotten IS NULL
    LEFT JOIN thumbnails t ON t.reference = r.id ORDER BY r.id"""
