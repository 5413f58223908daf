"""`fewshot match`: pictures come in; names, or nobody, go out."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fewshot.cli.answers import MATCH_COLUMNS, match_row, match_text, refusal_row
from fewshot.cli.backbones import threads_option
from fewshot.cli.cropping import box_option, crop_option, where_text
from fewshot.cli.explaining import estimated_note, explained_text
from fewshot.cli.options import (
    form_options,
    gallery_option,
    named_paths,
    null_option,
    rate_options,
)
from fewshot.cli.output import Row, emit, note
from fewshot.cli.progress import Terminal, progress_bar
from fewshot.risk import RATE

if TYPE_CHECKING:
    from fewshot.drawing import Drawing
    from fewshot.montage import Montage


def _similarity(_context: object, _option: object, value: float | None) -> float | None:
    if value is not None and not -1.0 <= value <= 1.0:  # NaN too
        raise click.BadParameter("a similarity lies between -1 and 1, a probability in 0 to 1")
    return value


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "-k",
    "neighbors",
    default=5,
    show_default=True,
    type=click.IntRange(1, 1000),
    help="How many neighbors --json and --montage show.",
)
@click.option(
    "--threshold",
    type=float,
    callback=_similarity,
    help="The similarity a name needs, -1 to 1, instead of a rate.",
)
@rate_options
@click.option(
    "--explain", is_flag=True, help="Say why: which references spoke for it, and what would help."
)
@click.option(
    "--montage",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Draw each picture beside its best references into this PNG or JPEG.",
)
@click.option(
    "--model",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Classify by a model that fewshot train made, instead of a gallery; --threshold is then "
    "the probability a class needs, 0 to 1.",
)
@crop_option(
    "Look at this part, though the gallery was enrolled with another: whole, center, face, "
    "anime-face, auto or file:PATH.  [the gallery's]"
)
@box_option
@click.option("--all-faces", is_flag=True, help="Answer every face in a picture, a line each.")
@click.option(
    "--draw",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Draw boxes, names and similarities on the picture, into this PNG or JPEG.",
)
@threads_option
@null_option
@gallery_option
@form_options
def match(
    paths: tuple[str, ...],
    neighbors: int,
    threshold: float | None,
    max_false_name: float | None,
    strict: bool,
    explain: bool,
    montage: Path | None,
    model: Path | None,
    crop: str | None,
    box: tuple[int, ...] | None,
    all_faces: bool,
    draw: Path | None,
    threads: int | None,
    null: bool,
    gallery: Path | None,
    form: str | None,
) -> int:
    """Say who is in each picture, or that it is nobody enrolled.

    A PATH is a picture, a folder, or - for paths on standard input.
    """
    from fewshot.embedder import Refusal
    from fewshot.folders import each_picture
    from fewshot.recognizer import Recognizer

    if threshold is not None and (strict or max_false_name is not None):
        raise click.UsageError("--threshold decides instead of a rate: leave one of them out")
    pictures: Iterable[Path] = each_picture(named_paths(paths, null=null))
    total = 0
    one = len(paths) == 1 and not os.path.isdir(paths[0])
    if "-" not in paths and (one or form == "json" or not sys.stdout.isatty()):
        pictures = list(pictures)  # else answers appear while paths still come
        total = len(pictures)
    if draw and total != 1:
        raise click.UsageError("--draw draws on one picture: name one, or take --montage")
    if box and (all_faces or total != 1):
        raise click.UsageError("--box is of one picture, without --all-faces")
    if model:
        _refuse_beside_model(click.get_current_context().params)
        if threshold is not None and threshold < 0.0:
            raise click.UsageError("--threshold beside --model is a probability, 0 to 1")
        from fewshot.cli.classifying import classify

        return classify(
            model, pictures, total, at_least=threshold or 0.0, k=neighbors, threads=threads,
            form=form,
        )  # fmt: skip
    counts: Counter[str] = Counter()
    estimated: Row = {}
    several: list[str] = []
    sheet = _sheet(montage) if montage else None
    drawing = _drawing(draw) if draw else None
    with (
        Recognizer.open(gallery, threads=threads, watch=Terminal()) as recognizer,
        progress_bar("matching", total) as advance,
    ):
        recipe = recognizer.recipe
        if all_faces and (crop or recipe.crop) in ("whole", "center"):
            raise click.UsageError(
                f"crop {crop or recipe.crop} looks for no faces: --all-faces goes with --crop "
                "face, anime-face or auto"
            )
        answers = recognizer.match_all(
            pictures,
            k=neighbors,
            max_false_name=RATE if max_false_name is None else max_false_name,
            strict=strict,
            threshold=threshold,
            explain=explain or form in ("json", "jsonl"),
            with_thumbnails=sheet is not None,
            crop=crop,
            box=box,
            all_faces=all_faces,
        )
        where = recipe.crop != "whole" or crop is not None or box is not None
        if crop and crop.partition(":")[0] != recipe.crop:
            note(f"looking by crop {crop}, where the gallery was enrolled by crop {recipe.crop}")

        def rows() -> Iterator[Row]:
            nonlocal estimated
            for answer in answers:
                row = refusal_row(answer) if isinstance(answer, Refusal) else match_row(answer)
                counts[row["status"]] += 1
                if where and row["box"] and not form:
                    said = where_text(row["crop"], row["crop_score"], row["box"])
                    row = {**row, "where": said}
                    if row["crops"] > 1 and not all_faces:
                        several.append(row["query"])
                if drawing and not isinstance(answer, Refusal):
                    drawing.add(answer)
                if row.get("basis") == "prior":
                    estimated = row
                if sheet and not isinstance(answer, Refusal):
                    sheet.add(answer, recognizer.thumbnail)
                advance()
                yield row

        emit(
            rows(),
            form=form or "text",
            key="matches",
            gallery=recognizer.path,
            text=explained_text if explain else match_text,
            columns=MATCH_COLUMNS,
        )
    if sheet:
        _save(sheet)
    if drawing:
        note(f"drawn into {draw}" if drawing.save() else f"nothing to draw: {draw} is not written")
    if several:
        more = f" and {len(several) - 1} more" if len(several) > 1 else ""
        note(f"several faces in {several[0]}{more}: the largest was looked at; see --all-faces")
    if not form and sum(counts.values()) > 1:
        note(", ".join(f"{number} {status}" for status, number in sorted(counts.items())))
        if estimated:
            note(estimated_note(estimated))
    if "unreadable" in counts:
        return 3
    return 1 if "unknown" in counts else 0


_OF_GALLERIES = (
    *("max_false_name", "strict", "explain", "montage", "gallery"),
    *("crop", "box", "all_faces", "draw"),
)


def _refuse_beside_model(given: dict[str, Any]) -> None:
    """Raise UsageError for what only a gallery can do."""
    for option in (name for name in _OF_GALLERIES if given[name] not in (None, False)):
        raise click.UsageError(
            f"--{option.replace('_', '-')} is of galleries, a model knows its classes only: enroll "
            "with --backbone file:MODEL, then match without --model"
        )


def _drawing(path: Path) -> Drawing:
    from fewshot.drawing import Drawing

    return Drawing(path)


def _sheet(path: Path) -> Montage:
    from fewshot.montage import Montage

    return Montage(path)


def _save(sheet: Montage) -> None:
    written = sheet.save()
    note(f"montage written to {sheet.path}" if written else "no montage: no picture was answered")
    if sheet.left_out:
        note(f"{sheet.left_out} picture(s) more than fit are not on it")
    if sheet.unwritable:
        few = ", ".join(sorted(sheet.unwritable)[:3])
        note(f"no font here draws {few}; with one (fonts-noto-cjk, say) the montage would")
