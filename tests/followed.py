"""Changes of a gallery come in; stand-ins that follow them, and fresh ones, go out."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from fewshot.prototypes import Prototypes, Vectors
from fewshot.stand_ins import StandIns

D = 8


def unit(rows: Vectors) -> Vectors:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def pictures(seed: int, n: int) -> Vectors:
    rng = np.random.default_rng(seed)
    return unit(np.asarray(rng.normal(size=(n, D)) + 0.6, np.float32))


@dataclass
class Followed:
    """Stand-ins that follow a gallery's changes, and what the gallery holds."""

    same: float = 2.0
    held: dict[int, Vectors] = field(default_factory=dict)
    friends: set[tuple[int, int]] = field(default_factory=set)
    touched: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.means = Prototypes.of(D)
        self.asked = StandIns(self.means, self.same)

    def add(self, owner: int, vectors: Vectors) -> None:
        """Add references of a name, or pictures of a stranger, below 0."""
        owners = np.full(len(vectors), owner)
        self.asked.add(vectors, vectors, owners)
        self.held[owner] = np.concatenate([self.held.get(owner, vectors[:0]), vectors])
        if owner >= 0:
            self.means.add(vectors, owners)
            self.touched.add(owner)

    def remove(self, owner: int) -> None:
        self.means.remove([owner])
        self.asked.remove([owner])
        self.held.pop(owner, None)
        self.touched.add(owner)

    def befriend(self, one: int, other: int) -> None:
        self.friends |= {(one, other), (other, one)}

    def update(self) -> StandIns:
        """Bring them up to date as a gallery does."""
        self.asked.update(self.touched, self.friends)
        self.touched = set()
        return self.asked

    def anew(self) -> StandIns:
        """Make them of what is held now."""
        fresh = Followed(self.same, friends=self.friends)
        for owner in sorted(self.held):
            fresh.add(owner, self.held[owner])
        return fresh.update()
