"""`fewshot history`, `undo`: what was done to the gallery. Loads neither numpy nor FAISS."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from fewshot.cli.operations import told
from fewshot.cli.options import form_options, gallery_option
from fewshot.cli.output import Row, emit, note
from fewshot.recognizer import Recognizer

_COLUMNS = ("id", "at", "what", "names", "name_count", "references", "was", "undoes", "undone")


@click.command()
@click.option(
    "-n", "most", type=click.IntRange(min=1), default=20, show_default=True, help="How many lines."
)
@gallery_option
@form_options
def history(most: int, gallery: Path | None, form: str | None) -> int:
    """Show what was done to the gallery, the latest first."""
    with Recognizer.open(gallery) as recognizer:
        rows = [asdict(operation) for operation in recognizer.history(most)]
        file = recognizer.path

    def text(row: Row) -> str:
        about = told(row)
        if row["undoes"]:
            about = f"of operation {row['undoes']}: {about}"
        undone = "  (undone)" if row["undone"] else ""
        return f"{row['id']}  {row['at']}  {row['what']}  {about}{undone}"

    emit(rows, form=form or "text", key="operations", gallery=file, text=text, columns=_COLUMNS)
    if not form and not rows:
        note(f"nothing is written down in {file}")
    return 0


@click.command()
@gallery_option
@form_options
def undo(gallery: Path | None, form: str | None) -> int:
    """Take back the last operation: enroll, correct, rename, forget, import, merge and so on.

    Again, the one before. The references of an enrollment that is undone are deleted, those that a
    correction put out of use come back. An erasure cannot be undone.
    """
    with Recognizer.open(gallery) as recognizer:
        rows = [asdict(recognizer.undo())]
        file = recognizer.path

    def text(row: Row) -> str:
        return f"undone: {row['what']} {told(row)} ({row['at']})"

    emit(rows, form=form or "text", key="undone", gallery=file, text=text, columns=_COLUMNS)
    return 0
