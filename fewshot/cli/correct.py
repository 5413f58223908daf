"""`fewshot correct`: a picture and the names it is not of come in; the gallery keeps that.

With --list it loads neither numpy nor FAISS.
"""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path

import click

from fewshot.cli.backbones import threads_option
from fewshot.cli.cropping import box_option, box_text
from fewshot.cli.options import form_options, gallery_option
from fewshot.cli.output import Row, emit, note, printable, shown_path
from fewshot.cli.progress import Terminal
from fewshot.recognizer import Recognizer
from fewshot.records import Corrected

_COLUMNS = ("source", "rejected", "truth", "added", "confined", "already", "box", "crops")
_LISTED = ("id", "corrected_at", "source", "rejected", "truth", "in_force", "digest")


@click.command()
@click.argument("path", type=click.Path(path_type=Path), required=False)
@click.option(
    "--not",
    "rejected",
    multiple=True,
    metavar="NAME",
    help="The name that the picture does not get again; may be given several times.",
)
@click.option("--is", "truth", metavar="NAME", help="Who it is: enrolls the picture under NAME.")
@box_option
@click.option("--list", "listing", is_flag=True, help="List the corrections there are.")
@threads_option
@gallery_option
@form_options
def correct(
    path: Path | None,
    rejected: tuple[str, ...],
    truth: str | None,
    box: tuple[int, ...] | None,
    listing: bool,
    threads: int | None,
    gallery: Path | None,
    form: str | None,
) -> int:
    """Say that PATH is not NAME, so that it never gets that name again.

    Nor do its mirror image, crops of it and copies saved again. This holds when NAME is renamed, or
    forgotten and enrolled again, and through export and import; `undo` takes it back.
    """
    if listing:
        if path or rejected or truth:
            raise click.UsageError("--list takes neither a PATH nor --not and --is")
        return _list(gallery, form)
    if path is None:
        raise click.UsageError("name the picture: fewshot correct PATH --not NAME")
    if not rejected:
        raise click.UsageError("say which name is wrong: --not NAME")
    with Recognizer.open(gallery, threads=threads, watch=Terminal()) as recognizer:
        done = recognizer.correct(path, rejected=rejected, truth=truth, box=box)
        others = _other_parts(recognizer, path, done)
        file = recognizer.path
    rows = [asdict(done)]
    emit(rows, form=form or "text", key="corrected", gallery=file, text=_text, columns=_COLUMNS)
    if done.new_name:
        note(f"{done.truth} is a new name; fewshot undo, if that was not meant")
    if done.crops > 1:
        note(
            f"{done.crops} faces are in it, the largest is meant ({box_text(done.box)}); see --box"
        )
    for name, part in others:
        note(f"{name} is enrolled with another part of it too, which stays: --box {part}")
    for name in done.elsewhere:
        note(f"the picture is enrolled as {name} too; correct that as well: --not {name}")
    return 0


def _other_parts(recognizer: Recognizer, path: Path, done: Corrected) -> list[tuple[str, str]]:
    """Return which of the names have references of this picture left, and of which box."""
    there = {one.name for one in recognizer.identities()}
    return [
        (name, ",".join(map(str, one.box)))
        for name in done.rejected
        if name in there
        for one in recognizer.references(name)
        if one.source == os.path.abspath(path)
    ]


def _list(gallery: Path | None, form: str | None) -> int:
    with Recognizer.open(gallery) as recognizer:
        rows = [asdict(one) for one in recognizer.corrections()]
        file = recognizer.path

    def text(row: Row) -> str:
        said = f"{shown_path(row['source'])}: not {printable(row['rejected'])}"
        if row["truth"]:
            said += f", but {printable(row['truth'])}"
        return f"{row['corrected_at']}  {said}{'' if row['in_force'] else '  (taken back later)'}"

    emit(rows, form=form or "text", key="corrections", gallery=file, text=text, columns=_LISTED)
    if not form and not rows:
        note(f"nothing was corrected in {file}")
    return 0


def _text(row: Row) -> str:
    said = f"{shown_path(row['source'])}: not {' nor '.join(map(printable, row['rejected']))}"
    if row["truth"]:
        said += f", but {printable(row['truth'])}"
    if row["already"]:
        return f"{said}; that was known already"
    if row["confined"]:
        said += f"; {row['confined']} reference(s) put out of use"
    return said + ("; enrolled" if row["added"] else "")
