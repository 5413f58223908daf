"""A network and squares of pixels come in; the network trained, phase by phase, goes out.

Two phases: only the head learns, then also the last layers of the network, at a lower rate. From
scratch there is one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from fewshot.heads.batches import Batches, Labels, NameBatches, ShuffledBatches, class_weights
from fewshot.heads.fitting import Epoch, Hooks, Scores, State, fit
from fewshot.heads.head import Floats, Head, Layer
from fewshot.heads.layers import classifier_of, prototype_classifier, start_at_means
from fewshot.heads.objective import optimizer_of, toward_classes, toward_names
from fewshot.heads.scored import scores_of
from fewshot.heads.shapes import SHAPES
from fewshot.heads.temperature import class_means, fit_scale
from fewshot.training.network import Network, freeze, parted, seeing_pixels
from fewshot.training.settings import Settings
from fewshot.training.squares import IN_MEMORY, Rows, Squares
from fewshot.watch import Watch

HEAD, NETWORK = "head", "network"
_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Pictures:
    """Squares with the numbers of their classes."""

    pixels: Squares | Rows  # (n, size, size, 3)
    labels: Labels  # (n,)


@dataclass(frozen=True, slots=True, eq=False)
class Progress:
    """How far a training has come: what ended phases left, and where the present one stands."""

    phase: str = HEAD
    history: tuple[Epoch, ...] = ()  # of the phases before
    state: State | None = None


@dataclass(frozen=True, slots=True)
class Training:
    """All that the phases of one training have in common.

    validation: what the best epoch is chosen on; None keeps the last one. once: whether what the
    frozen layers make of the pictures is computed once, where it is always the same.
    """

    network: Network
    preprocessing: str
    settings: Settings
    classes: int
    train: Pictures
    validation: Pictures | None
    watch: Watch
    hooks: Hooks
    once: bool = True

    @property
    def steps(self) -> int:
        """How many batches it learns from, at most."""
        settings = self.settings
        epochs = settings.epochs
        if settings.kind == "finetune":
            epochs = settings.head_epochs + (epochs if settings.unfreeze != 0 else 0)
        return epochs * self._batches(self.train.pixels).steps

    def run(self, progress: Progress, keep: Callable[[Progress], None]) -> list[Epoch]:
        """Run all phases that are not done; `keep` hears of each epoch's end."""
        settings, history, state = self.settings, progress.history, progress.state
        if settings.kind == "finetune" and progress.phase == HEAD:
            self._begin_head()
            freeze(self.network.base, 0)
            epochs, rate = settings.head_epochs, settings.head_rate
            done = self._phase(HEAD, epochs, rate, Progress(HEAD, (), state), keep).done
            if settings.unfreeze == 0:
                return done
            history, state = tuple(done), None
        if settings.kind == "finetune":
            freeze(self.network.base, settings.unfreeze)
        before = Progress(NETWORK, history, state)
        return [*history, *self._phase(NETWORK, settings.epochs, settings.rate, before, keep).done]

    def _begin_head(self) -> None:
        """Let a head on length 1 begin as nearest class mean of what the network gives."""
        if self.settings.loss != "triplet" and SHAPES[self.settings.head].mapped:
            see = seeing_pixels(self.network.features, self.preprocessing, self.settings)
            made = run_model(see, self.train.pixels, self.watch, "looking")
            means = class_means(made, self.train.labels, self.classes)
            start_at_means(self.network.whole, means)

    def _phase(
        self,
        phase: str,
        epochs: int,
        rate: float,
        progress: Progress,
        keep: Callable[[Progress], None],
    ) -> State:
        model, train, validation = self._inputs()
        settings, labels, held = self.settings, self.train.labels, self.validation
        triplet = settings.loss == "triplet"
        optimizer = optimizer_of(settings.optimizer, rate)
        if triplet:
            toward_names(model, optimizer, mining=settings.mining, margin=settings.margin)
        else:
            toward_classes(model, optimizer, binary=settings.loss == "binary")

        def validate(truth: Labels) -> Scores:
            found = run_model(model, validation)
            if triplet:
                closest = _closest(run_model(model, train), labels, self.classes)
                found = found @ closest.kernel
            elif found.shape[1] == 1:
                found = np.concatenate([np.zeros_like(found), found], axis=1)
            return scores_of(found, truth, class_weights(truth, self._counted))

        def after_epoch(state: State) -> None:
            keep(Progress(phase, progress.history, state))

        return fit(
            model,
            self._batches(train),
            stage=phase,
            epochs=epochs,
            patience=settings.patience if held else 0,
            validate=(lambda: validate(held.labels)) if held else None,
            state=progress.state,
            hooks=Hooks(self.hooks.after_step, after_epoch),
        )

    def _batches(self, given: NDArray[Any] | Rows) -> Batches:
        settings, labels = self.settings, self.train.labels
        if settings.loss == "triplet":
            names, pictures = settings.names, settings.pictures
            return NameBatches(given, labels, names=names, pictures=pictures, seed=settings.seed)
        weights = class_weights(labels, self._counted)
        return ShuffledBatches(given, labels, weights, size=settings.batch, seed=settings.seed)

    @property
    def _counted(self) -> str | None:
        return None if self.settings.class_weights == "none" else self.settings.class_weights

    def _inputs(self) -> tuple[keras.Model, NDArray[Any] | Rows, NDArray[Any] | Rows]:
        """Return the model to fit and what it is given: pixels, or what the frozen part makes."""
        whole, settings = self.network.whole, self.settings
        held = self.validation.pixels if self.validation else self.train.pixels[:0]
        pixels = self.train.pixels, held
        parts = parted(self.network.base, whole) if self.once and not settings.augment else None
        if parts:
            before, after = parts
            numbers = int(np.prod(before.outputs[0].shape[1:])) * sum(map(len, pixels))
            if 4 * numbers <= IN_MEMORY:
                see = seeing_pixels(before, self.preprocessing, settings)
                what = "frozen layers"
                return after, run_model(see, pixels[0], self.watch, what), run_model(see, pixels[1])
        return seeing_pixels(whole, self.preprocessing, settings), *pixels


def run_model(
    model: keras.Model, given: NDArray[Any] | Rows, watch: Watch | None = None, what: str = ""
) -> Floats:
    """Run a model as it answers, not as it learns: (n, ...) -> (n, ...) float32."""
    shape = tuple(model.outputs[0].shape[1:])
    made: Floats = np.empty((len(given), *shape), np.float32)
    with (watch or Watch()).bar(what, len(given)) as advance:
        for at in range(0, len(given), _AT_ONCE):
            some = given[at : at + _AT_ONCE]
            made[at : at + len(some)] = model.predict_on_batch(some)
            advance(len(some))
    return made


def _closest(vectors: Floats, labels: Labels, classes: int) -> Layer:
    means = class_means(vectors, labels, classes)
    return prototype_classifier(means, fit_scale(vectors, labels, classes))


def trained_head(training: Training) -> Head:
    """Return the classifier over a trained network's features, as plain arrays."""
    if training.settings.loss != "triplet":
        return Head((), classifier_of(training.network.whole), takes="raw")
    see = seeing_pixels(training.network.features, training.preprocessing, training.settings)
    made = run_model(see, training.train.pixels)
    return Head((), _closest(made, training.train.labels, training.classes), takes="raw")
