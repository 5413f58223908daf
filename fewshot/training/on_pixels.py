"""Squares of pixels come in; a network trained on them goes out, as a LiteRT graph and a head."""

from __future__ import annotations

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
from fewshot.heads.fitting import Hooks
from fewshot.heads.head import Floats
from fewshot.training.keeper import Keeper
from fewshot.training.made import Made
from fewshot.training.metrics import nearest_mean
from fewshot.training.network import base_of, scratch_base, seeing_pixels, with_head
from fewshot.training.phases import Pictures, Training, run_model, trained_head
from fewshot.training.scratch import PREPROCESSING, SIZE
from fewshot.training.settings import Settings
from fewshot.training.squares import Squares
from fewshot.watch import Watch

_COMPARED = 16  # pictures that the graph and Keras are asked about
_SOURCE = "no weights: random numbers"


class Start:
    """What a training of a network begins with: the network, and what is known of it."""

    def __init__(self, settings: Settings, choice: BackboneChoice | None, watch: Watch) -> None:
        """Build it; raises what `load_backbone` raises, BadSetting."""
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


def train_network(
    start: Start,
    settings: Settings,
    train: Pictures,
    validation: Pictures,
    keeper: Keeper,
    watch: Watch,
    *,
    resume: bool,
) -> Made:
    """Train a network on pictures; what comes out is checked as it will be served."""
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
    with watch.quiet():
        head = trained_head(training)
        graph, validated, parity = _served(network.features, start, validation.pixels)
    base = Base(
        start.network, start.size, start.preprocessing, head.d_in, start.weights, start.source,
        start.license,
    )  # fmt: skip
    return Made(base, head, graph, history, validated, before, parity)


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
