"""The options that several commands share, and the paths they are given."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from fewshot.risk import HIGHEST, LOWEST, RATE

Command = TypeVar("Command", bound=Callable[..., Any])

gallery_option = click.option(
    "-g",
    "--gallery",
    type=click.Path(path_type=Path),
    help="The gallery file; else FEWSHOT_GALLERY, else your own (gallery.db in your user data).",
)

null_option = click.option(
    "-0", "--null", is_flag=True, help="Paths on standard input end in NUL, not in a new line."
)

_FORMS = {
    "json": "One JSON document.",
    "jsonl": "JSON, one line a row.",
    "csv": "A table with a head line.",
}


def form_options(command: Command) -> Command:
    """Add --json, --jsonl and --csv; the command gets `form`, "text" without them."""
    for form, text in reversed(_FORMS.items()):
        command = click.option(f"--{form}", "form", flag_value=form, help=text)(command)
    return command


def _rate(_context: object, _option: object, value: float | None) -> float | None:
    if value is not None and not LOWEST <= value <= HIGHEST:  # NaN too
        raise click.BadParameter(
            f"a rate lies between {LOWEST:g} and {HIGHEST:g}; write 0.05 for 5 %"
        )
    return value


rate_option = click.option(
    "--max-false-name",
    default=None,
    show_default=f"{RATE}",
    type=float,
    callback=_rate,
    metavar="RATE",
    help="Of strangers shown to this gallery, at most this share gets any name.",
)


def rate_options(command: Command) -> Command:
    """Add --max-false-name and --strict."""
    strict = click.option(
        "--strict",
        is_flag=True,
        help="Where this gallery itself cannot show that rate, end with 6 rather than estimate.",
    )
    return rate_option(strict(command))


def named_paths(paths: Sequence[str], *, null: bool) -> Iterator[Path]:
    """Yield the paths given, and for `-` those on standard input."""
    for path in paths:
        if path == "-":
            yield from _on_standard_input(b"\0" if null else b"\n")
        else:
            yield Path(path)


def _on_standard_input(end: bytes) -> Iterator[Path]:
    empty = True
    for raw in _pieces(end):
        path = raw.removesuffix(b"\r") if end == b"\n" else raw
        if b"\0" in path:
            raise click.UsageError("standard input holds NUL; where NUL ends each path, add --null")
        if path:
            empty = False
            yield Path(os.fsdecode(path))
    if empty:
        raise click.UsageError("there are no paths on standard input")


def _pieces(end: bytes) -> Iterator[bytes]:
    waiting = b""
    while chunk := os.read(0, 65536) if sys.stdin else b"":
        *whole, waiting = (waiting + chunk).split(end)
        yield from whole
    yield waiting
