"""Squares of pixels come in; a network trained on them goes out, as a LiteRT graph and a head."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import keras
import numpy as np

from fewshot.backbones import export
from fewshot.backbones.catalog import find_backbone
from fewshot.backbones.choice import BackboneChoice
from fewshot.backbones.litert import Interpreters
from fewshot.backbones.plan import plan
from fewshot.backbones.preprocessing import PREPROCESSINGS
from fewshot.backbones.provision import weights_of
from fewshot.backbones.squeeze import prepared
from fewshot.bundles.bundle import Base
from fewshot.heads.batches import Labels
from fewshot.heads.fitting import Hooks
from fewshot.heads.head import Floats
from fewshot.lengths import unit_rows
from fewshot.training.keeper import Keeper, best_epochs
from fewshot.training.made import Made
from fewshot.training.metrics import nearest_mean
from fewshot.training.network import base_of, scratch_base, seeing_pixels, with_head
from fewshot.training.phases import (
    HEAD,
    NETWORK,
    Pictures,
    Progress,
    Training,
    run_model,
    trained_head,
)
from fewshot.training.scratch import PREPROCESSING, SIZE
from fewshot.training.settings import Settings
from fewshot.training.squares import Rows, Squares
from fewshot.training.strangers import Places, Space, stranger_lift
from fewshot.watch import Watch

_COMPARED = 16  # pictures that the graph and Keras are asked about
_FOLDS = 2  # with which the names left out cost as much again as the training
_SOURCE = "no weights: random numbers"


class Start:
    """What a training of a network begins with: the network, and what is known of it."""

    def __init__(self, settings: Settings, choice: BackboneChoice | None, watch: Watch) -> None:
        """Build it; raises what `load_backbone` raises, BadSetting."""
        self._choice = choice
        if choice is None:
            self.size, self.preprocessing = settings.size or SIZE, PREPROCESSING
            self.network, self.source, self.weights = "scratch", _SOURCE, ""
            self.license = "none: it started from random numbers"
            self.base: keras.Model = scratch_base(settings, self.size)
            return
        spec = find_backbone(choice.name)
        made, weights = plan(choice, spec), weights_of(choice, spec, watch)
        self.size, self.preprocessing, self.network = made.size, made.preprocessing, made.network
        self.weights, self.license = weights.sha256, spec.license
        self.source = f"{spec.summary} (layer {made.layer or 'its own'}, {made.size} pixels)"
        self.base = base_of(made, weights.path)

    def again(self, settings: Settings) -> Start:
        """Return it as it was before anything was trained."""
        return Start(settings, self._choice, Watch())


def train_network(
    start: Start,
    settings: Settings,
    train: Pictures,
    validation: Pictures,
    keeper: Keeper,
    watch: Watch,
    *,
    resume: bool,
    strangers: bool,
) -> Made:
    """Train a network on pictures; what comes out is checked as it will be served.

    strangers: whether to measure how much nearer strangers come, by `stranger_lift`.
    """
    progress = keeper.resumed(resume=resume)
    classes = int(train.labels.max()) + 1
    network = with_head(start.base, settings, classes)
    before = None
    if settings.kind == "finetune":
        see = seeing_pixels(network.pooled, start.preprocessing, settings)
        seen = [run_model(see, one.pixels, watch, "looking") for one in (train, validation)]
        before = nearest_mean(seen[0], train.labels, seen[1], classes)
    training = Training(
        network, start.preprocessing, settings, classes, train, validation, watch,
        Hooks(keeper.after_step),
    )  # fmt: skip
    with keeper.following(progress, training.steps):
        history = training.run(progress, keeper.keep)
        lift = _lift(start, training, best_epochs(history)) if strangers else None
    with watch.quiet():
        head = trained_head(training)
        graph, validated, parity = _served(network.features, start, np.asarray(validation.pixels))
    base = Base(
        start.network, start.size, start.preprocessing, head.d_in, start.weights, start.source,
        start.license,
    )  # fmt: skip
    return Made(base, head, graph, history, validated, before, parity, lift)


def _lift(start: Start, trained: Training, epochs: dict[str, int]) -> float | None:
    settings, pixels = trained.settings, trained.train.pixels
    assert not isinstance(pixels, Rows)
    settings = replace(
        settings, epochs=epochs.get(NETWORK, 1), head_epochs=epochs.get(HEAD, 1), patience=0
    )
    with trained.watch.bar("strangers", _FOLDS) as advance:

        def again(places: Places, labels: Labels) -> Space:
            fresh, classes = start.again(settings), int(labels.max()) + 1
            network = with_head(fresh.base, settings, classes)
            some = Pictures(Rows(pixels, places), labels)
            Training(
                network, fresh.preprocessing, settings, classes, some, None, Watch(), Hooks()
            ).run(Progress(), lambda _: None)
            see = seeing_pixels(network.features, fresh.preprocessing, settings)
            advance(1)
            return lambda asked: unit_rows(run_model(see, Rows(pixels, asked)))

        return stranger_lift(trained.train.labels, again, folds=_FOLDS, seed=settings.seed)


def _served(features: keras.Model, start: Start, pixels: Squares) -> tuple[bytes, Floats, str]:
    """Export a network; return its graph, what that says of pictures, and how it agrees."""
    how = PREPROCESSINGS[start.preprocessing]
    d = int(features.outputs[0].shape[1])
    with TemporaryDirectory() as folder:
        graph = Path(folder) / "model.tflite"
        export.export(features, graph, "float32")
        some = [prepared(one, start.size, how) for one in pixels[:_COMPARED]]
        parity = export.compare(features, graph, d, some, "held out")
        export.require(parity, "the trained network", "float32")
        interpreters = Interpreters(graph, start.size, d)
        rows = [interpreters.run(prepared(one, start.size, how), threads=1) for one in pixels]
        said = f"cosine {parity.lowest:.6f} and more on {parity.pictures} picture(s)"
        return graph.read_bytes(), np.stack(rows), said
