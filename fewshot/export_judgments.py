"""A gallery comes in; its corrections and its strangers go out, as columns of an export.

    corrections.vectors       float32 (c, d)   of length 1
    corrections.rejected      int64 (c,)       which of the names the picture does not get again
    corrections.truth         int64 (c,)       which of the names it was given; -1 for none
    corrections.digests       uint8 (c, 32)    SHA-256 of the picture's file
    corrections.corrected_at  bytes (c,)       ISO 8601, UTC
    corrections.sources, corrections.thumbnails    as `sources` and `thumbnails` of an export
    strangers.vectors, strangers.digests, strangers.sources    (s, ...)  the same of strangers
    strangers.blocks          uint8 (all,)     whose pictures belong together; as the sources

A correction goes out where somebody bears the rejected name, or where it came with an import
before anybody did: whoever was forgotten here leaves nothing in an export, not even the name.
"""

from __future__ import annotations

import numpy as np

from fewshot.npz import NpzWriter
from fewshot.rejections import CARRIED
from fewshot.row_columns import RowColumns
from fewshot.store import Store

_STRANGERS = "FROM strangers s ORDER BY s.id"


class Judgments:
    """Corrections and strangers of a store, each column read when it is written."""

    def __init__(self, store: Store, names: list[str]) -> None:
        """Look at a store; names: those of an export, to which rejected names are added."""
        self._d = store.recipe.d
        rows = store.all(f"SELECT x.name, coalesce(t.name, '') {CARRIED}", (str, str))
        self.names = list(dict.fromkeys((*names, *(rejected for rejected, _ in rows))))
        place = {name: number for number, name in enumerate(self.names)}
        self._rejected = np.array([place[rejected] for rejected, _ in rows], np.int64)
        self._truth = np.array([place.get(truth, -1) for _, truth in rows], np.int64)
        self._corrections = RowColumns(store, CARRIED, len(rows))
        ((count,),) = store.all("SELECT count(*) FROM strangers", (int,))
        self._strangers = RowColumns(store, _STRANGERS, count)

    def write(self, writer: NpzWriter) -> None:
        """Write all their columns."""
        for name, column in (("rejected", self._rejected), ("truth", self._truth)):
            writer.column(f"corrections.{name}", "<i8", column.shape, [column])
        times = [
            row[0].encode("ascii")
            for rows in self._corrections.blocks("c.corrected_at", (str,))
            for row in rows
        ]
        moments = np.array(times, "S40")
        writer.column("corrections.corrected_at", "S40", moments.shape, [moments])
        for of, rows, one in (
            ("corrections", self._corrections, "c"),
            ("strangers", self._strangers, "s"),
        ):
            rows.fixed(writer, f"{of}.vectors", "<f4", self._d, f"{one}.vector")
            rows.fixed(writer, f"{of}.digests", "u1", 32, f"{one}.digest")
            rows.ragged(writer, f"{of}.sources", f"CAST({one}.source AS BLOB)")
        self._corrections.ragged(writer, "corrections.thumbnails", "c.thumbnail")
        self._strangers.ragged(writer, "strangers.blocks", "CAST(s.block AS BLOB)")
