"""Rows of an answer come in; text for people, JSON, JSON lines or CSV go to standard output."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

SCHEMA = 1
_HARMLESS = "\u200c\u200d\u3000"  # inside emoji, Persian and Japanese, though not "printable"

Row = Mapping[str, Any]


class ReaderLeft(Exception):
    """Whoever read our output has closed it, as `head` does; click itself would exit with 1."""


def emit(
    rows: Iterable[Row],
    *,
    form: str,
    key: str,
    gallery: Path | None,
    text: Callable[[Row], str],
    columns: tuple[str, ...],
    about: Mapping[str, Any] | None = None,
) -> None:
    """Print rows in one of four forms, each as it comes (JSON: when all have).

    gallery: what the answer is about, if it is one; about: what else it is about. form: "text",
    "json" (one document, the rows under `key`), "jsonl" (a row a line) or "csv" (these columns;
    "runner_up.name" looks inside; a list of numbers or texts is written out, another counted).
    """
    try:
        if form == "json":
            of = {} if gallery is None else {"gallery": str(gallery)}
            document = {"schema": SCHEMA, **of, **(about or {}), key: list(rows)}
            click.echo(_json(document, indent=2))
        elif form == "csv":
            import csv

            writer = csv.writer(sys.stdout, lineterminator="\n")
            writer.writerow(columns)
            for row in rows:
                writer.writerow([_inside(row, column) for column in columns])
        else:
            for row in rows:
                click.echo(_json(row) if form == "jsonl" else text(row))
    except BrokenPipeError as error:
        raise ReaderLeft from error


def _json(value: object, indent: int | None = None) -> str:
    """Write JSON that every reader takes: plain ASCII where the output is not UTF-8."""
    encoding = (getattr(sys.stdout, "encoding", None) or "").lower().replace("-", "")
    return json.dumps(value, ensure_ascii=encoding != "utf8", allow_nan=False, indent=indent)


def note(message: str) -> None:
    """Say something beside the answer, on standard error."""
    click.echo(f"fewshot: {printable(message)}", err=True)


def printable(text: str) -> str:
    """Escape what would move the cursor or break the line: a name may hold anything."""
    return "".join(
        one if one.isprintable() or one in _HARMLESS else one.encode("unicode_escape").decode()
        for one in text
    )


def padded(text: str, width: int) -> str:
    """Pad a text with spaces to so many columns of a terminal."""
    return text + " " * (width - columns_of(text))


def columns_of(text: str) -> int:
    """Return how many columns a text takes: two for each wide character."""
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)


def laid_out(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lay out rows of cells in columns, the first row their heads."""
    shown = [[printable(cell) for cell in row] for row in rows]
    widths = [max(columns_of(row[at]) for row in shown) for at in range(len(shown[0]))]
    return [
        "  ".join(padded(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in shown
    ]


def shown_path(path: str) -> str:
    """Return a path as people write it: relative where it lies below the working folder."""
    try:
        return printable(str(Path(path).relative_to(Path.cwd())))
    except (ValueError, OSError):
        return printable(path)


def _inside(row: Row, column: str) -> Any:
    value: Any = row
    for part in column.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    if isinstance(value, tuple) or (isinstance(value, list) and value):
        if all(isinstance(one, int) for one in value):
            return " ".join(map(str, value))
        if all(isinstance(one, str) for one in value):
            return "; ".join(value)
    return len(value) if isinstance(value, list) else value
