"""`fewshot eval`: a plan and a folder of pictures come in; the figures of its ways go out."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fewshot.cli.backbones import threads_option
from fewshot.cli.options import form_options
from fewshot.cli.output import columns_of, emit, note, padded, printable, shown_path
from fewshot.cli.progress import Terminal
from fewshot.training.starting_point import refuse_within

if TYPE_CHECKING:
    from fewshot.plans.outcome import Outcome

_COLUMNS = (
    "way", "status", "backbone", "test", "accuracy.share", "accuracy.n", "without_training.share",
)  # fmt: skip
_WEIGHTS_MISSING, _UNREADABLE = 5, 3


@click.command("eval")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--plan", "plan_path", required=True, metavar="PLAN", type=click.Path(path_type=Path),
    help="The experiment, a TOML file as in eval/plans/. For now it must be named.",
)  # fmt: skip
@click.option(
    "--out", metavar="FOLDER", type=click.Path(path_type=Path),
    help="Where the models, scores and report go.  [PLAN-NAME.results]",
)  # fmt: skip
@threads_option
@form_options
def evaluate(
    folder: Path, plan_path: Path, out: Path | None, threads: int | None, form: str | None
) -> int:
    """Run the experiment that a plan describes on a folder of pictures.

    \b
    fewshot eval --plan eval/plans/anime4.toml faces/

    Each way of the plan is trained and tested; the first of its backbones whose weights are here
    is taken, and those that could not be had are named. Nothing is downloaded. Ends with 5 where no
    way could be run.
    """  # noqa: D301  click wants the character \\b itself
    from fewshot.plans.plan_file import read_plan

    plan = read_plan(plan_path)
    out = out or Path(f"{plan.name}.results")
    refuse_within(out / "report.md", folder)
    from fewshot.plans.results import write_results
    from fewshot.plans.running import run_plan

    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # it warns that several models are run
    try:
        outcome = run_plan(plan, folder, out, threads=threads, watch=Terminal())
    except KeyboardInterrupt:
        note("the same command goes on with the training it was in")
        raise
    write_results(outcome, out)
    _print(outcome, form)
    if not form:
        note(f"{shown_path(str(out))} holds the report, the scores and the models")
    if not any(one.gone for one in outcome.ways):
        return _WEIGHTS_MISSING
    return _UNREADABLE if outcome.refused else 0


def _print(outcome: Outcome, form: str | None) -> None:
    from fewshot.plans.report import about, figures

    rows = figures(outcome) if form else [{"text": _text(outcome)}]
    emit(
        rows, form=form or "text", key="figures", gallery=None, text=lambda row: str(row["text"]),
        columns=_COLUMNS, about=about(outcome),
    )  # fmt: skip


def _text(outcome: Outcome) -> str:
    from fewshot.plans.remarks import remarks
    from fewshot.plans.report import HEAD, cells, heading, score_tables

    lines = [click.style(printable(outcome.plan.title), bold=True)]
    lines += [printable(one) for one in heading(outcome)]
    if outcome.plan.table:
        for head, rows in score_tables(outcome):
            lines += ["", printable(head), *_laid_out(rows)]
    lines += ["", *_laid_out([HEAD, *cells(outcome)]), ""]
    lines += [f"- {printable(one)}" for one in remarks(outcome)]
    return "\n".join(lines)


def _laid_out(rows: Sequence[Sequence[str]]) -> list[str]:
    shown = [[printable(cell) for cell in row] for row in rows]
    widths = [max(columns_of(row[at]) for row in shown) for at in range(len(shown[0]))]
    return [
        "  ".join(padded(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in shown
    ]
