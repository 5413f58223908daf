"""A model comes in; what it is to get better at, and by which steps, is laid down in it."""

from __future__ import annotations

import keras

from fewshot.heads.mining import MININGS

DECAY = 1e-4
"""What each weight loses a step, times the rate."""


def optimizer_of(name: str, rate: float) -> keras.optimizers.Optimizer:
    """Return an optimizer by name: "adam", "nadam" or "sgd" (momentum 0.9)."""
    if name == "sgd":
        return keras.optimizers.SGD(rate, momentum=0.9, weight_decay=DECAY)
    kinds = {"adam": keras.optimizers.Adam, "nadam": keras.optimizers.Nadam}
    return kinds[name](rate, weight_decay=DECAY)


def toward_classes(
    model: keras.Model, optimizer: keras.optimizers.Optimizer, *, binary: bool
) -> None:
    """Compile a model that gives logits for cross-entropy."""
    if binary:
        loss = keras.losses.BinaryCrossentropy(from_logits=True)
        metric = keras.metrics.BinaryAccuracy(name="accuracy", threshold=0.0)
    else:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        metric = keras.metrics.SparseCategoricalAccuracy(name="accuracy")
    model.compile(optimizer, loss, metrics=[metric], jit_compile=False)


def toward_names(
    model: keras.Model, optimizer: keras.optimizers.Optimizer, *, mining: str, margin: float
) -> None:
    """Compile a model that gives unit vectors for a triplet loss; see `mining`."""
    model.compile(optimizer, MININGS[mining](margin), jit_compile=False)
