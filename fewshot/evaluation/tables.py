"""An evaluation comes in; its tables go out, as rows of text and in Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from fewshot.evaluation.bootstrap import Estimate
from fewshot.evaluation.documents import document_of, leaks_of
from fewshot.evaluation.episodes import GIVEN, GROWTH, OPEN, QUERIES
from fewshot.evaluation.figures import Result
from fewshot.evaluation.measured import Measured

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A heading, a row that heads, and rows of text."""

    heading: str
    head: Row
    rows: tuple[Row, ...]


def tables_of(evaluation: Measured) -> list[Table]:
    """Return a table for each setting, and another of its strangers where there were some."""
    times = {_key_of_times(one): one for one in evaluation.times}
    tables = []
    for _, some in groupby(evaluation.results, key=lambda one: one.setting):
        results = list(some)
        tables.append(_accuracies(results, times))
        if any(one.strangers for one in results):
            tables.append(_strangers(results, evaluation.rate))
    return tables


def terminal_tables(evaluation: Measured) -> list[Table]:
    """Return narrower tables, the best contender first."""
    times = {_key_of_times(one): one for one in evaluation.times}
    tables = []
    for _, some in groupby(evaluation.results, key=lambda one: one.setting):
        results = sorted(some, key=lambda one: -one.accuracy.value)
        n = max(one.n for one in results)
        heading = f"{heading_of(results[0])}; {n:,} answers, {results[0].pictures:,} pictures"
        leaked = any(one.with_leaks for one in results)
        rows: list[Row] = []
        for one in results:
            took, error = times.get(_key(one), {}), one.calibration_error
            rows.append(
                (
                    one.method.title, one.backbone, said(one.accuracy),
                    said(one.difference, "+") or _unless(one, evaluation.baseline),
                    *((said(one.with_leaks),) if leaked and not one.plain else ()),
                    *((_plainly(one),) if one.plain else ()),
                    "" if error is None else error.said(), _timed(took.get("fit_ms")),
                    _timed(took.get("query_ms")), _timed(took.get("megabytes")),
                )
            )  # fmt: skip
        head: Row = ("contender", "backbone", "accuracy", "difference")
        head += ("with leaks",) if leaked and not results[0].plain else ()
        head += ("right",) if results[0].plain else ()
        head += ("ECE", "fit ms", "query ms", "MB")
        tables.append(Table(heading, head, tuple(rows)))
        if any(one.strangers for one in results):
            tables.append(_strangers(results, evaluation.rate))
    return tables


def markdown_page(evaluation: Measured) -> str:
    """Return a page in Markdown, without what is never twice the same."""
    told = document_of(evaluation)
    data = told["data"]
    lines = [
        "# Evaluation",
        "",
        f"{data['pictures']:,} pictures, {data['names']:,} names; seed {told['seed']}.",
        "",
        *(f"- {_plain(one)}" for one in told["verdict"]),
    ]
    for table in tables_of(evaluation):
        timed = table.head[-1] == "MB"
        head, rows = table.head, table.rows
        if timed:
            head, rows = head[:-3], tuple(row[:-3] for row in rows)
        lines += ["", f"## {_plain(table.heading)}", "", *_markdown(head, rows)]
    lines += ["", "95 % intervals by resampling names; differences are paired."]
    said_too = (*told["notes"], *leak_lines(evaluation), *stamps(evaluation))
    lines += [f"- {_plain(one)}" for one in said_too]
    lines += [f"- not read: {_plain(source)}: {reason}" for source, reason in evaluation.refused]
    return "\n".join(lines) + "\n"


def leak_lines(evaluation: Measured, most: int = 20) -> list[str]:
    """Return which pictures are one, or nearly."""
    if not evaluation.twins:
        return []
    leaks = leaks_of(evaluation)
    shown = [f"{one['one']} = {one['other']} ({one['kind']})" for one in leaks["pairs"][:most]]
    more = len(evaluation.twins) - len(shown)
    return [
        f"{leaks['equal']} equal and {leaks['near']} nearly equal pairs of pictures; where one of "
        f"a pair is enrolled, the other is not asked about (n counts what is left): "
        f"{', '.join(shown)}{f' and {more} more' if more > 0 else ''}"
    ]


