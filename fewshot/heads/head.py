"""A backbone's vectors come in; class probabilities, or vectors of a trained space, go out.

What is left of a head when training is over: plain arrays, run by numpy. Nothing here knows Keras.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from fewshot.lengths import unit_rows
from fewshot.recipe import MAX_D

INPUTS = ("unit", "raw")
MAX_LAYERS, MAX_CLASSES = 8, 65_536

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """An affine map, and whether what is negative becomes zero: x -> relu(x @ kernel + bias)."""

    kernel: Floats  # (before, after)
    bias: Floats  # (after,)
    relu: bool = False

    def __post_init__(self) -> None:
        for array in (self.kernel, self.bias):
            if array.dtype != np.float32 or not np.isfinite(array).all():
                raise ValueError("a head's arrays are finite float32")
            array.flags.writeable = False
        if self.kernel.ndim != 2 or self.bias.shape != (self.kernel.shape[1],):
            raise ValueError(f"a layer has shapes {self.kernel.shape} and {self.bias.shape}")

    def __call__(self, x: Floats) -> Floats:
        """Turn (n, before) into (n, after)."""
        with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is refused later
            out: Floats = x @ self.kernel + self.bias
        return np.maximum(out, 0, out=out) if self.relu else out


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """Layers over a backbone's vectors, and a classifier over these.

    hidden: the layers, none or more. classifier: to one number a class, or to one number in all
    where there are two classes (binary). takes: "unit", vectors of length 1, or "raw", as the
    network gives them. unit: whether what leaves the hidden layers is brought to length 1. Without
    a hidden layer its space is the backbone's own.
    """

    hidden: tuple[Layer, ...]
    classifier: Layer
    takes: str = "unit"
    unit: bool = False

    def __post_init__(self) -> None:
        layers = (*self.hidden, self.classifier)
        if len(layers) > MAX_LAYERS:
            raise ValueError(f"a head has at most {MAX_LAYERS} layers")
        for one, next_one in pairwise(layers):
            if one.kernel.shape[1] != next_one.kernel.shape[0]:
                raise ValueError("a head's layers do not fit each other")
        if self.takes not in INPUTS:
            raise ValueError(f"a head takes one of {INPUTS}")
        if not 1 <= self.d <= MAX_D or not 1 <= self.classifier.kernel.shape[1] <= MAX_CLASSES:
            raise ValueError(f"a head gives 1 to {MAX_D} numbers, and 1 to {MAX_CLASSES} logits")

    @property
    def d_in(self) -> int:
        """How many numbers a vector of the backbone has."""
        return int((*self.hidden, self.classifier)[0].kernel.shape[0])

    @property
    def d(self) -> int:
        """How many numbers a vector of the trained space has."""
        return int(self.classifier.kernel.shape[0])

    @property
    def classes(self) -> int:
        """How many classes it was trained on."""
        return max(2, int(self.classifier.kernel.shape[1]))

    def logits(self, vectors: Floats) -> Floats:
        """Turn (n, d_in) into (n, classes): the numbers whose softmax are the probabilities."""
        out = self.classifier(self._features(vectors))
        if not np.isfinite(out).all():
            raise FloatingPointError("the head gives numbers that are not finite")
        return out if out.shape[1] > 1 else np.concatenate([np.zeros_like(out), out], axis=1)

    def probabilities(self, vectors: Floats) -> Floats:
        """Turn (n, d_in) into (n, classes), each row in [0, 1], of sum 1."""
        logits = self.logits(vectors).astype(np.float64)
        grown = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(grown / grown.sum(axis=1, keepdims=True), np.float32)

    def embed(self, vectors: Floats) -> Floats:
        """Turn (n, d_in) into (n, d) float32, each row of length 1 within 1e-5."""
        return unit_rows(self._features(vectors))

    def _features(self, vectors: Floats) -> Floats:
        x = np.asarray(vectors, np.float32)
        for layer in self.hidden:
            x = layer(x)
        return unit_rows(x) if self.unit else x

    @property
    def fingerprint(self) -> str:
        """Return the digest of all that decides its numbers, hex."""
        digest = sha256(json.dumps(self.about(), sort_keys=True).encode())
        for array in self.arrays().values():
            digest.update(np.ascontiguousarray(array, "<f4").data)
        return digest.hexdigest()

    def about(self) -> dict[str, object]:
        """Return all but its arrays, ready for JSON; `from_parts` reads it."""
        return {
            "takes": self.takes,
            "unit": self.unit,
            "layers": [
                {"shape": list(layer.kernel.shape), "relu": layer.relu}
                for layer in (*self.hidden, self.classifier)
            ],
        }

    def arrays(self) -> dict[str, Floats]:
        """Return its arrays by name, first layer first."""
        found = {}
        for number, layer in enumerate((*self.hidden, self.classifier)):
            found[f"kernel{number}"] = layer.kernel
            found[f"bias{number}"] = layer.bias
        return found

    @classmethod
    def from_parts(cls, about: dict[str, object], arrays: dict[str, Floats]) -> Head:
        """Put together what `about` and `arrays` gave; raises ValueError for anything else."""
        try:
            stated = about["layers"]
            assert isinstance(stated, list)
            layers = []
            for number, one in enumerate(stated):
                layer = Layer(arrays[f"kernel{number}"], arrays[f"bias{number}"], one["relu"])
                if list(layer.kernel.shape) != one["shape"] or type(one["relu"]) is not bool:
                    raise ValueError("a layer has another shape than it says")
                layers.append(layer)
            if len(arrays) != 2 * len(layers) or type(about["unit"]) is not bool:
                raise ValueError("it has other arrays than it says")
            *hidden, classifier = layers
            return cls(tuple(hidden), classifier, str(about["takes"]), about["unit"])
        except (KeyError, TypeError, AttributeError, AssertionError, IndexError) as error:
            raise ValueError(f"not a head: {error}") from error
