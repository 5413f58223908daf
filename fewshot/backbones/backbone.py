"""What a backbone does: crops -> unit vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from fewshot.backbones.blueprint import Blueprint
from fewshot.backbones.spec import BackboneSpec


class Backbone(Protocol):
    """Turns crops into unit vectors; safe to call from several threads at once."""

    @property
    def spec(self) -> BackboneSpec:
        """The card, with input_size and d as they are here."""

    @property
    def fingerprint(self) -> str:
        """The digest of all that decides its numbers, hex."""

    @property
    def blueprint(self) -> Blueprint | None:
        """What it was built from; None where nothing is built."""

    @property
    def head(self) -> str | None:
        """The fingerprint of a trained head over it; None where there is none."""

    @property
    def lift(self) -> float | None:
        """By how much strangers come nearer than names of its training; see `Recipe`."""

    def embed(self, crops: Sequence[NDArray[np.uint8]], *, threads: int = 1) -> NDArray[np.float32]:
        """Turn n crops, each (height, width, 3) uint8 RGB of any size, into vectors.

        threads: how many cores this call may use, where the backbone can use more than one.
        Returns (n, d) float32, each row of length 1 within 1e-5; the same crop gives the same
        row whatever stands beside it.
        """
