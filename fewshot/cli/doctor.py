"""`fewshot doctor`: a gallery comes in; what is wrong with it goes out, and into quarantine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fewshot.cli.options import form_options, gallery_option
from fewshot.cli.output import Row, emit, note, printable, shown_path
from fewshot.cli.progress import Terminal
from fewshot.findings import APPLIED, ASKS, KINDS, Diagnosis, Finding
from fewshot.recognizer import Recognizer

if TYPE_CHECKING:
    from fewshot.montage import Montage

_HEADINGS = {
    "mislabeled": "Likely mislabeled",
    "same-identity": "Two names that may be one",
    "copy-across": "One picture under two names",
    "outlier": "Standing with nobody",
    "blurred": "Blurred",
    "tiny": "Tiny",
    "copy": "Nearly the same picture twice",
}
_RED, _GREEN, _AMBER = (190, 30, 40), (24, 128, 56), (190, 110, 0)
_COLUMNS = (
    "kind",
    "reference",
    "name",
    "other",
    "source",
    "score",
    "quarantined",
    "says",
    "advice",
)
_EFFECT = ("accuracy_before", "accuracy_after", "strangers_before", "strangers_after")


@click.command()
@click.option("--apply", is_flag=True, help="Put what is mislabeled into quarantine, until undo.")
@click.option(
    "--only",
    type=click.Choice(KINDS),
    multiple=True,
    help="Show, and apply, this kind alone; may be given again.",
)
@click.option(
    "--montage",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Draw each finding beside the best references of its names into this PNG or JPEG.",
)
@gallery_option
@form_options
def doctor(
    apply: bool,
    only: tuple[str, ...],
    montage: Path | None,
    gallery: Path | None,
    form: str | None,
) -> int:
    """Find references that are mislabeled, outliers, copies, blurred or tiny, and what they cost.

    Says too which two names may be one. Ends with 1 where something is found, else with 0.
    """
    asked = [kind for kind in only if kind in ASKS]
    if apply and asked:
        raise click.UsageError(f"{asked[0]} is for you to decide: --apply does not")
    sheet = _sheet(montage) if montage else None
    with Recognizer.open(gallery, watch=Terminal()) as recognizer:
        found = recognizer.doctor()
        shown = [one for one in found.findings if not only or one.kind in only]
        if sheet:
            _draw(recognizer, shown, sheet)
        wanted = found.of_kinds(only or APPLIED) if apply else []
        gone = set(recognizer.quarantine(wanted))
        rows = [_row(one, quarantined=one.removable in gone) for one in shown]
        file = recognizer.path
    emit(rows, form=form or "text", key="findings", gallery=file, text=_text(), columns=_COLUMNS)
    _say(found, len(shown), file, form)
    if apply:
        _say_applied(len(wanted), len(gone))
    return 1 if rows else 0


def _row(finding: Finding, *, quarantined: bool) -> Row:
    row = asdict(finding)
    names, references = row["names"], row["references"]
    row |= {
        "reference": references[0] if references else None,
        "name": names[0],
        "other": names[-1] if len(names) > 1 else None,
        "source": row["sources"][0] if row["sources"] else None,
        "quarantined": quarantined,
    }
    del row["beside"]
    return row


def _text() -> Callable[[Row], str]:
    """Return what writes a row, with a heading where a kind begins."""
    before = ""

    def text(row: Row) -> str:
        nonlocal before
        lines = [] if row["kind"] == before else ["" if before else None, _HEADINGS[row["kind"]]]
        before = row["kind"]
        lines.append(f"  {printable(row['says'])}")
        if row["source"]:
            lines.append(f"    reference {row['reference']}: {shown_path(row['source'])}")
        if effect := _effect(row["effect"]):
            lines.append(f"    without it: {effect}")
        aside = "in quarantine, until undo" if row["quarantined"] else row["advice"]
        lines.append(f"    {printable(aside)}")
        return "\n".join(line for line in lines if line is not None)

    return text


def _effect(effect: Row | None) -> str:
    if effect is None:
        return ""
    before, after, strangers, then = (100 * effect[key] for key in _EFFECT)
    return f"{before:.2f} -> {after:.2f} % right, {strangers:.2f} -> {then:.2f} % of strangers"


def _say(found: Diagnosis, shown: int, file: Path, form: str | None) -> None:
    if found.looked_at < found.references:
        note(f"looked at {found.looked_at:,} of {found.references:,} references, evenly taken")
    if form:
        return
    right = "" if found.accuracy is None else f", {found.accuracy:.1%} right when left out in turn"
    note(f"{shown} finding(s) in {found.names} name(s), {found.looked_at} reference(s){right}")
    if not shown:
        note(f"nothing to mend in {file}")


def _say_applied(wanted: int, gone: int) -> None:
    if gone:
        note(f"{gone} reference(s) put into quarantine; fewshot undo brings them back")
    else:
        note("nothing was changed")
    if gone < wanted:
        note(f"{wanted - gone} left where they are: a name keeps its last reference")


def _sheet(path: Path) -> Montage:
    from fewshot.montage import Montage

    return Montage(path)


def _draw(recognizer: Recognizer, findings: list[Finding], sheet: Montage) -> None:
    """Draw a row a finding: what it is about, then the best of its name and of the other."""
    from fewshot.montage import Tile

    for one in findings:
        parts = zip(one.references, cycle(one.names), one.sources, strict=False)
        about = [
            Tile(recognizer.thumbnail(number) or b"", _RED, (one.kind, name, Path(source).name))
            for number, name, source in parts
        ]
        beside = [
            Tile(
                recognizer.thumbnail(number) or b"",
                _GREEN if name == one.names[0] else _AMBER,
                (name, f"reference {number}"),
            )
            for name, number in one.beside
        ]
        sheet.add_row(about + beside)
    written = sheet.save()
    note(f"montage written to {sheet.path}" if written else "no montage: nothing was found")
    if sheet.left_out:
        note(f"{sheet.left_out} finding(s) more than fit are not on it")
