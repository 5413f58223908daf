"""Unit vectors and whose they are come in; class means, and the names nearest to a query, go out.

A query is named by its nearest class mean: over five references a name it is right more often than
its nearest single reference (docs/decisions/0003-nearest-class-mean.md).
Source: prototypical networks, Snell, Swersky, Zemel, NeurIPS 2017, with cosine similarity.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Owners = NDArray[np.int64]

_AT_ONCE = 512


class Prototypes:
    """The class means of a gallery's identities, each brought to length one."""

    def __init__(self, vectors: Vectors, owners: Owners) -> None:
        """Average `vectors` (n, d) float32 of length 1 by their `owners` (n,), any ids."""
        self.owners, group = np.unique(owners, return_inverse=True)
        sums = np.zeros((len(self.owners), vectors.shape[1]), np.float32)
        np.add.at(sums, group.reshape(-1), vectors)
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        self._means = sums / np.maximum(lengths, np.float32(1e-12))

    def __len__(self) -> int:
        return len(self.owners)

    def nearest(self, query: Vectors, k: int) -> list[tuple[int, float]]:
        """Return the k nearest identities with their cosine similarity in [-1, 1], nearest first.

        query: (d,) float32 of length 1. Ties stand in the order of ids.
        """
        similar = np.clip(self._means @ query, -1.0, 1.0)
        order = np.argsort(-similar, kind="stable")[:k]
        return [(int(self.owners[one]), float(similar[one])) for one in order]

    def as_strangers(
        self, vectors: Vectors, owners: Owners, sharing: Collection[tuple[int, int]] = ()
    ) -> NDArray[np.float32]:
        """Return how near each reference would come if its own identity were not enrolled.

        vectors (n, d), owners (n,): references of this gallery. sharing: pairs of identities that
        are no strangers to each other, each both ways. Returns (n,): the cosine to the nearest
        class mean of any other identity, -inf where there is none.
        """
        friends: dict[int, list[int]] = {}
        for one, other in sharing:
            friends.setdefault(one, []).append(int(np.searchsorted(self.owners, other)))
        nearest = np.empty(len(vectors), np.float32)
        own = np.searchsorted(self.owners, owners)
        for start in range(0, len(vectors), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            similar = vectors[part] @ self._means.T
            similar[np.arange(len(similar)), own[part]] = -np.inf
            for row, owner in enumerate(owners[part].tolist()):
                if owner in friends:
                    similar[row, friends[owner]] = -np.inf
            nearest[part] = similar.max(axis=1)
        return np.minimum(nearest, 1.0)


def near_pairs(vectors: Vectors, owners: Owners, similarity: float) -> set[tuple[int, int]]:
    """Return the pairs of owners, both ways, of which two vectors are at least so similar."""
    pairs: set[tuple[int, int]] = set()
    for start in range(0, len(vectors), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        near = vectors[part] @ vectors.T >= similarity
        near &= owners[part, np.newaxis] != owners
        for row, column in np.argwhere(near).tolist():
            pairs.add((int(owners[start + row]), int(owners[column])))
    return pairs
