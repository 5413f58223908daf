"""Timings of calibration come in; a table, and whether each bound holds, go out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from eval.report import REPEATS, markdown, spread, write

FULL_S, REFRESH_MS, MATCH_MS = 3.0, 20.0, 1.0


def bound_of(what: str) -> float | None:
    """Return what a figure may be at most, in the unit that it is in; None: it is only shown."""
    if what == "in full, s":
        return FULL_S
    if what.startswith("over "):
        return MATCH_MS
    if what.startswith("at ") and "evidence" not in what and "reading" not in what:
        return REFRESH_MS
    return None


def report(rows: list[dict[str, Any]], out: Path, threads: str) -> int:
    """Print and write; return 1 where a bound is missed, else 0."""
    figures = [key for key, one in rows[0].items() if isinstance(one, dict)]
    lines, missed = [], []
    for key in figures:
        bound = bound_of(key)
        over = bound is not None and any(row[key]["median"] >= bound for row in rows)
        missed += [key] if over else []
        kept = "" if bound is None else f"{bound:g}: {'missed' if over else 'kept'}"
        cells = [f"{spread(row[key])} ({row[key]['n']})" for row in rows]
        lines.append([key, *cells, kept])
    head = ["", *(f"d = {row['d']} (n)" for row in rows), "bound"]
    first = rows[0]
    about = (
        f"{first['names']:,} names, {first['references']:,} references; OpenBLAS threads: "
        f"{threads}. {REPEATS}"
    )
    write(
        "calibration_cost",
        {"threads": threads, "rows": rows, "missed": missed},
        markdown(head, lines),
        out,
        about,
    )
    return int(bool(missed))
