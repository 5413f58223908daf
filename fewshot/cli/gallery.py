"""`fewshot list`, `show`, `rename`, `forget`: the gallery itself. Loads neither numpy nor FAISS."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from fewshot.cli.cropping import where_text
from fewshot.cli.options import form_options, gallery_option
from fewshot.cli.output import Row, columns_of, emit, note, padded, printable, shown_path
from fewshot.recognizer import Recognizer


@click.command("list")
@gallery_option
@form_options
def list_names(gallery: Path | None, form: str | None) -> int:
    """List who is enrolled, with how many references each."""
    with Recognizer.open(gallery) as recognizer:
        rows = [asdict(identity) for identity in recognizer.identities()]
        file = recognizer.path
    width = max((columns_of(printable(row["name"])) for row in rows), default=0)

    def text(row: Row) -> str:
        return f"{padded(printable(row['name']), width)}  {row['references']}"

    columns = ("name", "references", "enrolled_at")
    emit(rows, form=form or "text", key="identities", gallery=file, text=text, columns=columns)
    if not form:
        total = sum(row["references"] for row in rows)
        note(f"{len(rows)} name(s), {total} reference(s) in {file}")
    return 0


@click.command()
@click.argument("name")
@gallery_option
@form_options
def show(name: str, gallery: Path | None, form: str | None) -> int:
    """Show the enrolled pictures of NAME."""
    with Recognizer.open(gallery) as recognizer:
        rows = [asdict(reference) for reference in recognizer.references(name)]
        file = recognizer.path

    def text(row: Row) -> str:
        part = "" if row["kind"] == "whole" else where_text(row["kind"], row["score"], row["box"])
        return f"{row['id']}  {row['enrolled_at']}  {shown_path(row['source'])}{part}"

    columns = ("id", "name", "source", "enrolled_at", "digest", "kind", "score", "box")
    emit(rows, form=form or "text", key="references", gallery=file, text=text, columns=columns)
    return 0


@click.command()
@click.argument("old")
@click.argument("new")
@gallery_option
@form_options
def rename(old: str, new: str, gallery: Path | None, form: str | None) -> int:
    """Give the identity OLD the name NEW."""
    with Recognizer.open(gallery) as recognizer:
        recognizer.rename(old, new)
        file = recognizer.path

    def text(row: Row) -> str:
        return f"{printable(row['old'])} is now {printable(row['new'])}"

    rows = [{"old": old, "new": new}]
    emit(rows, form=form or "text", key="renamed", gallery=file, text=text, columns=("old", "new"))
    return 0


@click.command()
@click.argument("name")
@click.option(
    "--erase",
    is_flag=True,
    help="Delete its vectors, thumbnails, paths and name from the file too, also where it was "
    "forgotten before. This cannot be undone, nor can what was done before.",
)
@gallery_option
@form_options
def forget(name: str, erase: bool, gallery: Path | None, form: str | None) -> int:
    """Take NAME out of the gallery; `undo` brings it back, until it is erased."""
    with Recognizer.open(gallery) as recognizer:
        rows = [asdict(recognizer.forget(name, erase=erase))]
        file = recognizer.path
    if erase and not rows[0]["erased"]:
        note(
            f"{file} is in use elsewhere, or has no room: some bytes of {name} stay until it is not"
        )

    def text(row: Row) -> str:
        who = f"{printable(row['name'])} {'erased' if erase else 'forgotten'}"
        rest = "this cannot be undone" if erase else "still in the file, for undo, until --erase"
        return f"{who}, {row['references']} reference(s); {rest}"

    columns = ("name", "references", "erased")
    emit(rows, form=form or "text", key="forgotten", gallery=file, text=text, columns=columns)
    return 0
