"""What a training made, whichever way: all that the model file is written from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fewshot.bundles.bundle import Base
from fewshot.heads.fitting import Epoch
from fewshot.heads.head import Floats, Head


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """A trained model, and what it says of the pictures held out.

    validated: its features of these, as they are served, (n, base.d). untrained: what nearest class
    mean says of them before training, (n,); None from scratch. parity: how well the served graph
    agrees with Keras, for people. lift: how much nearer strangers come than names it was trained
    on do to each other; None where that was not measured.
    """

    base: Base
    head: Head
    graph: bytes | None
    history: list[Epoch]
    validated: Floats
    untrained: NDArray[np.int64] | None
    parity: str
    lift: float | None
