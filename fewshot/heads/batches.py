"""Examples and labels come in; the batches of each epoch go out, the same for one seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.int64]


class Batch(NamedTuple):
    """Some examples."""

    x: NDArray[Any]
    y: Labels
    weights: NDArray[np.float32]  # what each counts in the loss


class Examples(Protocol):
    """What batches are taken from: an array, or what gives rows of one."""

    def __getitem__(self, some: Any, /) -> NDArray[Any]:
        """Return these rows."""


class Batches(Protocol):
    """What a model is fitted to."""

    @property
    def steps(self) -> int:
        """How many batches an epoch has."""

    def epoch(self, number: int) -> Iterator[Batch]:
        """Yield the batches of an epoch, from 0 on; they depend on its number and the seed only."""


class ShuffledBatches:
    """Every example once an epoch, in a new order each time."""

    def __init__(
        self, x: Examples, y: Labels, weights: NDArray[np.float32], *, size: int, seed: int
    ) -> None:
        self._x, self._y, self._weights = x, y, weights
        self._size, self._seed = size, seed

    @property
    def steps(self) -> int:
        """How many batches an epoch has."""
        return -(-len(self._y) // self._size)

    def epoch(self, number: int) -> Iterator[Batch]:
        """Yield each example once."""
        order = np.random.default_rng((self._seed, number)).permutation(len(self._y))
        for at in range(0, len(order), self._size):
            some = np.sort(order[at : at + self._size])
            yield Batch(self._x[some], self._y[some], self._weights[some])


class NameBatches:
    """P names a batch, K pictures each, for losses that compare pictures.

    A name with fewer than K pictures gives some of them twice. Source: Hermans, Beyer, Leibe, arXiv
    1703.07737, section 2.
    """

    def __init__(self, x: Examples, y: Labels, *, names: int, pictures: int, seed: int) -> None:
        self._x, self._seed, self._pictures = x, seed, pictures
        self._own: Sequence[NDArray[np.intp]] = [
            np.flatnonzero(y == label) for label in np.unique(y)
        ]
        self._y, self._names = y, min(names, len(self._own))

    @property
    def steps(self) -> int:
        """As many batches as the pictures fill, and all names at least once."""
        filled = -(-len(self._y) // (self._names * self._pictures))
        return max(filled, -(-len(self._own) // self._names))

    def epoch(self, number: int) -> Iterator[Batch]:
        """Yield batches of P x K; every name comes once before one comes again."""
        rng = np.random.default_rng((self._seed, number))
        waiting: list[int] = []
        for _ in range(self.steps):
            if len(waiting) < self._names:
                again = [one for one in rng.permutation(len(self._own)) if one not in waiting]
                waiting += again
            drawn, waiting = waiting[: self._names], waiting[self._names :]
            some = np.concatenate([self._of_name(self._own[one], rng) for one in drawn])
            yield Batch(self._x[some], self._y[some], np.ones(len(some), np.float32))

    def _of_name(self, own: NDArray[np.intp], rng: np.random.Generator) -> NDArray[np.intp]:
        return rng.choice(own, self._pictures, replace=len(own) < self._pictures)


def class_weights(labels: Labels, how: str | Sequence[float] | None) -> NDArray[np.float32]:
    """Return what each example counts: "balanced", every class alike; None, every example alike.

    Or else how: what an example of each class counts. Source: scikit-learn 1.5,
    `compute_class_weight`: balanced is n / (classes * n of the class).
    """
    if how is None:
        return np.ones(len(labels), np.float32)
    if how != "balanced":
        return np.asarray(how, np.float32)[labels]
    counts = np.bincount(labels)
    present = np.count_nonzero(counts)
    return (len(labels) / (present * counts[labels])).astype(np.float32)
