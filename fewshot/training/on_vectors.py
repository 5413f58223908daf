"""Vectors of a backbone come in; a head trained on them goes out. Each picture is embedded once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from fewshot.backbones.backbone import Backbone
from fewshot.backbones.litert import LiteRTBackbone
from fewshot.bundles.bundle import PALETTE, Base
from fewshot.embedder import Embedder, Refusal
from fewshot.heads.batches import Labels, NameBatches
from fewshot.heads.estimator import HeadEstimator
from fewshot.heads.head import Floats
from fewshot.heads.softmax import SoftmaxHead
from fewshot.heads.triplet import TripletHead
from fewshot.pipeline import ordered_map
from fewshot.training.keeper import Keeper, best_epochs
from fewshot.training.made import Made
from fewshot.training.metrics import nearest_mean
from fewshot.training.phases import HEAD
from fewshot.training.settings import Settings
from fewshot.training.strangers import Places, Space, folds_of, stranger_lift
from fewshot.watch import Watch


def embed_files(
    files: Sequence[Path], embedder: Embedder, watch: Watch, threads: int | None
) -> tuple[Floats, list[Refusal]]:
    """Embed pictures: (n, d) float32 of length 1, those that can be read, and the refusals."""
    rows = np.zeros((len(files), embedder.recipe.d), np.float32)
    refused, read = [], 0
    with watch.bar("embedding", len(files)) as advance:
        for one in ordered_map(embedder.attempt, files, workers=threads):
            if isinstance(one, Refusal):
                refused.append(one)
            else:
                rows[read] = one.vector
                read += 1
            advance(1)
    return rows[:read], refused


def base_of_backbone(backbone: Backbone) -> tuple[Base, bytes | None, str]:
    """Return what a model file says of a backbone, its graph, and how that agrees with Keras."""
    spec = backbone.spec
    if isinstance(backbone, LiteRTBackbone):
        manifest = backbone.artifact.manifest
        made = manifest.blueprint
        base = Base(
            made.network, made.size, made.preprocessing, spec.d, backbone.fingerprint,
            f"{spec.summary} ({made}, weights {made.weights[:12]})", spec.license,
        )  # fmt: skip
        parity = manifest.parity
        said = f"cosine {parity.lowest:.6f} and more on {parity.pictures} picture(s)"
        return base, backbone.artifact.graph.read_bytes(), said
    base = Base(
        PALETTE, spec.input_size, "raw", spec.d, backbone.fingerprint, spec.summary, spec.license
    )
    return base, None, "there is none: palette runs in numpy"


def train_head(
    backbone: Backbone,
    settings: Settings,
    train: tuple[Floats, Labels],
    validation: tuple[Floats, Labels],
    keeper: Keeper,
    watch: Watch,
    *,
    resume: bool,
    strangers: bool,
) -> Made:
    """Train a softmax or triplet head on unit vectors (n, d) and the numbers of their classes.

    strangers: whether to measure how much nearer strangers come, by `stranger_lift`.
    """
    progress = keeper.resumed(resume=resume)
    estimator = estimator_of(settings)
    steps = settings.epochs * _steps(settings, train[1])
    with keeper.following(progress, steps):
        estimator.fit_watched(
            *train, validation=validation, state=progress.state, hooks=keeper.hooks(HEAD)
        )
        epochs = best_epochs(estimator.history_)[HEAD]
        lift = _lift(settings, epochs, *train, watch) if strangers else None
    base, graph, parity = base_of_backbone(backbone)
    classes = len(np.unique(train[1]))
    before = nearest_mean(*train, validation[0], classes)
    return Made(
        base, estimator.head_, graph, estimator.history_, validation[0], before, parity, lift
    )


def _lift(settings: Settings, epochs: int, x: Floats, y: Labels, watch: Watch) -> float | None:
    settings = replace(settings, epochs=epochs, patience=0)
    with watch.bar("strangers", folds_of(int(y.max()) + 1)) as advance:

        def again(places: Places, labels: Labels) -> Space:
            one = estimator_of(settings).fit(x[places], labels)
            advance(1)
            return lambda asked: one.transform(x[asked])

        return stranger_lift(y, again, seed=settings.seed)


def estimator_of(settings: Settings) -> HeadEstimator:
    """Return the estimator that settings describe."""
    if settings.kind == "triplet":
        return TripletHead(
            settings.head,
            d=settings.d,
            mining=settings.mining,
            margin=settings.margin,
            names=settings.names,
            pictures=settings.pictures,
            optimizer=settings.optimizer,
            rate=settings.rate,
            epochs=settings.epochs,
            patience=settings.patience,
            seed=settings.seed,
        )
    return SoftmaxHead(
        settings.head,
        loss=settings.loss,
        optimizer=settings.optimizer,
        rate=settings.rate,
        epochs=settings.epochs,
        batch=settings.batch,
        patience=settings.patience,
        class_weight=None if settings.class_weights == "none" else settings.class_weights,
        seed=settings.seed,
    )


def _steps(settings: Settings, labels: Labels) -> int:
    if settings.kind == "softmax":
        return -(-len(labels) // settings.batch)
    nothing = np.empty((len(labels), 0), np.float32)
    how = {"names": settings.names, "pictures": settings.pictures, "seed": 0}
    return NameBatches(nothing, labels, **how).steps
