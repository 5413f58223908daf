"""Pictures come in; how fast heads and networks are trained, beside bare Keras, goes out.

    python -m eval.training_speed [--data FOLDER] [--repeats 5] [--out ...]

Heads: 40 classes of ten vectors of MobileNetV2 that are there already. Fine-tuning: the last block
of MobileNetV2 and a classifier on 500 pictures at 150 pixels, in steps of 32; an epoch of ours,
with the frozen layers run once and without that, beside `Model.fit` of Keras on arrays that were
preprocessed beforehand. In turns, so that each repeat is a ratio of its own.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from eval.backbones import load, measurable, vectors_of
from eval.pictures import read_set
from eval.report import markdown, spread, summary, write
from eval.sets import offer_vectors, read_options
from fewshot.heads.batches import Labels
from fewshot.heads.fitting import Hooks
from fewshot.heads.softmax import SoftmaxHead
from fewshot.heads.triplet import TripletHead
from fewshot.training.network import freeze, with_head
from fewshot.training.on_pixels import Start
from fewshot.training.phases import NETWORK, Pictures, Progress, Training
from fewshot.training.settings import Settings
from fewshot.training.squares import Squares, read_squares
from fewshot.watch import Watch

CLASSES, SHOTS = 40, 10
PICTURES, SIZE, BATCH = 500, 150, 32
BLOCK = "block_16_expand"
EPOCHS = 3
SECONDS, RATIO = 10.0, 0.8
"""What a head may take, and how fast fine-tuning must be beside bare Keras."""


def heads(folder: Path, repeats: int, keep: Path | None) -> dict[str, Any]:
    """Return the seconds that fitting each head takes."""
    pictures = read_set(folder, at_least=SHOTS, most_classes=CLASSES, most_pictures=SHOTS)
    vectors = vectors_of(pictures, load("mobilenetv2"), keep)
    found: dict[str, list[float]] = {"softmax head": [], "triplet head": []}
    for seed in range(repeats):
        for title, head in (
            ("softmax head", SoftmaxHead(seed=seed)),
            ("triplet head", TripletHead(seed=seed)),
        ):
            began = perf_counter()
            head.fit(vectors, pictures.labels)
            found[title].append(perf_counter() - began)
    return {title: summary(values) for title, values in found.items()}


def _settings() -> Settings:
    return Settings(
        "finetune", head="gap", unfreeze=BLOCK, size=SIZE, batch=BATCH, epochs=EPOCHS, patience=0
    )


def ours(start: Start, pixels: Squares, labels: Labels, *, once: bool) -> tuple[float, float]:
    """Return the pictures a second of the later epochs, and of the phase as a whole."""
    settings = _settings()
    classes = int(labels.max()) + 1
    network = with_head(start.base, settings, classes)
    training = Training(
        network, start.preprocessing, settings, classes, Pictures(pixels, labels), None, Watch(),
        Hooks(), once,
    )  # fmt: skip
    began = perf_counter()
    history = training.run(Progress(NETWORK), lambda _: None)
    whole = perf_counter() - began
    later = np.median([epoch.seconds for epoch in history[1:]])
    return len(labels) / float(later), EPOCHS * len(labels) / whole


def bare(start: Start, inputs: NDArray[Any], labels: Labels) -> float:
    """Return the pictures a second of `Model.fit`, its first epoch left out."""
    settings = _settings()
    network = with_head(start.base, settings, int(labels.max()) + 1)
    freeze(network.base, BLOCK)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network.whole.compile(keras.optimizers.Adam(1e-4), loss, jit_compile=False)
    clock = _Clock()
    network.whole.fit(inputs, labels, batch_size=BATCH, epochs=EPOCHS, verbose=0, callbacks=[clock])
    return len(labels) / float(np.median(clock.seconds[1:]))


class _Clock(keras.callbacks.Callback):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        self._began = perf_counter()

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:
        self.seconds.append(perf_counter() - self._began)


def finetuning(folder: Path, repeats: int) -> dict[str, Any]:
    """Return pictures a second of each way, and ratios to bare Keras."""
    pictures = read_set(folder, at_least=10, most_classes=50, most_pictures=10)
    files, labels = pictures.files[:PICTURES], pictures.labels[:PICTURES]
    pixels, _ = read_squares(files, SIZE, "whole", folder, Watch())
    inputs = (pixels.astype(np.float32) - 127.5) / 127.5
    ways: dict[str, Callable[[Start], tuple[float, ...]]] = {
        "bare Keras fit": lambda start: (bare(start, inputs, labels),),
        "ours, every layer each epoch": lambda start: ours(start, pixels, labels, once=False),
        "ours, frozen layers once": lambda start: ours(start, pixels, labels, once=True),
    }
    found: dict[str, list[float]] = {title: [] for title in ways}
    wholes: list[float] = []
    for _ in range(repeats):
        for title, way in ways.items():
            keras.backend.clear_session()
            choice = replace(measurable()["mobilenetv2"], size=SIZE)
            speeds = way(Start(_settings(), choice, Watch()))
            found[title].append(speeds[0])
            if title.endswith("once"):
                wholes.append(speeds[1])
    beside = found["bare Keras fit"]
    result: dict[str, Any] = {"pictures": len(files)}
    for title, each in found.items():
        ratios = [one / other for one, other in zip(each, beside, strict=True)]
        result[title] = {"pictures a second": summary(each), "ratio": summary(ratios)}
    ratios = [one / other for one, other in zip(wholes, beside, strict=True)]
    title = f"ours, frozen layers once, that pass and building counted ({EPOCHS} epochs)"
    result[title] = {"pictures a second": summary(wholes), "ratio": summary(ratios)}
    return result


def main() -> int:
    """Measure, print, write; 1 where a figure is missed."""
    options = read_options(__doc__, repeats=5, what="repeats", also=offer_vectors)
    folder = options.train / "pokemon150"
    fitted = heads(folder, options.repeats, options.more.vectors)
    tuned = finetuning(folder, options.repeats)
    count = tuned.pop("pictures")
    rows = [
        [f"{title}: {CLASSES} x {SHOTS} vectors", f"{spread(numbers, 2)} s", ""]
        for title, numbers in fitted.items()
    ]
    rows += [
        [f"{title}", f"{spread(one['pictures a second'], 0)} pictures/s", spread(one["ratio"], 2)]
        for title, one in tuned.items()
    ]
    about = (
        f"Medians with 95 % intervals, n = {options.repeats} repeats. Heads: vectors of "
        "MobileNetV2, "
        f"d = 1,280, in the process from fit to fitted. Fine-tuning from {BLOCK} on: {count} "
        f"pictures, {SIZE} pixels, steps of {BATCH}, median epoch but the first."
    )
    table = markdown(["what", "median", "beside bare Keras"], rows)
    write("training_speed", {"heads": fitted, "finetuning": tuned}, table, options.out, about)
    slow = max(one["median"] for one in fitted.values()) >= SECONDS
    behind = tuned["ours, every layer each epoch"]["ratio"]["median"] < RATIO
    return int(slow or behind)


if __name__ == "__main__":
    sys.exit(main())
