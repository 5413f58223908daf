"""The options of `fewshot train`, in groups that its commands put together."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from fewshot.cli.backbones import threads_option
from fewshot.cli.options import form_options
from fewshot.heads.shapes import SHAPES
from fewshot.training.settings import AUGMENTATIONS, CLASS_WEIGHTS, MININGS, OPTIMIZERS

Command = TypeVar("Command", bound=Callable[..., Any])

FOLDERS = (
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
        "--split", type=click.FloatRange(0.0, 1.0, min_open=True, max_open=True),
        help="Without --validation, the share of each class to score on.  [0.2]",
    ),
)  # fmt: skip
FITTING = (
    click.option(
        "--epochs", type=click.IntRange(1), help="At most.  [30; finetune 15; from scratch 60]"
    ),
    click.option(
        "--patience", type=click.IntRange(0),
        help="Epochs without a lower validation loss that end it; 0: none does.  [8]",
    ),
    click.option(
        "--rate", type=float,
        help="What the optimizer learns at.  [1e-4 for triplet and finetune; else 3e-4 for the "
        "head cosine, 1e-3 for others]",
    ),
    click.option("--optimizer", type=click.Choice(OPTIMIZERS), help="[adam]"),
    click.option(
        "--class-weights", type=click.Choice(CLASS_WEIGHTS),
        help="Whether each class counts alike, however many pictures it has.  [balanced]",
    ),
    click.option("--seed", type=click.IntRange(0), help="The same one gives the same model.  [0]"),
    click.option("--resume", is_flag=True, help="Go on with a training that was interrupted."),
    click.option(
        "--skip-strangers", is_flag=True,
        help="Do not measure, by leaving names out, how near strangers come: sooner done, but "
        "galleries made with it assume the worst.",
    ),
    threads_option,
    form_options,
)  # fmt: skip
BACKBONE = (
    click.option(
        "--backbone", metavar="NAME",
        help="See fewshot models list, or file:MODEL, a Keras model.  [compact; mobilenetv2 where "
        "the network learns, or with --weights or --layer]",
    ),
    click.option("--weights", metavar="FILE", help="Its weights, instead of the published."),
    click.option("--layer", metavar="NAME", help="The layer that the head is laid over."),
)  # fmt: skip
HEAD = (
    click.option(
        "--head",
        type=click.Choice(list(SHAPES)),
        help="What stands over the network.  [cosine; flatten-256 from scratch]",
    ),
)
BATCH = (click.option("--batch", type=click.IntRange(1), help="Pictures a step.  [32]"),)
TRIPLET = (
    click.option("--mining", type=click.Choice(MININGS), help="Which negatives.  [batch-hard]"),
    click.option("--margin", type=float, help="By how much they are to be farther.  [0.2]"),
    click.option("--d", type=click.IntRange(2), help="Numbers a vector.  [as the network gives]"),
    click.option("--names", type=click.IntRange(2), help="Names a batch (P).  [8]"),
    click.option("--pictures", type=click.IntRange(2), help="Pictures of each (K).  [4]"),
)  # fmt: skip
SIZE = (
    click.option("--size", type=click.IntRange(16), help="Pixels a side of the network's input."),
)
PIXELS = (
    *SIZE,
    click.option(
        "--augment", "augment", multiple=True, metavar="NAME=AMOUNT",
        help="Change pictures in training, as rotation=30; can be repeated: "
        + "; ".join(f"{name} ({meaning})" for name, (_, meaning) in AUGMENTATIONS.items()),
    ),
)  # fmt: skip


def with_options(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Add options to a command, in this order."""

    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add
