"""`fewshot train`: a folder of pictures comes in; a model file goes out."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fewshot.cli.backbones import choice_of
from fewshot.cli.output import Row, emit, note, printable, shown_path
from fewshot.cli.progress import Terminal
from fewshot.cli.training_options import (
    BACKBONE,
    BATCH,
    FITTING,
    FOLDERS,
    HEAD,
    PIXELS,
    SIZE,
    TRIPLET,
    with_options,
)
from fewshot.training.needs import require_training
from fewshot.training.settings import LOSSES
from fewshot.training.starting_point import CHECKPOINT

if TYPE_CHECKING:
    from fewshot.training.train import Trained


@click.group()
def train() -> None:
    """Train a head, or a network, on a folder in which each sub-folder is a class.

    \b
    fewshot train softmax photos/ -o model.fewshot    a head, in seconds
    fewshot match --model model.fewshot photo.jpg     which class is it?
    """  # noqa: D301  click wants the character \\b itself


@train.command()
@with_options(*FOLDERS, *BACKBONE, *SIZE, *HEAD, *BATCH)
@click.option("--loss", type=click.Choice(["categorical", "binary"]), help="[categorical]")
@with_options(*FITTING)
def softmax(**given: Any) -> int:
    """Train a classifier over vectors that are computed once."""
    return _train("softmax", **given)


@train.command()
@with_options(*FOLDERS, *BACKBONE, *SIZE, *HEAD, *TRIPLET, *FITTING)
def triplet(**given: Any) -> int:
    """Train a space in which pictures of one name lie near each other, by triplets."""
    return _train("triplet", **given)


@train.command()
@with_options(*FOLDERS, *BACKBONE, *HEAD, *PIXELS)
@click.option(
    "--unfreeze", metavar="N|LAYER", help="The last layers that learn too, or the first one.  [20]"
)
@click.option("--head-epochs", type=click.IntRange(1), help="In which only the head learns.  [30]")
@click.option("--head-rate", type=float, help="What the head learns at, before the network does.")
@click.option("--loss", type=click.Choice(LOSSES), help="[categorical]")
@with_options(*BATCH, *TRIPLET, *FITTING)
def finetune(**given: Any) -> int:
    """Train a head, then the last layers of the network with it, at a lower rate."""
    return _train("finetune", **given)


@train.command()
@with_options(*FOLDERS, *HEAD, *PIXELS)
@click.option("--loss", type=click.Choice(LOSSES), help="[categorical]")
@with_options(*BATCH, *TRIPLET, *FITTING)
def scratch(**given: Any) -> int:
    """Train a small network that knows nothing yet."""
    return _train("scratch", **given)


def _train(
    kind: str,
    *,
    folder: Path,
    out: Path,
    validation: Path | None,
    split: float | None,
    resume: bool,
    skip_strangers: bool,
    threads: int | None,
    form: str | None,
    augment: tuple[str, ...] = (),
    unfreeze: str | None = None,
    backbone: str | None = None,
    weights: str | None = None,
    layer: str | None = None,
    **settings: Any,
) -> int:
    from fewshot.training.errors import TrainingInterrupted
    from fewshot.training.examples import SPLIT, check_loss, read_examples
    from fewshot.training.settings import Settings
    from fewshot.training.starting_point import backbone_for, refuse_within, room_for

    given = {name: value for name, value in settings.items() if value is not None}
    if unfreeze is not None:
        given["unfreeze"] = int(unfreeze) if unfreeze.isdecimal() else unfreeze
    made = Settings.from_mapping({"kind": kind, "augment": _amounts(augment), **given})
    if validation and split is not None:
        raise click.UsageError("--split is of no use beside --validation: leave one of them out")
    named = backbone or ("mobilenetv2" if weights or layer else None)
    choice = backbone_for(choice_of(named, {"weights": weights, "layer": layer}), made)
    refuse_within(out, folder, validation)
    examples, notes = read_examples(folder, validation, split=split or SPLIT, seed=made.seed)
    check_loss(examples, made.loss)
    room = room_for(out)
    if resume and out.exists() and not (room / CHECKPOINT).exists():
        note(f"{shown_path(str(out))} is finished; leave --resume out to train it anew")
        return 0
    for line in notes:
        note(line)
    if out.exists():
        note(f"{shown_path(str(out))} is there already: it is replaced when this has ended")
    try:
        done = _trainer(threads)(
            examples, out, made, backbone=choice, resume=resume, strangers=not skip_strangers,
            threads=threads, watch=Terminal(),
        )  # fmt: skip
    except KeyboardInterrupt as error:
        raise TrainingInterrupted((room / CHECKPOINT).exists()) from error
    emit(
        [_row(done)], form=form or "text", key="trained", gallery=None, text=_text, columns=_COLUMNS
    )
    if not form:
        note(f"{shown_path(str(done.folder))} holds the log, the card, the curve, the confusion")
    return 3 if done.refused else 0


def _trainer(threads: int | None) -> Any:
    """Import what trains, with what TensorFlow says while it is imported kept back."""
    require_training()
    if threads is not None:
        os.environ.setdefault("TF_NUM_INTRAOP_THREADS", str(threads))
        os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")
    with Terminal().quiet():
        from fewshot.training.train import train_on
    return train_on


def _amounts(augment: tuple[str, ...]) -> dict[str, float]:
    amounts = {}
    for one in augment:
        name, _, amount = one.partition("=")
        try:
            amounts[name] = float(amount or (1.0 if name == "flip" else ""))
        except ValueError:
            raise click.UsageError(
                f"--augment takes NAME=AMOUNT, as in rotation=30, not {one!r}"
            ) from None
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
        "stranger_lift": done.bundle.lift,
        "sha256": done.sha256,
        "fingerprint": done.bundle.fingerprint,
        "refused": [{"source": source, "reason": reason} for source, reason in done.refused],
    }


def _text(row: Row) -> str:
    m = row["metrics"]
    low, high = m["interval"]
    lines = [
        f"{printable(row['model'])}: {len(row['classes'])} classes, learned from "
        f"{row['pictures']} pictures in {row['epochs']} epochs",
        f"accuracy on {m['n']} held-out pictures: {m['accuracy']:.3f} [{low:.3f}, {high:.3f}], "
        f"chance {1 / len(row['classes']):.3f}",
    ]
    if m["untrained_accuracy"] is not None:
        lines.append(
            f"without training (nearest class mean): {m['untrained_accuracy']:.3f}; "
            f"{m['gained']} picture(s) gained, {m['lost']} lost"
        )
    return "\n".join(lines)
