"""`fewshot enroll`: pictures and names come in; the gallery holds them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import click

from fewshot.cli.backbones import choice_of, network_options, threads_option
from fewshot.cli.cropping import CROPS, box_option, crop_option, crop_rows, note_crops
from fewshot.cli.options import form_options, gallery_option, named_paths, null_option
from fewshot.cli.output import Row, emit, note, printable
from fewshot.cli.progress import Terminal, progress_bar


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--name",
    help="Enroll under this name: the pictures of PATH/NAME where there is such a folder, else "
    "those lying in PATH, or PATH itself. Without it, each sub-folder of PATH is a name.",
)
@click.option(
    "--backbone",
    metavar="NAME",
    help="What embeds, for a new gallery: see fewshot models list, or file:MODEL.  [compact]",
)
@crop_option(
    f"Which part is looked at, for a new gallery, here and ever after: {CROPS}, a cascade or "
    "network of your own.  [whole]"
)
@box_option
@click.option(
    "--one-face", is_flag=True, help="Refuse pictures with several faces; else the largest counts."
)
@network_options
@threads_option
@null_option
@gallery_option
@form_options
def enroll(
    paths: tuple[str, ...],
    name: str | None,
    backbone: str | None,
    crop: str | None,
    box: tuple[int, ...] | None,
    one_face: bool,
    threads: int | None,
    null: bool,
    gallery: Path | None,
    form: str | None,
    **network: Any,
) -> int:
    """Enroll pictures, so that they can be recognized.

    A PATH is a folder, a picture, or - for paths on standard input. A picture already enrolled
    under the same name is passed over; one bad picture is named and counted, the rest goes on.
    """
    from fewshot.errors import NoImagesFound
    from fewshot.folders import plan_enrollment
    from fewshot.recognizer import Recognizer

    chosen = choice_of(backbone, network)
    pictures: list[tuple[str, Path]] = []
    empty: NoImagesFound | None = None
    for path in named_paths(paths, null=null):
        try:
            plan = plan_enrollment(path, name)
        except NoImagesFound as error:
            if empty:
                note(str(empty))
            empty = error
            continue
        pictures += plan.pictures
        for line in plan.notes:
            note(line)
    if empty and not pictures:
        raise empty
    if empty:
        note(str(empty))
    if box and len(pictures) > 1:
        raise click.UsageError(f"--box is of one picture, and {len(pictures)} are named")
    with Recognizer.create(
        gallery, backbone=chosen, crop=crop, threads=threads, watch=Terminal()
    ) as recognizer:
        with progress_bar("enrolling", len(pictures)) as advance:
            accounts = recognizer.enroll_all(pictures, progress=advance, box=box, one_face=one_face)
        file, recipe = recognizer.path, recognizer.recipe
    for account in accounts:
        for refusal in account.refused:
            note(f"refused {refusal.source}: {refusal.reason}")
        for other, count in Counter(twice.other for twice in account.elsewhere).items():
            note(f"{count} picture(s) of {account.name} are enrolled as {other} too; forget one")
        if account.corrected:
            count = len(account.corrected)
            note(f"{count} picture(s) were corrected, not {account.name}, and are passed over")
    note_crops(accounts, looked=recipe.crop == "auto")
    unseen = sum(one.crops == 0 for account in accounts for one in account.refused)
    if unseen and recipe.detection and {one.name for one in recipe.detection.detectors} == {"haar"}:
        note(
            f"in {unseen} picture(s) haar found no face; yunet finds more: fewshot models fetch "
            "yunet, then a new gallery"
        )
    rows = [_row(account) for account in accounts]
    emit(rows, form=form or "text", key="enrolled", gallery=file, text=_text, columns=_COLUMNS)
    if not form:
        added = sum(account.added for account in accounts)
        note(f"{added} reference(s) added to {file}")
    return 3 if empty or any(account.refused for account in accounts) else 0


_COLUMNS = ("name", "added", "already", "refused")


def _row(account: Any) -> Row:
    return {
        "name": account.name,
        "added": account.added,
        "already": account.already,
        "refused": [{"source": one.source, "reason": one.reason} for one in account.refused],
        "elsewhere": [{"source": one.source, "name": one.other} for one in account.elsewhere],
        "corrected": list(account.corrected),
        "crops": crop_rows(account.crops),
    }


def _text(row: Row) -> str:
    counts = [f"{row['added']} added"]
    if row["already"]:
        counts.append(f"{row['already']} already there")
    if row["refused"]:
        counts.append(f"{len(row['refused'])} refused")
    if row["corrected"]:
        counts.append(f"{len(row['corrected'])} corrected before")
    return f"{printable(row['name'])}: {', '.join(counts)}"
