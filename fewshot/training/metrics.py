"""Probabilities and labels of held-out pictures come in; how good a model is, with n, goes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewshot.heads.batches import Labels
from fewshot.heads.head import Floats
from fewshot.heads.temperature import class_means
from fewshot.interval import wilson
from fewshot.lengths import unit_rows


@dataclass(frozen=True, slots=True, eq=False)
class Metrics:
    """How a model names pictures it did not learn from, beside nearest class mean without it."""

    confusion: NDArray[np.int64]  # (classes, classes): row the truth, column the answer
    cross_entropy: float  # nats
    gained: int  # right now, and wrong by nearest class mean of the vectors before training
    lost: int  # the other way round
    untrained: float | None  # accuracy of that; None from scratch, where there is nothing before

    @property
    def n(self) -> int:
        """How many pictures."""
        return int(self.confusion.sum())

    @property
    def right(self) -> int:
        """How many were named rightly."""
        return int(np.trace(self.confusion))

    @property
    def accuracy(self) -> float:
        """The share of these."""
        return self.right / self.n

    @property
    def balanced(self) -> float:
        """The mean, over classes that were asked about, of the share named rightly."""
        asked = self.confusion.sum(axis=1)
        shares = np.diag(self.confusion)[asked > 0] / asked[asked > 0]
        return float(np.mean(shares))

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the accuracy (Wilson)."""
        return wilson(self.right, self.n)

    def to_mapping(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        low, high = self.interval
        return {
            "n": self.n,
            "accuracy": round(self.accuracy, 6),
            "interval": [round(low, 6), round(high, 6)],
            "balanced_accuracy": round(self.balanced, 6),
            "cross_entropy": round(self.cross_entropy, 6),
            "untrained_accuracy": self.untrained and round(self.untrained, 6),
            "gained": self.gained,
            "lost": self.lost,
            "confusion": self.confusion.tolist(),
        }

    def __repr__(self) -> str:
        return f"<accuracy {self}>"

    def __str__(self) -> str:
        low, high = self.interval
        said = f"{self.accuracy:.3f} [{low:.3f}, {high:.3f}] of {self.n}"
        if self.untrained is None:
            return said
        return (
            f"{said}; nearest class mean without training {self.untrained:.3f} "
            f"({self.gained} gained, {self.lost} lost)"
        )


def measure(probabilities: Floats, labels: Labels, untrained: NDArray[np.int64] | None) -> Metrics:
    """Compare answers (n, classes) with the truth (n,).

    untrained: what nearest class mean says before training, (n,).
    """
    classes = probabilities.shape[1]
    answers = probabilities.argmax(axis=1)
    confusion = np.zeros((classes, classes), np.int64)
    np.add.at(confusion, (labels, answers), 1)
    chances = np.maximum(probabilities[np.arange(len(labels)), labels], 1e-12)
    right = answers == labels
    before = right if untrained is None else untrained == labels
    return Metrics(
        confusion,
        float(-np.mean(np.log(chances))),
        int(np.sum(right & ~before)),
        int(np.sum(before & ~right)),
        None if untrained is None else float(np.mean(before)),
    )


def nearest_mean(train: Floats, labels: Labels, asked: Floats, classes: int) -> NDArray[np.int64]:
    """Name vectors (n, d) by the nearest class mean of others: (n,)."""
    means = class_means(unit_rows(train), labels, classes)
    return np.asarray((unit_rows(asked) @ unit_rows(means).T).argmax(axis=1), np.int64)
