"""What a backbone is: a card that can be read without building it, and crops -> unit vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class StrangerPrior:
    """How high a stranger's best similarity climbs in a gallery of n references.

    The similarity that 5 % of strangers exceed, measured on other pictures, as
    at_one + per_doubling * log2(n), never above `ceiling`; `eval/strangers.py` prints it.
    """

    at_one: float
    per_doubling: float
    ceiling: float


@dataclass(frozen=True, slots=True)
class BackboneSpec:
    """A backbone's card."""

    name: str
    summary: str
    input_size: int  # pixels a side
    d: int  # numbers a vector
    license: str  # of the weights
    strangers: StrangerPrior


class Backbone(Protocol):
    """Turns crops into unit vectors; safe to call from several threads at once."""

    @property
    def spec(self) -> BackboneSpec:
        """The card."""

    @property
    def fingerprint(self) -> str:
        """The digest of all that decides its numbers, hex."""

    def embed(self, crops: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Turn n crops, each (height, width, 3) uint8 RGB of any size, into vectors.

        Returns (n, d) float32, each row of length 1 within 1e-5; the same crop gives the same
        row whatever stands beside it.
        """
