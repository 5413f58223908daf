"""A compiled model and its batches come in; the best of its epochs goes out, and how each went.

The loop is written out, not left to `Model.fit`: an epoch's batches depend on its number alone, and
between two epochs everything can be put aside and taken up again, so that a training that was
interrupted ends as one that was not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from time import perf_counter
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from fewshot.heads.batches import Batches

Arrays = list[NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Scores:
    """How a model did on pictures it does not learn from."""

    loss: float  # mean cross-entropy, nats
    accuracy: float  # in [0, 1]


@dataclass(frozen=True, slots=True)
class Epoch:
    """How one epoch went."""

    stage: str
    number: int  # from 1 on
    loss: float
    accuracy: float | None  # of the batches as they were learned; None for a triplet loss
    validation_loss: float | None
    validation_accuracy: float | None
    seconds: float = field(compare=False, default=0.0)

    def to_mapping(self) -> dict[str, Any]:
        """Return its parts, ready for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """Where a stage of a training stands: all that going on takes."""

    done: list[Epoch] = field(default_factory=list)
    variables: Arrays | None = None  # the model's, random generators included
    optimizer: Arrays | None = None
    best: Arrays | None = None  # the model's variables at the best validation loss
    best_loss: float = float("inf")
    waited: int = 0  # epochs since then


@dataclass(frozen=True, slots=True)
class Hooks:
    """Who is told while a model is fitted."""

    after_step: Callable[[str, int, float, float | None], None] = lambda *_: None
    after_epoch: Callable[[State], None] = lambda _: None


def fit(
    model: keras.Model,
    batches: Batches,
    *,
    stage: str,
    epochs: int,
    patience: int = 0,
    validate: Callable[[], Scores] | None = None,
    state: State | None = None,
    hooks: Hooks | None = None,
) -> State:
    """Fit a compiled model; it is left with the variables of its best epoch.

    epochs: at most. patience: how many epochs without a better validation loss end it; 0: none
    does. validate: scores the model as it is; without it the last epoch is the best.
    state: where an interrupted fit stood. Raises FloatingPointError where the loss is not finite.
    """
    state, hooks = state or State(), hooks or Hooks()
    if state.variables is not None:
        _assign(model.variables, state.variables)
        model.optimizer.build(model.trainable_variables)
        _assign(model.optimizer.variables, state.optimizer or [])
    while len(state.done) < epochs and not (patience and state.waited >= patience):
        number, began = len(state.done), perf_counter()
        told, seen = {"loss": 0.0}, 0
        for batch in batches.epoch(number):
            model.reset_metrics()  # as Keras does by itself from 3.15 on
            given = {"sample_weight": batch.weights, "return_dict": True}
            answered = model.train_on_batch(batch.x, batch.y, **given)
            more = len(batch.y)
            told = {
                name: (told.get(name, 0.0) * seen + float(value) * more) / (seen + more)
                for name, value in answered.items()
            }
            seen += more
            if not np.isfinite(told["loss"]):
                raise FloatingPointError(
                    f"the loss is no number in epoch {number + 1}: learn at a lower rate"
                )
            hooks.after_step(stage, number + 1, told["loss"], told.get("accuracy"))
        found = validate() if validate else None
        now = _values(model.variables)
        better = found is not None and found.loss < state.best_loss
        state = State(  # in one step: somebody may stop this at any moment
            [
                *state.done,
                Epoch(
                    stage,
                    number + 1,
                    told["loss"],
                    told.get("accuracy"),
                    found.loss if found else None,
                    found.accuracy if found else None,
                    round(perf_counter() - began, 3),
                ),
            ],
            now,
            _values(model.optimizer.variables),
            now if better else state.best,
            found.loss if found and better else state.best_loss,
            0 if better else state.waited + 1,
        )
        hooks.after_epoch(state)
    if state.best is not None:
        _assign(model.variables, state.best)
    return state


def _values(variables: list[Any]) -> Arrays:
    return [np.array(keras.ops.convert_to_numpy(one)) for one in variables]


def _assign(variables: list[Any], values: Arrays) -> None:
    if [tuple(one.shape) for one in variables] != [one.shape for one in values]:
        raise ValueError("what was put aside is not of this model")
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
