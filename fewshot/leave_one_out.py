"""Unit vectors and whose they are come in; how near each stands to its own rest and to others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Codes = NDArray[np.int64]
Floats = NDArray[np.float64]

_AT_ONCE = 512


class Standing(NamedTuple):
    """Where each of n references stands, by cosine to class means."""

    own: Floats  # to its own name's mean without it; NaN where it is alone
    nearest: Floats  # to the nearest mean of another name; -inf where there is none
    name: Codes  # whose that is
    second: Floats  # to the second nearest of other names

    def of(self, rows: NDArray[np.bool_]) -> Standing:
        """Return the standing of some references alone."""
        return Standing(self.own[rows], self.nearest[rows], self.name[rows], self.second[rows])


class Means:
    """The sums of each name's vectors, and what leave-one-out needs of them."""

    def __init__(self, vectors: Vectors, codes: Codes) -> None:
        """Sum `vectors` (n, d), each of length 1, by `codes` (n,): 0 to the number of names - 1."""
        self.counts = np.bincount(codes)
        order = np.argsort(codes, kind="stable")
        starts = np.cumsum(self.counts) - self.counts
        self.sums: Vectors = np.add.reduceat(vectors[order], starts, axis=0)
        self.lengths = lengths(self.sums)

    def similarities(self, vectors: Vectors, codes: Codes) -> Iterator[tuple[slice, Floats]]:
        """Yield some rows at a time with their cosines to all means (m, names), own left out.

        NaN stands for the own mean of a reference that is alone.
        """
        for start in range(0, len(vectors), _AT_ONCE):
            rows = slice(start, start + _AT_ONCE)
            own = codes[rows]
            dots = (vectors[rows] @ self.sums.T).astype(np.float64)
            at = np.arange(len(own)), own
            to_own = dots[at]
            similar = dots / self.lengths
            similar[at] = without_one(to_own, self.lengths[own], self.counts[own])
            yield rows, similar


def standing(vectors: Vectors, codes: Codes, means: Means) -> Standing:
    """Return where each reference stands: vectors (n, d), codes (n,)."""
    n = len(codes)
    found = Standing(np.empty(n), np.full(n, -np.inf), np.zeros(n, np.int64), np.full(n, -np.inf))
    for rows, similar in means.similarities(vectors, codes):
        at = np.arange(len(similar)), codes[rows]
        found.own[rows] = similar[at]
        similar[at] = -np.inf
        for place in (found.nearest, found.second)[: similar.shape[1] - 1]:
            name = similar.argmax(axis=1)
            place[rows] = similar[at[0], name]
            if place is found.nearest:
                found.name[rows] = name
            similar[at[0], name] = -np.inf
    return found


def without_one(to_sum: Floats, length: Floats, count: Codes) -> Floats:
    """Return the cosine of a vector of length 1 to the mean of its name without it.

    to_sum: its product with the sum of all. NaN where it is alone.
    """
    rest = np.sqrt(np.maximum(length**2 - 2 * to_sum + 1.0, 1e-12))
    return np.asarray(np.where(count > 1, (to_sum - 1.0) / rest, np.nan))


def lengths(rows: Vectors) -> Floats:
    """Return the length of each row (n, d), never 0."""
    squares: Floats = np.einsum("nd,nd->n", rows, rows).astype(np.float64)
    return np.asarray(np.maximum(np.sqrt(squares), 1e-12), np.float64)


def centered(vectors: Vectors, codes: Codes) -> Vectors:
    """Return unit vectors (n, d) seen from the middle of the gallery, each name counting the same.

    What all pictures share, says nothing of who is who.
    """
    means = Means(vectors, codes)
    middle = (means.sums / means.counts[:, np.newaxis]).mean(axis=0)
    moved = vectors - middle.astype(np.float32)
    return np.asarray(moved / lengths(moved)[:, np.newaxis], np.float32)


def balanced(values: NDArray[np.bool_], codes: Codes, names: int) -> float | None:
    """Return the share of `values` that hold, the mean of each name counting the same."""
    counts = np.bincount(codes, minlength=names)
    held = np.bincount(codes, weights=values, minlength=names)
    there = counts > 0
    return float((held[there] / counts[there]).mean()) if there.any() else None
