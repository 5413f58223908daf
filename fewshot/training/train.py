"""The door: a folder of pictures comes in; a trained model, one file, goes out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from fewshot.backbones.artifact import versions_of
from fewshot.backbones.choice import BackboneChoice
from fewshot.bundles.bundle import CARD, CONFUSION, CURVE, LOG, Bundle
from fewshot.embedder import Embedder
from fewshot.heads.batches import Labels
from fewshot.heads.fitting import Epoch
from fewshot.training.card import model_card
from fewshot.training.errors import CannotTrain
from fewshot.training.examples import SPLIT, Examples, check, check_loss, read_examples
from fewshot.training.keeper import Keeper, best_epochs, log_lines
from fewshot.training.made import Made
from fewshot.training.metrics import Metrics, measure
from fewshot.training.on_pixels import Start, train_network
from fewshot.training.on_vectors import embed_files, train_head
from fewshot.training.phases import Pictures
from fewshot.training.plots import confusion_matrix, learning_curve
from fewshot.training.settings import Settings
from fewshot.training.squares import PIXELS, read_squares
from fewshot.training.starting_point import alone_in, backbone_for, refuse_within, room_for
from fewshot.watch import Watch
from fewshot.written import written_whole

_DEAF = Watch()
_CROP = "whole"
_DECIDING = ("fewshot", "tensorflow", "keras")  # whose versions a model may depend on


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """What came of a training."""

    path: Path  # of the model
    folder: Path  # of the log, the plots and the card
    sha256: str  # of the model file, hex
    metrics: Metrics
    bundle: Bundle = field(repr=False)
    history: tuple[Epoch, ...] = field(repr=False)
    examples: Examples = field(repr=False)
    refused: tuple[tuple[str, str], ...] = field(repr=False)  # what could not be read, and why


def train(
    pictures: str | os.PathLike[str],
    out: str | os.PathLike[str],
    settings: Settings,
    *,
    backbone: str | BackboneChoice | None = None,
    validation: str | os.PathLike[str] | None = None,
    split: float = SPLIT,
    resume: bool = False,
    strangers: bool = True,
    threads: int | None = None,
    watch: Watch = _DEAF,
) -> Trained:
    """Train on a folder in which each sub-folder is a class; write the model to `out`.

    backbone: what a head is laid over (None: compact), or what is fine-tuned (None: mobilenetv2);
    of no matter from scratch.
    validation: a folder like `pictures` to score on; else the share `split` of each class is.
    resume: go on with a training of the same settings and pictures that was interrupted.
    strangers: measure, by leaving names out, how much nearer strangers come than names that were
    trained on, so that a gallery made with the model counts that in; from six names on. Heads are
    trained three to five times more for it, networks twice on half of the names.
    Beside the model a folder `out`.training holds the log, the plots and the card.
    Raises CannotTrain, BadSetting, CannotWrite, and what a backbone raises.
    """
    out = Path(out)
    held = None if validation is None else Path(validation)
    refuse_within(out, Path(pictures), held)
    examples, notes = read_examples(Path(pictures), held, split=split, seed=settings.seed)
    for note in notes:
        watch.say(note)
    return train_on(
        examples, out, settings, backbone=backbone, resume=resume, strangers=strangers,
        threads=threads, watch=watch,
    )  # fmt: skip


def train_on(
    examples: Examples,
    out: Path,
    settings: Settings,
    *,
    backbone: str | BackboneChoice | None = None,
    resume: bool = False,
    strangers: bool = True,
    threads: int | None = None,
    watch: Watch = _DEAF,
) -> Trained:
    """Train on pictures that were listed already; see `train`."""
    folder = room_for(out)
    check_loss(examples, settings.loss)
    choice = backbone_for(backbone, settings)
    run = _Run(examples, settings, choice, folder, resume, strangers, threads, watch)
    with alone_in(folder):
        try:
            made = run.on_pixels() if settings.trains_network else run.on_vectors()
        except FloatingPointError as error:
            raise CannotTrain("these pictures", str(error)) from error
        finally:
            (folder / PIXELS).unlink(missing_ok=True)
        return run.written(made, out)


class _Run:
    """One training under way."""

    def __init__(
        self,
        examples: Examples,
        settings: Settings,
        choice: BackboneChoice | None,
        folder: Path,
        resume: bool,
        strangers: bool,
        threads: int | None,
        watch: Watch,
    ) -> None:
        self.examples, self.settings, self.choice = examples, settings, choice
        self.folder, self.threads, self.watch = folder, threads, watch
        self.how = {"resume": resume, "strangers": strangers}
        self.refused: list[tuple[str, str]] = []
        self.keeper: Keeper

    def on_vectors(self) -> Made:
        assert self.choice is not None
        embedder = Embedder.by_name(_CROP, self.choice, self.watch)
        vectors, refused = embed_files(self._files, embedder, self.watch, self.threads)
        train, held = self._kept([(one.source, one.reason) for one in refused])
        self._begin(embedder.recipe.fingerprint)
        n = len(train)
        return train_head(
            embedder.backbone, self.settings, (vectors[:n], train), (vectors[n:], held),
            self.keeper, self.watch, **self.how,
        )  # fmt: skip

    def on_pixels(self) -> Made:
        start = Start(self.settings, self.choice, self.watch)
        squares, refused = read_squares(self._files, start.size, _CROP, self.folder, self.watch)
        train, held = self._kept([(one.source, one.reason) for one in refused])
        self._begin(f"{start.network} {start.source} {start.weights}")
        n = len(train)
        return train_network(
            start, self.settings, Pictures(squares[:n], train), Pictures(squares[n:], held),
            self.keeper, self.watch, **self.how,
        )  # fmt: skip

    @property
    def _files(self) -> list[Path]:
        return [one.file for one in (*self.examples.train, *self.examples.validation)]

    def _kept(self, refused: Sequence[tuple[str, str]]) -> tuple[Labels, Labels]:
        """Leave out what could not be read; return the labels of both sides of what is left."""
        for source, reason in refused:
            self.watch.say(f"passed over {source}: {reason}")
        self.refused = list(refused)
        self.examples = self.examples.without({Path(source) for source, _ in refused})
        check(self.examples, "what could be read")
        examples = self.examples
        return examples.labels(examples.train), examples.labels(examples.validation)

    def _begin(self, base: str) -> None:
        key = {
            **self.settings.to_mapping(),
            "pictures": self.examples.digest,
            "base": sha256(base.encode()).hexdigest(),
            **versions_of(*_DECIDING),
        }
        self.keeper = Keeper(self.folder, key, self.watch)

    def written(self, made: Made, out: Path) -> Trained:
        examples = self.examples
        labels = examples.labels(examples.validation)
        metrics = measure(made.head.probabilities(made.validated), labels, made.untrained)
        counts = {
            name: (
                sum(one.name == name for one in examples.train),
                sum(one.name == name for one in examples.validation),
            )
            for name in examples.names
        }
        chosen = _best(made.history)
        low, high = metrics.interval
        title = f"accuracy {metrics.accuracy:.3f} [{low:.3f}, {high:.3f}], n = {metrics.n}"
        settings = self.settings.that_count()
        extras = {
            CARD: model_card(made.base, counts, settings, metrics, made.parity, made.lift).encode(),
            LOG: log_lines(made.history, timed=False).encode(),
            CURVE: learning_curve(made.history, chosen),
            CONFUSION: confusion_matrix(metrics.confusion, examples.names, title),
        }
        about = {
            "kind": self.settings.kind,
            "settings": settings,
            "data": {"sha256": examples.digest, "counts": counts},
            "metrics": metrics.to_mapping() | {"epoch": chosen + 1, "epochs": len(made.history)},
            "parity": made.parity,
            "stranger_lift": made.lift,
            "versions": versions_of("fewshot", "tensorflow", "keras", "ai-edge-litert", "numpy"),
        }
        bundle = Bundle(made.base, made.head, examples.names, made.graph, about, extras)
        digest = bundle.write(out)
        for name, data in extras.items():
            if name != LOG:
                with written_whole(self.folder / name, "page") as file:
                    file.write(data)
        self.keeper.finish({"model": out.name, "sha256": digest, "metrics": metrics.to_mapping()})
        history = tuple(made.history)
        refused = tuple(self.refused)
        return Trained(out, self.folder, digest, metrics, bundle, history, examples, refused)


def _best(history: Sequence[Epoch]) -> int:
    """Return the place of the epoch that was kept: the lowest validation loss of the last phase."""
    stage = history[-1].stage
    kept = stage, best_epochs(history)[stage]
    return next(at for at, one in enumerate(history) if (one.stage, one.number) == kept)
