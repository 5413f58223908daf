"""Whole networks as contenders: fine-tuned from a backbone, or trained from scratch, on pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from fewshot.backbones.choice import BackboneChoice
from fewshot.evaluation.contender import Labels, Said, Side
from fewshot.evaluation.nearest import softmax
from fewshot.heads.fitting import Hooks
from fewshot.training.network import seeing_pixels, with_head
from fewshot.training.on_pixels import Start
from fewshot.training.phases import Pictures, Progress, Training, run_model
from fewshot.training.settings import Settings
from fewshot.watch import Watch


@dataclass(frozen=True)
class TrainedNetwork:
    """A network as `fewshot train` makes it by default, for all its epochs: nothing is held out.

    choice: what is fine-tuned; None from scratch.
    """

    kind: str  # "finetune" or "scratch"
    choice: BackboneChoice | None = None

    def fit(self, support: Side, labels: Labels, names: int, seed: int) -> FittedNetwork:
        """Train it on the support's pixels."""
        assert support.pixels is not None
        keras.backend.clear_session()
        settings = Settings(self.kind, seed=seed)
        start = Start(settings, self.choice, Watch())
        learned = Pictures(support.pixels(start.size), labels)
        network = with_head(start.base, settings, names)
        training = Training(
            network, start.preprocessing, settings, names, learned, None, Watch(), Hooks()
        )
        training.run(Progress(), lambda _: None)
        see = seeing_pixels(network.whole, start.preprocessing, settings)
        return FittedNetwork(see, start.size)


@dataclass(frozen=True)
class FittedNetwork:
    """A trained network."""

    see: Any  # a Keras model
    side: int

    @property
    def size(self) -> int:
        """Of its weights."""
        return sum(int(np.prod(one.shape)) for one in self.see.weights) * 4

    def ask(self, queries: Side) -> Said:
        """Score by its logits."""
        assert queries.pixels is not None
        logits = run_model(self.see, queries.pixels(self.side)).astype(np.float64)
        if logits.shape[1] == 1:
            logits = np.concatenate([np.zeros_like(logits), logits], axis=1)
        return Said(logits, softmax(logits))
