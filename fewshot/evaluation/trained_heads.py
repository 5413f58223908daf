"""Our heads as contenders: softmax and triplet, trained on the vectors of the support."""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np

from fewshot.evaluation.contender import Labels, Said, Side
from fewshot.heads.estimator import HeadEstimator
from fewshot.heads.head import Head
from fewshot.heads.softmax import SoftmaxHead
from fewshot.heads.triplet import TripletHead


@dataclass(frozen=True)
class TrainedHead:
    """A head as `fewshot train` makes it by default, for all its epochs: nothing is held out."""

    kind: str  # "softmax" or "triplet"

    def fit(self, support: Side, labels: Labels, names: int, seed: int) -> FittedHead:
        """Train it on the support."""
        keras.backend.clear_session()
        made: HeadEstimator = (
            SoftmaxHead(seed=seed) if self.kind == "softmax" else TripletHead(seed=seed)
        )
        return FittedHead(made.fit(support.vectors, labels).head_)


@dataclass(frozen=True)
class FittedHead:
    """A trained head, as plain arrays."""

    head: Head

    @property
    def size(self) -> int:
        """Of its arrays."""
        return sum(int(one.nbytes) for one in self.head.arrays().values())

    def ask(self, queries: Side) -> Said:
        """Score by its logits."""
        return Said(
            self.head.logits(queries.vectors).astype(np.float64),
            self.head.probabilities(queries.vectors).astype(np.float64),
        )
