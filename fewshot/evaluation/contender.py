"""The contract that all contenders keep: fit on the support, score queries, say what it takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from fewshot.index import Vectors

Scores = NDArray[np.float64]
Labels = NDArray[np.int64]
Pixels = Callable[[int], NDArray[np.uint8]]
"""A number of pixels a side comes in; the pictures, (n, side, side, 3), go out."""


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """The pictures of a support, or of queries, in whichever form a contender wants them."""

    vectors: Vectors  # (n, d), of length 1; (n, 0) for a contender without a backbone
    pixels: Pixels | None = None  # None where vectors were given


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """What a contender says of q queries, for each of c names."""

    scores: Scores  # (q, c), larger is nearer
    chances: Scores | None = None  # (q, c), rows of sum 1; None: it gives no probabilities
    sureness: Scores | None = None  # (q,) what is decided on; None: the best score
    named: NDArray[np.bool_] | None = None  # (q,) whether it names anybody; None: it always does


class Fitted(Protocol):
    """A contender that has seen a support."""

    @property
    def size(self) -> int:
        """How many bytes it keeps."""

    def ask(self, queries: Side) -> Said:
        """Score queries; the names are 0 to c - 1, as in the support."""


class Contender(Protocol):
    """A way to name pictures after having seen a few of each name."""

    def fit(self, support: Side, labels: Labels, names: int, seed: int) -> Fitted | None:
        """See the support; labels (s,), 0 to names - 1, each at least once.

        None where it takes more pictures a name than there are.
        """
