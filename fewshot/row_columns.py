"""Rows of a store come in, by an SQL query; columns of an .npz file go out, block by block."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewshot.npz import NpzWriter
from fewshot.store import Store

AT_ONCE = 4096
"""Rows that are held in memory at once."""


def _deaf(more: int) -> None:
    """Hear of rows and do nothing."""


class RowColumns:
    """The rows of a query, of which each column is read when it is written."""

    def __init__(self, store: Store, rows: str, count: int) -> None:
        """Take the rows that stand after SELECT ...: FROM, JOIN, WHERE, ORDER BY.

        count: how many they are.
        """
        self._store, self._rows, self.count = store, rows, count

    def fixed(
        self,
        writer: NpzWriter,
        name: str,
        kind: str,
        width: int,
        column: str,
        advance: Callable[[int], None] = _deaf,
    ) -> None:
        """Write BLOBs of one length as a column (n, width); `advance` hears of every row."""

        def blocks() -> Iterator[NDArray[Any]]:
            for rows in self.blocks(column, (bytes,)):
                yield np.frombuffer(b"".join(row[0] for row in rows), kind).reshape(-1, width)
                advance(len(rows))

        writer.column(name, kind, (self.count, width), blocks())

    def ragged(
        self,
        writer: NpzWriter,
        name: str,
        column: str,
        advance: Callable[[int], None] = _deaf,
    ) -> None:
        """Write BLOBs of any length, one after the other, and where each ends (NAME.ends)."""
        lengths = [row[0] for rows in self.blocks(f"length({column})", (int,)) for row in rows]
        ends = np.cumsum(np.array(lengths, np.int64))
        writer.column(f"{name}.ends", "<i8", ends.shape, [ends])

        def blocks() -> Iterator[NDArray[Any]]:
            for rows in self.blocks(column, (bytes,)):
                yield np.frombuffer(b"".join(row[0] for row in rows), np.uint8)
                advance(len(rows))

        writer.column(name, "u1", (int(ends[-1]) if len(ends) else 0,), blocks())

    def blocks(self, columns: str, types: tuple[type, ...]) -> Iterator[list[tuple[Any, ...]]]:
        """Yield these columns of all rows, some rows at a time; raises GalleryDamaged."""
        rows = self._store.stream(f"SELECT {columns} {self._rows}", types)
        while some := list(islice(rows, AT_ONCE)):
            yield some
