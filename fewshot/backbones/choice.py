"""Which backbone is meant: a name of the catalog or file:PATH, and what is to be otherwise."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

FILE = "file:"
BUNDLE = ".fewshot"


@dataclass(frozen=True, slots=True)
class BackboneChoice:
    """A backbone and its options; None takes what its card says.

    name: a name of `fewshot models list`, or "file:PATH", a Keras model of your own.
    weights: a file, or the name of one in a folder of FEWSHOT_WEIGHTS.
    layer: the layer whose output, pooled by global average, is the embedding.
    size: pixels a side of the network's input. precision: "float32", "fp16" or "int8".
    preprocessing: "raw", "unit", "symmetric", "caffe", "vggface" or "vggface2".
    """

    name: str
    weights: str | os.PathLike[str] | None = None
    layer: str | None = None
    size: int | None = None
    precision: str | None = None
    preprocessing: str | None = None

    @property
    def given(self) -> dict[str, object]:
        """Return the options that were given."""
        options = {
            "weights": self.weights,
            "layer": self.layer,
            "size": self.size,
            "precision": self.precision,
            "preprocessing": self.preprocessing,
        }
        return {key: value for key, value in options.items() if value is not None}

    @property
    def own_model(self) -> Path | None:
        """Return the path of file:PATH, absolute; None for a name of the catalog."""
        if not self.name.startswith(FILE):
            return None
        return Path(os.path.abspath(os.path.expanduser(self.name.removeprefix(FILE))))

    @property
    def published(self) -> bool:
        """Whether the publisher's own weights are meant."""
        return self.weights is None and self.own_model is None

    @classmethod
    def of(cls, meant: str | BackboneChoice) -> BackboneChoice:
        """Return a choice, its file: path absolute; a name stands for itself; raises TypeError."""
        if isinstance(meant, str):
            meant = cls(meant)
        if not isinstance(meant, cls):
            raise TypeError(f"a backbone is a name or a BackboneChoice, not {type(meant).__name__}")
        own = meant.own_model
        return replace(meant, name=f"{FILE}{own}") if own else meant


def is_bundle(path: Path) -> bool:
    """Tell by its name whether a file is meant as a model that fewshot trained, not as Keras's."""
    return path.suffix.lower() == BUNDLE
