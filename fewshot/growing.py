"""Rows come in and leave again; one array that holds them without a gap goes out."""

from __future__ import annotations

from typing import Generic, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

Scalar = TypeVar("Scalar", bound=np.generic)


class GrowingRows(Generic[Scalar]):
    """An array whose first axis grows and shrinks in place."""

    def __init__(self, row: tuple[int, ...], dtype: DTypeLike) -> None:
        """Start empty. row: the shape of one row, () for a list of numbers."""
        self._held: NDArray[Scalar] = np.empty((0, *row), dtype)
        self._count = 0

    @classmethod
    def of(cls, rows: NDArray[Scalar]) -> GrowingRows[Scalar]:
        """Take up rows (n, ...), which are its own from now on and not copied."""
        taken = cls(rows.shape[1:], rows.dtype)
        taken._held, taken._count = rows, len(rows)
        return taken

    def __len__(self) -> int:
        return self._count

    @property
    def rows(self) -> NDArray[Scalar]:
        """The rows, (n, ...): a view, good until the next change."""
        return self._held[: self._count]

    def reserve(self, count: int) -> None:
        """Make room for so many rows in all, so that they are not moved while they come."""
        if count > len(self._held):
            wider = np.empty((count, *self._held.shape[1:]), self._held.dtype)
            wider[: self._count] = self.rows
            self._held = wider

    def append(self, rows: NDArray[Scalar]) -> None:
        """Add rows (m, ...) behind the others."""
        count = self._count + len(rows)
        if count > len(self._held):
            self.reserve(count + count // 8)  # room that is not used yet costs no memory
        self._held[self._count : count] = rows
        self._count = count

    def remove(self, at: NDArray[np.int64]) -> None:
        """Take out the rows at these places, each named once; the last ones move there."""
        count = self._count - len(at)
        gone = np.zeros(self._count - count, bool)
        gone[at[at >= count] - count] = True
        self._held[np.sort(at[at < count])] = self._held[count : self._count][~gone]
        self._count = count
