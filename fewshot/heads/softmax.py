"""Vectors and labels come in; a head trained to tell the labels apart by softmax goes out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from fewshot.heads.batches import Labels, ShuffledBatches, class_weights
from fewshot.heads.estimator import Course, HeadEstimator, middle_and_scale
from fewshot.heads.fitting import Epoch
from fewshot.heads.head import Floats, Head
from fewshot.heads.layers import (
    classified,
    classifier_of,
    dense_layers,
    features,
    standardize,
    start_at_means,
)
from fewshot.heads.objective import optimizer_of, toward_classes
from fewshot.heads.shapes import MAPPED_RATE, PLAIN_RATE, SHAPES
from fewshot.heads.temperature import class_means


class SoftmaxHead(HeadEstimator):
    """A classifier by cross-entropy.

    shape: a name of `heads.shapes.SHAPES`; "cosine" learns a space too that names it never saw gain
    from. loss: "categorical", or "binary" of two classes. optimizer: "adam", "nadam", "sgd", at
    `rate`. epochs: at most; patience: epochs without a better loss on a validation set that end
    it, 0 for none. rate: None takes 3e-4 for "cosine", 1e-3 for the others. batch: vectors a step.
    class_weight: "balanced", None, or what an example of each class counts. seed: the same one
    gives the same head.
    """

    def __init__(
        self,
        shape: str = "cosine",
        *,
        loss: str = "categorical",
        optimizer: str = "adam",
        rate: float | None = None,
        epochs: int = 30,
        batch: int = 32,
        patience: int = 0,
        class_weight: str | Mapping[Any, float] | None = "balanced",
        seed: int = 0,
    ) -> None:
        self.shape = shape
        self.loss = loss
        self.optimizer = optimizer
        self.rate = rate
        self.epochs = epochs
        self.batch = batch
        self.patience = patience
        self.class_weight = class_weight
        self.seed = seed

    def _fitted(self, x: Floats, y: Labels, course: Course) -> tuple[Head, list[Epoch]]:
        classes, shape, binary = len(self.classes_), SHAPES[self.shape], self.loss == "binary"
        if binary and classes != 2:
            raise ValueError(f"a binary loss tells two classes apart, there are {classes}")
        mean, scale = middle_and_scale(x)
        if not shape.mapped:
            scale *= float(np.sqrt(x.shape[1]))  # numbers of about 1, as layers start out for
        inner = (x - mean) * np.float32(scale)
        given = keras.Input((x.shape[1],))
        before = features(shape, given, d=None, unit=shape.mapped, seed=self.seed)
        model = keras.Model(given, classified(before, classes, binary=binary, seed=self.seed))
        rate = self.rate or (MAPPED_RATE if shape.mapped else PLAIN_RATE)
        toward_classes(model, optimizer_of(self.optimizer, rate), binary=binary)
        if shape.mapped:
            start_at_means(model, class_means(inner, y, classes))

        def head() -> Head:
            made = Head(dense_layers(model), classifier_of(model), unit=shape.mapped)
            return standardize(made, mean, scale)

        weights = class_weights(y, self._counted())
        batches = ShuffledBatches(inner, y, weights, size=self.batch, seed=self.seed)
        return self._follow(model, batches, head, course)

    def _counted(self) -> str | list[float] | None:
        given = self.class_weight
        if isinstance(given, Mapping):
            return [float(given.get(label, 1.0)) for label in self.classes_]
        if given not in ("balanced", None):
            raise ValueError(f"class_weight is 'balanced', None or a mapping, not {given!r}")
        return given
