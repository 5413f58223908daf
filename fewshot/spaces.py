"""Unit vectors come in; the same in the space that a rule compares them in go out, of length 1.

Sources: centering as in SimpleShot, Wang et al., arXiv 1911.04623 (here by the gallery's own mean);
the power transform as in Hu, Gripon, Pateux, ICANN 2021, made to keep signs.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fewshot.index import Vectors

_SHORTEST = np.float32(1e-6)


@dataclass(frozen=True)
class Space:
    """Where vectors are compared."""

    kind: str = "plain"  # one of `rules.SPACES`
    center: NDArray[np.float32] | None = None  # (d,), for "centered" only

    @classmethod
    def around(cls, kind: str, vectors: Vectors) -> Space:
        """Return the space of this kind for a gallery with these vectors (n, d)."""
        return cls(
            kind,
            vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
            if kind == "centered"
            else None,
        )

    @classmethod
    def of(cls, kind: str, center: str) -> Space:
        """Return a space as it is written down: its center base64 of d float32, or empty."""
        if not center:
            return cls(kind)
        return cls(kind, np.frombuffer(base64.b64decode(center), "<f4").astype(np.float32))

    def place(self, vectors: Vectors) -> Vectors:
        """Return vectors (n, d) of length 1 as they stand in this space, of length 1.

        A vector that is the center itself has no direction: it becomes all zeros.
        """
        if self.kind == "root":
            return _unit(np.sign(vectors) * np.sqrt(np.abs(vectors)))
        if self.center is not None:
            return _unit(vectors - self.center)
        return vectors


def _unit(vectors: Vectors) -> Vectors:
    lengths = np.sqrt(np.einsum("nd,nd->n", vectors, vectors))[:, np.newaxis]
    safe = np.maximum(lengths, _SHORTEST)
    return np.asarray(np.where(lengths > _SHORTEST, vectors / safe, 0.0), np.float32)
