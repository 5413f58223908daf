"""What came of a plan comes in; its answer on standard output goes out."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fewshot.cli.output import emit, laid_out, note, printable, shown_path
from fewshot.cli.progress import Terminal
from fewshot.training.starting_point import refuse_within

if TYPE_CHECKING:
    from fewshot.plans.outcome import Outcome

_COLUMNS = (
    "way", "status", "backbone", "test", "accuracy.share", "accuracy.n", "without_training.share",
)  # fmt: skip
_WEIGHTS_MISSING, _UNREADABLE = 5, 3


def run_planned(
    folder: Path, plan_path: Path, out: Path | None, threads: int | None, form: str | None
) -> int:
    """Run a plan on a folder, say what came of it, and return the exit code."""
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
            lines += ["", printable(head), *laid_out(rows)]
    lines += ["", *laid_out([HEAD, *cells(outcome)]), ""]
    lines += [f"- {printable(one)}" for one in remarks(outcome)]
    return "\n".join(lines)
