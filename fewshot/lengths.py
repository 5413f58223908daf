"""Vectors of any length come in; vectors of length 1 go out."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def unit_rows(rows: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Bring each row (n, d) to length 1; one of zeros gives the row whose numbers are all alike.

    Raises FloatingPointError for numbers that are not finite.
    """
    lengths = np.linalg.norm(rows.astype(np.float64), axis=1, keepdims=True)
    if not np.isfinite(lengths).all():
        raise FloatingPointError("the network gives numbers that are not finite")
    nothing = lengths == 0.0
    level = 1.0 / np.sqrt(rows.shape[1])
    return np.where(nothing, level, rows / np.where(nothing, 1.0, lengths)).astype(np.float32)
