"""`fewshot train`: a folder of pictures comes in; a model file goes out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from fewshot.cli.backbones import choice_of, threads_option
from fewshot.cli.options import form_options
from fewshot.cli.output import Row, emit, note, printable, shown_path
from fewshot.cli.progress import Terminal
from fewshot.heads.shapes import SHAPES
from fewshot.training.needs import require_training
from fewshot.training.settings import AUGMENTATIONS, CLASS_WEIGHTS, LOSSES, MININGS, OPTIMIZERS

if TYPE_CHECKING:
    from fewshot.training.train import Trained

Command = TypeVar("Command", bound=Callable[..., Any])

_FOLDERS = (
    click.argument("folder", metavar="DIR", type=click.Path(path_type=Path)),
    click.option(
        "-o", "--output", "out", required=True, metavar="FILE",
        type=click.Path(dir_okay=False, path_type=Path), help="The model: a .fewshot file.",
    ),
    click.option(
        "--validation", metavar="DIR", type=click.Path(path_type=Path),
        help="Pictures to score on, a sub-folder a class, as in DIR.",
    ),
    click.option(
        "--split", type=click.FloatRange(0.0, 1.0, min_open=True, max_open=True), default=0.2,
        show_default=True, help="Without --validation, the share of each class to score on.",
    ),
)  # fmt: skip
_FITTING = (
    click.option("--epochs", type=click.IntRange(1), help="At most."),
    click.option(
        "--patience", type=click.IntRange(0),
        help="Epochs without a lower validation loss that end it; 0: none does.  [8]",
    ),
    click.option("--rate", type=float, help="What the optimizer learns at."),
    click.option("--optimizer", type=click.Choice(OPTIMIZERS), help="[adam]"),
    click.option(
        "--class-weights", type=click.Choice(CLASS_WEIGHTS),
        help="Whether each class counts alike, however many pictures it has.  [balanced]",
    ),
    click.option("--seed", type=click.IntRange(0), help="The same one gives the same model.  [0]"),
    click.option("--resume", is_flag=True, help="Go on with a training that was interrupted."),
    threads_option,
    form_options,
)  # fmt: skip
_BACKBONE = (
    click.option(
        "--backbone", metavar="NAME",
        help="See fewshot models list, or file:MODEL, a Keras model.  [mobilenetv2]",
    ),
    click.option("--weights", metavar="FILE", help="Its weights, instead of the published."),
    click.option("--layer", metavar="NAME", help="The layer that the head is laid over."),
)  # fmt: skip
_HEAD = (
    click.option(
        "--head", type=click.Choice(list(SHAPES)), help="What stands over the network.  [cosine]"
    ),
)
_BATCH = (click.option("--batch", type=click.IntRange(1), help="Pictures a step.  [32]"),)
_TRIPLET = (
    click.option("--mining", type=click.Choice(MININGS), help="Which negatives.  [batch-hard]"),
    click.option("--margin", type=float, help="By how much they are to be farther.  [0.2]"),
    click.option("--d", type=click.IntRange(2), help="Numbers a vector.  [as the network gives]"),
    click.option("--names", type=click.IntRange(2), help="Names a batch (P).  [8]"),
    click.option("--pictures", type=click.IntRange(2), help="Pictures of each (K).  [4]"),
)  # fmt: skip
_PIXELS = (
    click.option("--size", type=click.IntRange(16), help="Pixels a side."),
    click.option(
        "--augment", "augment", multiple=True, metavar="NAME=AMOUNT",
        help="Change pictures in training: " + ", ".join(AUGMENTATIONS) + "; can be repeated.",
    ),
)  # fmt: skip


def _with(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


@click.group()
def train() -> None:
    """Train a head, or a network, on a folder in which each sub-folder is a class.

    \b
    fewshot train softmax photos/ -o model.fewshot    a head, in seconds
    fewshot match --model model.fewshot photo.jpg     which class is it?
    """  # noqa: D301  click wants the character \\b itself


@train.command()
@_with(*_FOLDERS, *_BACKBONE, *_HEAD)
@click.option("--size", type=click.IntRange(1), help="Pixels a side of the network's input.")
@_with(*_BATCH)
@click.option("--loss", type=click.Choice(["categorical", "binary"]), help="[categorical]")
@_with(*_FITTING)
def softmax(**given: Any) -> int:
    """Train a classifier over vectors that are computed once."""
    return _train("softmax", **given)


@train.command()
@_with(*_FOLDERS, *_BACKBONE, *_HEAD)
@click.option("--size", type=click.IntRange(1), help="Pixels a side of the network's input.")
@_with(*_TRIPLET, *_FITTING)
def triplet(**given: Any) -> int:
    """Train a space in which pictures of one name lie near each other, by triplets."""
    return _train("triplet", **given)


@train.command()
@_with(*_FOLDERS, *_BACKBONE, *_HEAD, *_PIXELS)
@click.option(
    "--unfreeze", metavar="N|LAYER", help="The last layers that learn too, or the first one.  [20]"
)
@click.option("--head-epochs", type=click.IntRange(1), help="In which only the head learns.  [30]")
@click.option("--head-rate", type=float, help="What the head learns at, before the network does.")
@click.option("--loss", type=click.Choice(LOSSES), help="[categorical]")
@_with(*_BATCH, *_TRIPLET, *_FITTING)
def finetune(**given: Any) -> int:
    """Train a head, then the last layers of the network with it, at a lower rate."""
    return _train("finetune", **given)


@train.command()
@_with(*_FOLDERS, *_HEAD, *_PIXELS)
@click.option("--loss", type=click.Choice(LOSSES), help="[categorical]")
@_with(*_BATCH, *_TRIPLET, *_FITTING)
def scratch(**given: Any) -> int:
    """Train a small network that knows nothing yet."""
    return _train("scratch", **given)


def _train(
    kind: str,
    *,
    folder: Path,
    out: Path,
    validation: Path | None,
    split: float,
    resume: bool,
    threads: int | None,
    form: str | None,
    augment: tuple[str, ...] = (),
    unfreeze: str | None = None,
    backbone: str | None = None,
    weights: str | None = None,
    layer: str | None = None,
    **settings: Any,
) -> int:
    from fewshot.training.settings import Settings

    given = {name: value for name, value in settings.items() if value is not None}
    if unfreeze is not None:
        given["unfreeze"] = int(unfreeze) if unfreeze.isdecimal() else unfreeze
    made = Settings(kind, augment=_amounts(augment), **given)
    choice = choice_of(backbone or "mobilenetv2", {"weights": weights, "layer": layer})
    train = _trainer()

    try:
        done = train(
            folder, out, made, backbone=choice or "mobilenetv2", validation=validation,
            split=split, resume=resume, threads=threads, watch=Terminal(),
        )  # fmt: skip
    except KeyboardInterrupt:
        note("what was learned so far is kept; the same command with --resume goes on")
        raise
    emit(
        [_row(done)], form=form or "text", key="trained", gallery=None, text=_text, columns=_COLUMNS
    )
    if not form:
        note(f"{shown_path(str(done.folder))} holds the log, the card, the curve, the confusion")
    return 3 if done.refused else 0


def _trainer() -> Any:
    """Import what trains, with what TensorFlow says while it is imported kept back."""
    require_training()
    with Terminal().quiet():
        from fewshot.training.train import train
    return train


def _amounts(augment: tuple[str, ...]) -> dict[str, float]:
    amounts = {}
    for one in augment:
        name, _, amount = one.partition("=")
        try:
            amounts[name] = float(amount or 1.0)
        except ValueError:
            raise click.UsageError(f"--augment takes NAME=AMOUNT, not {one!r}") from None
    return amounts


_COLUMNS = ("model", "kind", "classes", "metrics.n", "metrics.accuracy", "sha256")


def _row(done: Trained) -> Row:
    metrics = done.metrics.to_mapping()
    metrics.pop("confusion")
    return {
        "model": str(done.path),
        "kind": done.bundle.about["kind"],
        "classes": list(done.bundle.labels),
        "pictures": len(done.examples.train),
        "metrics": metrics,
        "epochs": len(done.history),
        "sha256": done.sha256,
        "fingerprint": done.bundle.fingerprint,
        "refused": [{"source": source, "reason": reason} for source, reason in done.refused],
    }


def _text(row: Row) -> str:
    m = row["metrics"]
    low, high = m["interval"]
    lines = [
        f"{printable(row['model'])}: {len(row['classes'])} classes, {row['pictures']} pictures, "
        f"{row['epochs']} epochs",
        f"accuracy on {m['n']} held-out pictures: {m['accuracy']:.3f} [{low:.3f}, {high:.3f}], "
        f"chance {1 / len(row['classes']):.3f}",
    ]
    if m["untrained_accuracy"] is not None:
        lines.append(
            f"without training (nearest class mean): {m['untrained_accuracy']:.3f}; "
            f"{m['gained']} picture(s) gained, {m['lost']} lost"
        )
    return "\n".join(lines)