def stamps(evaluation: Measured) -> list[str]:
    """Return what is to be known of backbones on these pictures."""
    return [f"{one.title}: {one.stamp}" for one in evaluation.backbones if one.stamp]


def heading_of(one: Result) -> str:
    """Say what was asked."""
    setting = one.setting
    shots = "all pictures" if setting.shots is None else f"{setting.shots} picture(s) a name"
    if setting.protocol == GIVEN:
        return f"As given: {one.ways} names, {shots} enrolled; chance {one.chance:.3f}"
    what = {
        OPEN: f"Open set: {one.ways} names enrolled, the others strangers",
        GROWTH: f"Growing gallery: {one.ways} names",
        QUERIES: f"Queries in {setting.view}: all {one.ways} names",
    }.get(setting.protocol, f"{one.ways} names" if setting.ways else f"All {one.ways} names")
    return f"{what}, {shots}, {setting.episodes} draws; chance {one.chance:.3f}"


def said(one: Estimate | None, sign: str = "") -> str:
    """Say a figure in a cell, empty where there is none."""
    return "" if one is None else one.said(sign)


def _accuracies(results: Sequence[Result], times: dict[tuple[Any, ...], dict[str, Any]]) -> Table:
    leaked = any(one.with_leaks for one in results)
    head: Row = ("backbone", "contender", "accuracy", "difference")
    if leaked:
        head += ("with leaks",)
    given = any(one.plain for one in results)
    if given:
        head += ("right",)
    head += ("top-5", "macro-F1", "ECE", "n", "fit ms", "query ms", "MB")
    rows = []
    for one in results:
        took = times.get(_key(one), {})
        row: Row = (one.backbone, one.method.title, said(one.accuracy), said(one.difference, "+"))
        if leaked:
            row += (said(one.with_leaks),)
        if given:
            row += (_plainly(one),)
        row += (
            said(one.top5), said(one.macro_f1), said(one.calibration_error),
            f"{one.n:,}", _timed(took.get("fit_ms")), _timed(took.get("query_ms")),
            _timed(took.get("megabytes")),
        )  # fmt: skip
        rows.append(row)
    return Table(heading_of(results[0]), head, tuple(rows))


def _strangers(results: Sequence[Result], rate: float) -> Table:
    head = (
        "backbone", "contender", "AUROC", "OSCR", f"known, best bar at {100 * rate:g} %",
        "strangers named", "known rightly named",
    )  # fmt: skip
    rows = [
        (
            one.backbone, one.method.title, said(found.auroc), said(found.oscr),
            said(found.known_at_rate),
            said(found.false_names) or "all: it rejects nobody", said(found.rightly_named),
        )
        for one in results
        if (found := one.strangers)
    ]  # fmt: skip
    count = next(one.strangers.strangers for one in results if one.strangers)
    return Table(f"{heading_of(results[0])}: {count:,} strangers", head, tuple(rows))


def _key(one: Result) -> tuple[Any, ...]:
    setting = one.setting
    return (
        setting.protocol, setting.view, one.ways, setting.shots, one.backbone, one.method.name,
    )  # fmt: skip


def _key_of_times(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(
        row[name] for name in ("protocol", "view", "ways", "shots", "backbone", "contender")
    )


def _unless(one: Result, baseline: str) -> str:
    """Say why there is no difference."""
    return "(the baseline)" if one.method.name == baseline else ""


def _plainly(one: Result) -> str:
    """Say how many pictures of one given test are right."""
    leaks = f"; with leaks {one.plain_with_leaks}" if one.plain_with_leaks else ""
    return f"{one.plain}{leaks}"


def _timed(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"


def _markdown(head: Row, rows: Sequence[Row]) -> list[str]:
    lines = [head, ("---",) * 2 + ("---:",) * (len(head) - 2), *rows]
    return ["| " + " | ".join(_plain(cell) for cell in line) + " |" for line in lines]


def _plain(text: str) -> str:
    """Escape what Markdown would take for its own."""
    for mark in "\\`*_{}[]<>#|":
        text = text.replace(mark, f"\\{mark}") if mark in "\\`<>|*_" else text
    return "".join(one if one.isprintable() else " " for one in text)
