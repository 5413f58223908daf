"""`fewshot info`: what the gallery is, in figures. Without --verify it loads no numpy."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from fewshot.cli.operations import rule_line, told, told_index
from fewshot.cli.options import form_options, gallery_option
from fewshot.cli.output import Row, emit, printable, shown_path
from fewshot.cli.progress import Terminal
from fewshot.recognizer import Recognizer

DAMAGED = 4

_COLUMNS = ("path", "bytes", "version", "names", "references", "forgotten_names", "recipe", "d")


@click.command()
@click.option("--verify", is_flag=True, help="Read and check all of the file; 4 if it is damaged.")
@gallery_option
@form_options
def info(verify: bool, gallery: Path | None, form: str | None) -> int:
    """Show what the gallery is: counts, size, recipe, index and the last operation."""
    with Recognizer.open(gallery, watch=Terminal()) as recognizer:
        row = asdict(recognizer.info())
        row["problems"] = recognizer.verify() if verify else None
        file = recognizer.path
    emit([row], form=form or "text", key="info", gallery=file, text=_text, columns=_COLUMNS)
    return DAMAGED if row["problems"] else 0


def _text(row: Row) -> str:
    lines = {
        "gallery": f"{shown_path(row['path'])} ({_size(row['bytes'])}, version {row['version']})",
        "enrolled": f"{row['names']:,} name(s), {row['references']:,} reference(s)",
        "corrected": f"{row['corrections']:,} time(s)" if row["corrections"] else "",
        "not used": f"{row['confined']:,} reference(s), until undo" if row["confined"] else "",
        "forgotten": _forgotten(row),
        "names by": _rule(row),
        "strangers": f"{row['strangers']:,} picture(s) given" if row["strangers"] else "",
        "made with": f"{printable(row['recipe'])}, {row['d']:,} numbers",
        "index": told_index(row["index"]) if row["index"] else "exact",
        "last": _last(row["last"]),
    }
    problems = row["problems"]
    if problems is not None:
        lines["verified"] = "; ".join(map(printable, problems)) if problems else "whole"
    return "\n".join(f"{what:<10} {said}" for what, said in lines.items() if said)


def _rule(row: Row) -> str:
    if not row["rule_chosen_by"]:
        return "cannot be read; fewshot calibrate writes it anew"
    return rule_line(row["rule"], row["rule_chosen_by"])


def _forgotten(row: Row) -> str:
    if not row["forgotten_names"]:
        return ""
    count = f"{row['forgotten_names']:,} name(s), {row['forgotten_references']:,} reference(s)"
    return f"{count} still in the file, until undo or forget --erase"


def _last(operation: Row | None) -> str:
    if operation is None:
        return "nothing is written down"
    return f"{operation['what']} {told(operation)} ({operation['at']})"


def _size(count: int) -> str:
    return f"{count / 1e6:,.1f} MB" if count >= 100_000 else f"{count / 1e3:,.1f} kB"
