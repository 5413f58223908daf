"""Real vectors with their owners come in; as many of the same spread as wanted go out.

A name's center is a mixture of two real names' centers, a reference is its center plus a mixture of
two real departures from a center, each with a random sign. A mixture's weights have squares that
add up to 1, so the covariances among names and within a name stay the real ones.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eval.backbones import load, vectors_of
from eval.pictures import read_set
from eval.sets import TRAIN

_NAMES = 2_000
"""Names made at a time: with ten references of 256 numbers each that takes some 80 MB."""

Vectors = NDArray[np.float32]
Owners = NDArray[np.int64]


def real_vectors(train: Path, d: int, keep: Path | None) -> tuple[Vectors, Owners]:
    """Return palette's vectors of real pictures, brought to d numbers by PCA, and whose they are.

    At most 40 names of each train set and 20 pictures a name. The mean is kept, as similarities are
    cosines; every vector has length 1 again.
    """
    palette = load("palette")
    found, owners, names = [], [], 0
    for name in TRAIN:
        pictures = read_set(train / name, at_least=2, most_classes=40, most_pictures=20)
        found.append(vectors_of(pictures, palette, keep))
        owners.append(pictures.labels + names)
        names += len(pictures.classes)
    vectors = np.concatenate(found)
    directions = np.linalg.svd(vectors, full_matrices=False)[2][:d]
    vectors = vectors @ directions.T
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors, np.concatenate(owners)


def many_vectors(
    real: Vectors, owners: Owners, n: int, *, per_name: int = 10, seed: int = 0
) -> tuple[Vectors, Owners]:
    """Make n vectors (n, d) of length 1 and the number of each one's name, in rising order.

    real: (m, d), `owners` (m,) says whose; some owners must have two or more. The same input makes
    the same vectors, and a smaller n the first of them.
    """
    spread = _Spread(real, owners)
    made = np.empty((n, real.shape[1]), np.float32)
    for block, start in enumerate(range(0, n, _NAMES * per_name)):
        rng = np.random.default_rng([seed, 1, block])
        centers = np.repeat(spread.centers(seed, block), per_name, axis=0)
        end = min(n, start + len(centers))
        made[start:end] = spread.references(centers, rng)[: end - start]
    return made, np.arange(n) // per_name


def fresh_queries(
    real: Vectors, owners: Owners, n: int, count: int, *, per_name: int = 10, seed: int = 0
) -> tuple[Vectors, Owners]:
    """Make `count` more references of random names of `many_vectors` with the same arguments."""
    spread = _Spread(real, owners)
    rng = np.random.default_rng([seed, 2])
    names = rng.integers(0, -(-n // per_name), count)
    centers = np.empty((count, real.shape[1]), np.float32)
    for block in np.unique(names // _NAMES):
        here = names // _NAMES == block
        centers[here] = spread.centers(seed, int(block))[names[here] % _NAMES]
    return spread.references(centers, rng), names


class _Spread:
    """How the real names' centers lie, and how their references lie about them."""

    def __init__(self, real: Vectors, owners: Owners) -> None:
        _, owners, counts = np.unique(owners, return_inverse=True, return_counts=True)
        sums = np.zeros((len(counts), real.shape[1]))
        np.add.at(sums, owners, real)
        centers = sums / counts[:, None]
        several = counts[owners] > 1
        shrunk = np.sqrt(1 - 1 / counts[owners[several]])[:, None]  # toward their own center
        self._mean = centers.mean(axis=0).astype(np.float32)
        self._centers = (centers - self._mean).astype(np.float32)
        self._departures = ((real - centers[owners])[several] / shrunk).astype(np.float32)

    def centers(self, seed: int, block: int) -> Vectors:
        """Make the centers of the names of one block."""
        made = _mixed(self._centers, _NAMES, np.random.default_rng([seed, 0, block]))
        made += self._mean
        return made

    def references(self, centers: Vectors, rng: np.random.Generator) -> Vectors:
        """Make one reference about each center."""
        made = _mixed(self._departures, len(centers), rng, signed=True)
        made += centers
        made /= np.linalg.norm(made, axis=1, keepdims=True)
        return made


def _mixed(rows: Vectors, count: int, rng: np.random.Generator, signed: bool = False) -> Vectors:
    angles = rng.uniform(0, 2 * np.pi if signed else np.pi / 2, (count, 1)).astype(np.float32)
    made = np.cos(angles) * rows[rng.integers(0, len(rows), count)]
    made += np.sin(angles) * rows[rng.integers(0, len(rows), count)]
    return made
