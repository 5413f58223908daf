"""A network's vectors and palette's come in; the two matrices that the graph joins them by go out.

Neither is trained: both are found on training pictures, some of each class. First the network's
principal components are divided by a small power of their variance, for those that vary much over
all pictures lead every similarity. Then, with palette beside, the directions in which pictures of
one class differ are divided by a power of how much they do (within-class covariance normalization;
Hatch, Kajarekar, Stolcke, Interspeech 2006, where the power is one half).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.pictures import class_of
from training.recipe import Finish, Recipe
from training.validation import held_out, unit

Vectors = NDArray[np.float32]

A_SET, A_CLASS = 600, 16
"""Pictures of a set, after which no class more is taken; pictures of a class at most."""
ALONE = "no class has two pictures: how pictures of one differ can't be told"
SMALLEST = 1e-4
"""Of the largest variance, what a principal component's counts as at least."""


@dataclass(frozen=True, slots=True)
class Finishing:
    """What the graph does with the network's vector (d,) and palette's (p,)."""

    middle: Vectors  # (d,), of the network's
    evened: Vectors  # (d, d)
    share: float  # palette's, of the squared length
    joined_middle: Vectors  # (d + p,)
    tightened: Vectors  # (d + p, d + p)

    def __call__(self, own: Vectors, palette: Vectors) -> Vectors:
        """Return (n, d + p) of length one; own, palette: (n, d), (n, p) of length one."""
        joined = self.joined(own, palette)
        return unit(np.asarray((joined - self.joined_middle) @ self.tightened, np.float32))

    def joined(self, own: Vectors, palette: Vectors) -> Vectors:
        """Return what is joined, before it is tightened."""
        even = unit(np.asarray((own - self.middle) @ self.evened, np.float32))
        return np.hstack([even * (1 - self.share) ** 0.5, palette * self.share**0.5])


def find(
    own: Vectors, palette: Vectors, sets: Sequence[str], classes: Sequence[str], finish: Finish
) -> Finishing:
    """Find both matrices on n pictures; own, palette: (n, d), (n, p) of length one."""
    middle, evened = evening(own, finish.evened)
    flat = np.zeros(own.shape[1] + palette.shape[1], np.float32)
    first = Finishing(middle, evened, finish.share, flat, np.diag(flat))
    joined = first.joined(own, palette)
    matrix = tightening(within(joined, sets, classes), finish.tightened, finish.floor)
    return Finishing(middle, evened, finish.share, joined.mean(axis=0), matrix)


def evening(vectors: Vectors, power: float) -> tuple[Vectors, Vectors]:
    """Return the mean (d,) of vectors (n, d) and the matrix (d, d) that evens them out.

    power: of each principal component's variance that it is divided by; 0 only turns, 0.5 whitens.
    """
    mean = vectors.mean(axis=0)
    moved = vectors - mean
    return mean, tightening(moved.T @ moved / len(moved), power, SMALLEST)


def tightening(covariance: Vectors, power: float, floor: float) -> Vectors:
    """Return the matrix (d, d) that divides the components of a covariance by a power of theirs.

    floor: of the largest component, what the smallest counts as at least.
    """
    variances, components = np.linalg.eigh(covariance)
    scale = np.maximum(variances, max(floor * variances[-1], 1e-12)) ** -power
    return np.asarray(components * scale, np.float32)


def within(vectors: Vectors, sets: Sequence[str], classes: Sequence[str]) -> Vectors:
    """Return how pictures of one class differ, (d, d): a mean over classes, each set alike.

    A picture that is alone in its class says nothing. Raises ValueError where all are.
    """
    by_set, by_class = np.array(sets), np.array(classes)
    found = []
    for name in sorted(set(sets)):
        rows = np.flatnonzero(by_set == name)
        several = [
            vectors[rows[by_class[rows] == one]] for one in sorted(set(by_class[rows].tolist()))
        ]
        own = [(one - one.mean(0)) / (len(one) - 1) ** 0.5 for one in several if len(one) > 1]
        if own:
            moved = np.vstack(own)
            found.append(moved.T @ moved / len(own))
    if not found:
        raise ValueError(ALONE)
    return np.asarray(np.mean(found, axis=0), np.float32)


def not_held_out(files: Sequence[Path], recipe: Recipe) -> list[int]:
    """Return which of all pictures a recipe learns from, by number."""
    classes = [class_of(one) for one in files]
    aside = held_out(classes) if recipe.held_out else set()
    return [row for row, name in enumerate(classes) if name not in aside]


def chosen(files: Sequence[Path], recipe: Recipe) -> list[int]:
    """Return which training pictures the matrices are found on, by number: some of each class.

    Raises ValueError where no class has two pictures.
    """
    by_set: dict[str, dict[str, list[int]]] = {}
    for row in not_held_out(files, recipe):
        of_set = by_set.setdefault(files[row].parts[-3], {})
        of_set.setdefault(class_of(files[row]), []).append(row)
    random = np.random.default_rng(recipe.seed)
    taken: list[int] = []
    for of_class in by_set.values():
        count = 0
        for name in random.permutation(sorted(of_class)).tolist():
            rows = random.permutation(of_class[name])[:A_CLASS].tolist()
            if len(rows) > 1 and count < A_SET:
                taken += rows
                count += len(rows)
    if not taken:
        raise ValueError(ALONE)
    return sorted(taken)
