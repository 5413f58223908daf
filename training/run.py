"""A recipe, pictures and targets come in; a trained network goes out, step by step, resumable.

Every few minutes all weights and the step are written, in one file; a run that was killed goes on
from there with the very batches it would have had. The momentum of the descent is not kept: it
begins anew then, as it does at each size.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from training.batches import Draw
from training.network import Network
from training.recipe import PALETTE, Recipe
from training.student import Heads, Student

Weights = NDArray[np.float32]

WEIGHTS, LOG = "weights.npz", "log.jsonl"
RECIPE, LEARNED = "recipe.json", "learned.json"
SAY = 50
"""Steps between two lines of the log."""
KEEP = 180.0
"""Seconds between two checkpoints."""


def finished_weights(folder: Path, recipe: Recipe) -> dict[str, Any]:
    """Return all that a run learned, by name; raises ValueError for one that is not over."""
    path = folder / WEIGHTS
    if not path.is_file():
        raise ValueError(f"{folder}: nothing is learned there yet")
    with np.load(path, allow_pickle=False) as kept:
        weights = {name: kept[name] for name in kept.files}
    if weights["step"] < recipe.steps:
        done = f"step {int(weights['step']):,} of {recipe.steps:,}"
        raise ValueError(f"{folder}: {done}; let it end first")
    return weights


def network_of(recipe: Recipe, weights: dict[str, Any], side: int) -> keras.Model:
    """Return a network that computes in float32 with the weights of a run, for some size."""
    keras.mixed_precision.set_global_policy("float32")
    network = Network(recipe.shape).at(side)
    network.set_weights([weights[f"w{n:03d}"] for n in range(len(network.weights))])
    return network


class Run:
    """One training in one folder."""

    def __init__(
        self,
        folder: Path,
        recipe: Recipe,
        draw: Draw,
        mean: Weights,
        start: Path | None = None,
    ) -> None:
        """Take the folder, what to do, the batches, and the mean of palette's vectors.

        start: the folder of a run whose weights this one begins with, class by class.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.recipe, self._draw, self.mean = folder, recipe, draw, mean
        sizes = draw.sizes
        keras.utils.set_random_seed(recipe.seed)
        self.network = Network(recipe.shape)
        self.heads = Heads(
            recipe.shape.d,
            sizes[PALETTE],
            recipe.share,
            len(draw.classes),
            {name: (sizes[name], weight) for name, weight in recipe.teachers.items()},
        )
        self._first = self.network.at(recipe.sides[0][0])  # makes the weights
        self.step = self._resume(start)

    def train(self, look: Callable[[int], dict[str, float]] | None = None) -> None:
        """Go on to the end; `look` is asked where the size changes, and at the end."""
        recipe = self.recipe
        while self.step < recipe.steps:
            side = recipe.side_at(self.step)
            until = self.step
            while until < recipe.steps and recipe.side_at(until) == side:
                until += 1
            self._stage(side, until)
            if look:
                self._log({"step": self.step, "side": side, **look(side)})
            self.keep()

    def keep(self) -> None:
        """Write the weights and the step, each whole or not at all."""
        making = self.folder / f".{WEIGHTS}"
        with making.open("wb") as file:
            np.savez(file, **dict(self._named()))
        making.replace(self.folder / WEIGHTS)

    def _stage(self, side: int, until: int) -> None:
        recipe = self.recipe
        student = Student(self.network.at(side), self.heads)
        optimizer = keras.optimizers.SGD(
            recipe.rate, momentum=0.9, nesterov=True, weight_decay=recipe.decay
        )
        optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
        student.compile(optimizer, jit_compile=False)
        losses: list[float] = []
        began = written = time.monotonic()
        batches = self._draw.batches(self.step, until - self.step, recipe.batch, side)
        for given, targets in batches:
            optimizer.learning_rate.assign(recipe.rate_at(self.step))
            self.heads.margin.assign(recipe.margin_at(self.step))
            losses.append(float(student.train_on_batch(given, targets)))
            if not np.isfinite(losses[-1]):
                raise FloatingPointError(f"step {self.step}: the loss is {losses[-1]}")
            self.step += 1
            if self.step % SAY == 0:
                now = time.monotonic()
                speed = recipe.batch * len(losses) / (now - began)
                self._log(
                    {
                        "step": self.step, "of": recipe.steps, "side": side,
                        "loss": round(float(np.mean(losses)), 4), "samples_a_second": round(speed),
                    }
                )  # fmt: skip
                losses, began = [], now
                if now - written > KEEP:
                    self.keep()
                    written = now

    def _named(self) -> Iterator[tuple[str, Any]]:
        yield from ((f"w{n:03d}", one) for n, one in enumerate(self._weights()))
        yield "mean", self.mean
        yield "step", np.int64(self.step)

    def _weights(self) -> list[Weights]:
        return [np.asarray(one) for one in (*self._first.get_weights(), *self.heads.get_weights())]

    def _resume(self, start: Path | None) -> int:
        learned = {
            "pictures": self._draw.pictures, "digest": self._draw.digest,
            "classes": self._draw.classes,
        }  # fmt: skip
        if not (self.folder / WEIGHTS).is_file():
            (self.folder / RECIPE).write_text(self.recipe.to_json())
            (self.folder / LEARNED).write_text(json.dumps(learned))
            if start:
                self._begin_with(start)
            return 0
        if Recipe.read(self.folder / RECIPE) != self.recipe:
            raise ValueError(f"{self.folder}: another recipe was begun there; name another folder")
        if json.loads((self.folder / LEARNED).read_text()) != learned:
            raise ValueError(f"{self.folder}: other pictures were begun there; name another folder")
        network, heads, step = self._kept(self.folder)
        self._first.set_weights(network)
        self.heads.set_weights(heads)
        return step

    def _begin_with(self, start: Path) -> None:
        """Take another run's weights: of the network, the teachers' maps, the classes of both."""
        network, theirs, _ = self._kept(start)
        self._first.set_weights(network)
        known = {
            name: row
            for row, name in enumerate(json.loads((start / LEARNED).read_text())["classes"])
        }
        ours = self.heads.get_weights()
        for row, name in enumerate(self._draw.classes):
            if name in known:
                ours[0][row] = theirs[0][known[name]]
        self.heads.set_weights([ours[0], *theirs[1:]])

    def _kept(self, folder: Path) -> tuple[list[Weights], list[Weights], int]:
        with np.load(folder / WEIGHTS, allow_pickle=False) as kept:
            weights = [kept[name] for name in sorted(kept.files) if name.startswith("w")]
            step = int(kept["step"])
        own = len(self._first.get_weights())
        return weights[:own], weights[own:], step

    def _log(self, line: dict[str, float]) -> None:
        text = json.dumps({"time": time.strftime("%H:%M:%S"), **line})
        print(text, flush=True)
        with (self.folder / LOG).open("a") as file:
            file.write(text + "\n")
