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
        order = np.argsort(owners, kind="stable")
        self.owners, starts = np.unique(owners[order], return_index=True)
        sums = np.zeros((len(self.owners), vectors.shape[1]), np.float32)
        for row, some in enumerate(np.split(order, starts[1:]) if len(order) else ()):
            sums[row] = vectors[some].sum(axis=0)
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
        self,
        vectors: Vectors,
        owners: Owners,
        friends: Collection[tuple[int, int]] = (),
        *,
        same: float = 2.0,
        share: float = 1.0,
    ) -> NDArray[np.float32]:
        """Return how near each reference would come if its own identity were not enrolled.

        vectors (n, d), owners (n,): references of this gallery. friends: pairs of identities that
        are no strangers to each other. Nor are two of which two references have a cosine of `same`
        or more; that is looked up for the highest `share` of the answers only, each identity
        counting the same, and for one answer of each; what lies below can but be too high.
        Returns (n,): the cosine to the nearest class mean of any other identity, -inf where there
        is none.
        """
        own = np.searchsorted(self.owners, owners)
        similar = np.concatenate(
            [vectors[at : at + _AT_ONCE] @ self._means.T for at in range(0, len(vectors), _AT_ONCE)]
        )
        similar[np.arange(len(own)), own] = -np.inf
        rows = [np.flatnonzero(own == name) for name in range(len(self.owners))]
        for one, other in np.searchsorted(self.owners, np.array(list(friends), np.int64)).tolist():
            similar[rows[one], other] = similar[rows[other], one] = -np.inf
        counts = np.bincount(own, minlength=len(rows))
        weights = 1.0 / (counts[own] * max(1, int((counts > 0).sum())))
        one_each = np.unique(own, return_index=True)[1]  # has this name any stranger at all?
        asked: set[tuple[int, int]] = set()
        while True:
            nearest = similar.argmax(axis=1)
            highest = similar[np.arange(len(own)), nearest]
            order = np.argsort(-highest, kind="stable")
            highest_share = order[np.cumsum(weights[order]) - weights[order] < share]
            top = np.concatenate([highest_share, one_each])
            pairs = {
                (min(pair), max(pair))
                for pair in zip(own[top].tolist(), nearest[top].tolist(), strict=True)
            } - asked
            if same > 1.0 or not pairs:
                return np.asarray(np.minimum(highest, 1.0), np.float32)
            asked |= pairs
            for one, other in pairs:
                if (vectors[rows[one]] @ vectors[rows[other]].T >= same).any():
                    similar[rows[one], other] = similar[rows[other], one] = -np.inf
