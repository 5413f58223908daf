"""`fewshot index`: a large gallery comes in; an approximate index beside it goes out."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from fewshot.cli.operations import told_index
from fewshot.cli.options import form_options, gallery_option
from fewshot.cli.output import Row, emit, note
from fewshot.cli.progress import Terminal
from fewshot.recognizer import Recognizer


@click.command()
@gallery_option
@form_options
def index(gallery: Path | None, form: str | None) -> int:
    """Build an index, so that matching in a gallery of 100,000 references and more is fast.

    It is approximate: how many of the nearest it finds is measured, and shown here and by `info`.
    What is enrolled or forgotten later is followed; build it again when a tenth is new.
    """
    with Recognizer.open(gallery, watch=Terminal()) as recognizer:
        built = recognizer.build_index()
        file = recognizer.path
    if built is None:
        note(f"{file} needs no index: the search is exact")
    rows = [asdict(built)] if built else []

    def text(row: Row) -> str:
        return told_index(row)

    columns = ("kind", "references", "recall", "queries", "built_at")
    emit(rows, form=form or "text", key="index", gallery=file, text=text, columns=columns)
    return 0
