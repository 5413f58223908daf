"""A seed comes in; made-up identities, and vectors of pictures of them, go out.

All share a direction, as vectors of pictures of one kind of thing do; identities of one family, of
which some are large, share another; and some identities vary more than others. A family and an
identity are drawn at random, so that enrolled identities and strangers are exchangeable.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval.galleries import Labels, Vectors

D = 64
FAMILIES = 24
SHARED, FAMILY, OWN = 0.7, 0.5, 0.55
"""How long the part is that all share, that a family shares, and that is an identity's own."""

WITHIN = 0.75
"""How far, in the middle, a picture lies from its identity; by a factor of e**0.25 up or down."""


@dataclass(frozen=True)
class World:
    """What identities are drawn from."""

    shared: Vectors  # (d,)
    families: Vectors  # (f, d)
    sizes: NDArray[np.float64]  # (f,) shares of identities

    @classmethod
    def anew(cls, rng: np.random.Generator, d: int = D) -> World:
        """Draw what all share, and the families."""
        sizes = rng.dirichlet(np.full(FAMILIES, 1.0))
        shared, families = _directions(rng, 1, d)[0], _directions(rng, FAMILIES, d)
        return cls(SHARED * shared, FAMILY * families, sizes)

    def identities(self, rng: np.random.Generator, n: int) -> Identities:
        """Draw n identities, each on its own."""
        whose = rng.choice(FAMILIES, n, p=self.sizes)
        centers = self.shared + self.families[whose] + OWN * _directions(rng, n, len(self.shared))
        widths = WITHIN * np.exp(rng.normal(0.0, 0.25, n))
        return Identities(np.asarray(centers, np.float32), widths.astype(np.float32))


@dataclass(frozen=True)
class Identities:
    """Some identities."""

    centers: Vectors  # (n, d)
    widths: NDArray[np.float32]  # (n,)

    def __len__(self) -> int:
        return len(self.centers)

    def pictures(self, rng: np.random.Generator, whose: Labels) -> Vectors:
        """Draw a picture of each of these identities, given by number: (q, d) of length 1."""
        off = _directions(rng, len(whose), self.centers.shape[1]) * self.widths[whose, np.newaxis]
        found = self.centers[whose] + off
        found /= np.linalg.norm(found, axis=1, keepdims=True)
        return np.asarray(found, np.float32)


def _directions(rng: np.random.Generator, n: int, d: int) -> Vectors:
    found = rng.normal(size=(n, d)).astype(np.float32)
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    return found
