"""`fewshot calibrate`: strangers and a rule come in; the rates a gallery keeps go out."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fewshot.cli.backbones import threads_option
from fewshot.cli.explaining import percent
from fewshot.cli.operations import rule_line
from fewshot.cli.options import form_options, gallery_option
from fewshot.cli.output import Row, emit, note
from fewshot.cli.progress import Terminal, progress_bar
from fewshot.risk import RATE
from fewshot.rules import RULES

if TYPE_CHECKING:
    from fewshot.calibrating import Calibrated
    from fewshot.records import Forgotten

_COLUMNS = ("rate", "basis", "needed", "known", "low", "high", "asked")


@click.command()
@click.option(
    "--strangers",
    type=click.Path(exists=True, path_type=Path),
    help="Pictures of nobody enrolled: a folder, each sub-folder one stranger. They count as "
    "strangers from now on.",
)
@click.option(
    "--forget-strangers",
    is_flag=True,
    help="Erase all strangers that were given, from the file too.",
)
@click.option(
    "--rule",
    type=click.Choice(["auto", *map(str, RULES)]),
    help="How names are scored from now on; auto lets the gallery choose.",
)
@threads_option
@gallery_option
@form_options
def calibrate(
    strangers: Path | None,
    forget_strangers: bool,
    rule: str | None,
    threads: int | None,
    gallery: Path | None,
    form: str | None,
) -> int:
    """Show how often strangers get a name here, and what it takes to name somebody.

    Chooses the rule that names left-out references best, and takes up pictures of strangers.
    """
    from fewshot.folders import blocks_in
    from fewshot.recognizer import Recognizer

    given = blocks_in(strangers) if strangers else []
    with (
        Recognizer.open(gallery, threads=threads, watch=Terminal()) as recognizer,
        progress_bar("embedding", len(given)) as advance,
    ):
        if forget_strangers:
            _forgotten(recognizer.forget_strangers())
        done = recognizer.calibrate(strangers=given, rule=rule, progress=advance)
        file = recognizer.path
    row = asdict(done) | {"rule": str(done.naming.rule)}
    row["naming"] |= {"rule": str(done.naming.rule), "center": bool(done.naming.center)}
    if form in (None, "json"):
        emit([row], form=form or "text", key="calibrated", gallery=file, text=_text, columns=())
    else:
        rates: list[Row] = [asdict(one) for one in done.rates]
        emit(rates, form=form, key="rates", gallery=file, text=str, columns=_COLUMNS)
    _told(done)
    return 3 if done.refused else 0


def _forgotten(gone: Forgotten) -> None:
    note(f"{gone.references} picture(s) of strangers are erased")
    if not gone.erased:
        note("the gallery is in use elsewhere: the bytes leave the file when that process is done")


def _told(done: Calibrated) -> None:
    if done.added:
        note(f"{done.added} picture(s) of strangers are kept, as vectors; fewshot undo drops them")
    if done.near > RATE * done.stranger_pictures + 1:
        note(
            f"{done.near} of the {done.stranger_pictures} pictures of strangers would else be "
            "named: are they of nobody enrolled? fewshot undo drops them"
        )
    if done.passed_over:
        note(f"{done.passed_over} picture(s) are enrolled, or were given before: passed over")
    for refusal in done.refused:
        note(f"{refusal.source}: {refusal.reason}")


def _text(row: Row) -> str:
    about = f"{row['names']:,} name(s), {row['references']:,} reference(s)"
    if row["strangers"]:
        about += f", {row['strangers']:,} stranger(s) in {row['stranger_pictures']:,} picture(s)"
    lines = [
        about,
        f"can show by itself: {_shown(row)}",
        "rule: " + rule_line(row["rule"], row["naming"]["chosen_by"]),
    ]
    lines += ["", "false names  rests on               score needed  enrolled pictures known"]
    lines += [_rate(one) for one in row["rates"]]
    tried = row["naming"]["tried"]
    if tried:
        lines += ["", "rules: references rightly named when left out, at 5 % false names"]
        lines += [
            f"  {one['rule']:<16} {percent(one['accuracy'])}"
            + (f", {percent(one['behind'])} behind" if one["behind"] else ", the best")
            for one in tried
        ]
    return "\n".join(lines)


def _shown(row: Row) -> str:
    if row["tightest"] >= 1.0:
        return "no rate of false names yet; rates are estimated from other galleries"
    return f"{percent(row['tightest'])} of false names or more; below that it is estimated"


def _rate(one: Row) -> str:
    known = "too few references to tell"
    if one["asked"]:
        known = "not told: the model was trained on such"
    if one["known"] is not None:
        low, high = percent(one["low"]), percent(one["high"])
        known = f"{percent(one['known'])} [{low}, {high}] (n = {one['asked']:,})"
    basis = "other galleries" if one["basis"] == "prior" else one["basis"]
    return f"{percent(one['rate']):>11}  {basis:<21}  {one['needed']:>12.3f}  {known}"
