"""`fewshot search`: a picture comes in; the most similar references go out, without a decision."""

from __future__ import annotations

from pathlib import Path

import click

from fewshot.cli.answers import neighbor_row, neighbor_text
from fewshot.cli.backbones import threads_option
from fewshot.cli.options import form_options, gallery_option
from fewshot.cli.output import emit
from fewshot.cli.progress import Terminal


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "-k",
    "neighbors",
    default=10,
    show_default=True,
    type=click.IntRange(1, 100_000),
    help="How many references to show.",
)
@threads_option
@gallery_option
@form_options
def search(
    path: Path, neighbors: int, threads: int | None, gallery: Path | None, form: str | None
) -> int:
    """Show the enrolled pictures most similar to PATH, nearest first, whoever they are."""
    from fewshot.recognizer import Recognizer

    with Recognizer.open(gallery, threads=threads, watch=Terminal()) as recognizer:
        found = recognizer.search(path, neighbors)
        emit(
            [neighbor_row(neighbor) for neighbor in found],
            form=form or "text",
            key="neighbours",
            gallery=recognizer.path,
            text=neighbor_text,
            columns=("name", "similarity", "reference", "source"),
        )
    return 0
