"""`fewshot export`, `import`, `merge`: galleries on their way to other places, and back."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from fewshot.cli.options import form_options, gallery_option
from fewshot.cli.output import Row, emit, shown_path
from fewshot.cli.progress import Terminal
from fewshot.recognizer import Recognizer

_BROUGHT = (
    *("source", "references", "already", "names"),
    *("corrections", "strangers", "corrected"),
)


@click.command()
@click.argument("target", type=click.Path(path_type=Path))
@click.option(
    "--as",
    "kind",
    type=click.Choice(["npz", "thumbnails", "projector"]),
    default="npz",
    show_default=True,
    help="npz: one file with all that `import` reads; thumbnails: a folder of pictures, one "
    "sub-folder a name; projector: vectors.tsv and metadata.tsv for the embedding projector.",
)
@gallery_option
@form_options
def export(target: Path, kind: str, gallery: Path | None, form: str | None) -> int:
    """Write the gallery to TARGET: a file, or with --as a folder, that other programs read."""
    with Recognizer.open(gallery, watch=Terminal()) as recognizer:
        count = recognizer.export(target, kind)
        file = recognizer.path
    rows = [{"target": str(target), "kind": kind, "references": count}]

    def text(row: Row) -> str:
        return f"{row['references']} reference(s) written to {shown_path(row['target'])}"

    columns = ("target", "kind", "references")
    emit(rows, form=form or "text", key="exported", gallery=file, text=text, columns=columns)
    return 0


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@gallery_option
@form_options
def import_(file: Path, gallery: Path | None, form: str | None) -> int:
    """Add what `export` wrote to FILE; makes the gallery where there is none."""
    with Recognizer.create_for(file, gallery, watch=Terminal()) as recognizer:
        brought = recognizer.import_from(file)
        path = recognizer.path
    rows = [{"source": str(file), **asdict(brought)}]
    emit(rows, form=form or "text", key="imported", gallery=path, text=_text, columns=_BROUGHT)
    return 0


@click.command()
@click.argument("other", type=click.Path(path_type=Path))
@gallery_option
@form_options
def merge(other: Path, gallery: Path | None, form: str | None) -> int:
    """Add what stands in the gallery file OTHER, made with the same backbone; OTHER stays."""
    with Recognizer.open(gallery, watch=Terminal()) as recognizer:
        brought = recognizer.merge(other)
        path = recognizer.path
    rows = [{"source": str(other), **asdict(brought)}]
    emit(rows, form=form or "text", key="merged", gallery=path, text=_text, columns=_BROUGHT)
    return 0


def _text(row: Row) -> str:
    added = f"{row['references']} reference(s) of {row['names']} name(s) added"
    more = {
        "already": "already there",
        "corrections": "correction(s)",
        "strangers": "stranger(s)",
        "corrected": "out of use: corrected",
    }
    rest = "".join(f", {row[key]} {said}" for key, said in more.items() if row[key])
    return f"{added} from {shown_path(row['source'])}{rest}"
