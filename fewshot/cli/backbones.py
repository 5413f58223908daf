"""The options that say which backbone, and on how many cores; a choice goes out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from fewshot.backbones.choice import BackboneChoice

Command = TypeVar("Command", bound=Callable[..., Any])

threads_option = click.option(
    "--threads", type=click.IntRange(1), help="How many cores to use; else all."
)

_OPTIONS = (
    click.option(
        "--weights", metavar="FILE", help="The network's weights, instead of the published."
    ),
    click.option("--layer", metavar="NAME", help="The layer whose output is the embedding."),
    click.option("--size", type=click.IntRange(1), help="Pixels a side of the network's input."),
    click.option(
        "--precision",
        type=click.Choice(["float32", "fp16", "int8"]),
        help="How the network's numbers are kept.  [float32]",
    ),
    click.option(
        "--preprocessing",
        type=click.Choice(["raw", "unit", "symmetric", "caffe", "vggface", "vggface2"]),
        help="The numbers a model of your own wants: RGB 0 to 255 (raw), 0 to 1 (unit), -1 to 1 "
        "(symmetric), or BGR less the means of ImageNet (caffe) or of faces.  [raw where the model "
        "rescales, else symmetric]",
    ),
)


def network_options(command: Command) -> Command:
    """Add --weights, --layer, --size, --precision, --preprocessing."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def choice_of(backbone: str | None, options: dict[str, Any]) -> BackboneChoice | None:
    """Join what the options say; None where nothing was said.

    Raises click.UsageError for options without a backbone.
    """
    given = {key: value for key, value in options.items() if value is not None}
    if backbone is None:
        if given:
            raise click.UsageError(f"--{next(iter(given))} goes with --backbone")
        return None
    from fewshot.backbones.choice import BackboneChoice

    return BackboneChoice(backbone, **given)
