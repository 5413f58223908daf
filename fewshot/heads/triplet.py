"""Vectors and labels come in; a head trained to bring like to like, by triplets, goes out."""

from __future__ import annotations

import keras
import numpy as np

from fewshot.heads.batches import Labels, NameBatches
from fewshot.heads.estimator import Course, HeadEstimator, middle_and_scale
from fewshot.heads.fitting import Epoch
from fewshot.heads.head import Floats, Head
from fewshot.heads.layers import (
    dense_layers,
    features,
    prototype_classifier,
    standardize,
    start_at_components,
)
from fewshot.heads.objective import optimizer_of, toward_names
from fewshot.heads.shapes import SHAPES
from fewshot.heads.temperature import class_means, fit_scale


class TripletHead(HeadEstimator):
    """A map into a space where pictures of one name lie nearer than those of others.

    It classifies by nearest class mean there. shape: a name of `heads.shapes.SHAPES`, of which the
    hidden layers count. d: numbers of a vector of the space; None: as many as come in, the map then
    starts as no change at all, which names never trained on gain from most. mining: "batch-hard" or
    "semi-hard". margin: by how much a negative is to be farther, as Euclidean distance of unit
    vectors. names, pictures: P and K of a batch. The others as in `SoftmaxHead`.
    """

    def __init__(
        self,
        shape: str = "cosine",
        *,
        d: int | None = None,
        mining: str = "batch-hard",
        margin: float = 0.2,
        names: int = 8,
        pictures: int = 4,
        optimizer: str = "adam",
        rate: float = 1e-4,
        epochs: int = 30,
        patience: int = 0,
        seed: int = 0,
    ) -> None:
        self.shape = shape
        self.d = d
        self.mining = mining
        self.margin = margin
        self.names = names
        self.pictures = pictures
        self.optimizer = optimizer
        self.rate = rate
        self.epochs = epochs
        self.patience = patience
        self.seed = seed

    def _fitted(self, x: Floats, y: Labels, course: Course) -> tuple[Head, list[Epoch]]:
        classes = len(self.classes_)
        mean, scale = middle_and_scale(x)
        inner = (x - mean) * np.float32(scale)
        given = keras.Input((x.shape[1],))
        shape = SHAPES[self.shape]
        model = keras.Model(given, features(shape, given, d=self.d, unit=True, seed=self.seed))
        if not shape.hidden:
            start_at_components(model, inner)
        optimizer = optimizer_of(self.optimizer, self.rate)
        toward_names(model, optimizer, mining=self.mining, margin=self.margin)

        def head() -> Head:
            layers = dense_layers(model)
            blank = np.zeros((classes, layers[-1].kernel.shape[1]), np.float32)
            space = standardize(
                Head(layers, prototype_classifier(blank, 1.0), unit=True), mean, scale
            )
            vectors = space.embed(x)
            means = class_means(vectors, y, classes)
            closest = prototype_classifier(means, fit_scale(vectors, y, classes))
            return Head(space.hidden, closest, unit=True)

        batches = NameBatches(inner, y, names=self.names, pictures=self.pictures, seed=self.seed)
        return self._follow(model, batches, head, course)

    def _counted(self) -> str:
        return "balanced"
