"""`fewshot crop`: a folder of pictures comes in; a folder of the faces in them goes out."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import Path

import click

from fewshot.cli.backbones import threads_option
from fewshot.cli.cropping import crop_option
from fewshot.cli.options import form_options
from fewshot.cli.output import Row, emit, note, printable
from fewshot.cli.progress import Terminal


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.argument("out", type=click.Path(path_type=Path), metavar="OUT")
@crop_option(
    "What is cut out: face (people), anime-face (drawn), auto (either), center or file:PATH.  "
    "[auto]"
)
@click.option(
    "--margin",
    type=click.FloatRange(0.0, 4.0),
    default=0.1,
    show_default=True,
    help="What is added on each side of a face, as a share of its height.",
)
@click.option(
    "--size",
    type=click.IntRange(0, 4096),
    default=96,
    show_default=True,
    help="Pixels a side of what is written; 0 leaves it as it is.",
)
@click.option(
    "--names",
    type=click.Choice(["keep", "number"]),
    default="keep",
    show_default=True,
    help="Call what is written as the pictures are, or 0001.png, 0002.png in each folder.",
)
@click.option("--all-faces", is_flag=True, help="Write every face of a picture, not the largest.")
@click.option(
    "--force",
    is_flag=True,
    help="Do all anew: delete the crops of before, write over what is there.",
)
@threads_option
@form_options
def crop(
    folder: Path,
    out: Path,
    crop: str | None,
    margin: float,
    size: int,
    names: str,
    all_faces: bool,
    force: bool,
    threads: int | None,
    form: str | None,
) -> int:
    """Cut the faces out of the pictures of DIR, each to the same place below OUT, as PNG.

    Interrupted and called again it goes on. OUT/not_found.txt lists the pictures in which nothing
    was found, OUT/crops.jsonl what became of each.
    """
    from fewshot.crop_account import ACCOUNT, CutSettings
    from fewshot.crop_folder import NOT_FOUND, crop_folder

    settings = CutSettings(crop or "auto", margin, size, names, all_faces)
    try:
        done = crop_folder(folder, out, settings, force=force, threads=threads, watch=Terminal())
    except KeyboardInterrupt:
        note("interrupted; the same command goes on from here")
        return 130
    rows = [asdict(one) for one in done.cuts]
    columns = ("source", "files", "kind", "score", "box", "found", "missing", "reason")
    emit(rows, form=form or "text", key="crops", gallery=None, text=_text, columns=columns)
    missing = done.missing
    failed = sum(not one.files and not one.missing for one in done.cuts)
    if not form:
        kinds = Counter(one.kind for one in done.cuts if one.files)
        said = [f"{number} {kind}" for kind, number in sorted(kinds.items(), key=str)]
        said += [f"{missing} with nothing found (see {out / NOT_FOUND})"] if missing else []
        said += [f"{failed} refused"] if failed else []
        said += [f"{done.before} done before"] if done.before else []
        note(f"{', '.join(said) or 'nothing to do'}; {out / ACCOUNT} says what became of each")
    return 3 if failed else 1 if missing else 0


def _text(row: Row) -> str:
    source = printable(row["source"])
    if row["reason"]:
        return f"{source}: {click.style(printable(row['reason']), fg='yellow')}"
    others = f", of {row['found']} faces" if row["found"] > 1 else ""
    more = f" and {len(row['files']) - 1} more" if len(row["files"]) > 1 else ""
    said = f"{row['kind']} {row['score']:.2f}{others}"
    return f"{source} -> {printable(row['files'][0])}{more} ({said})"
