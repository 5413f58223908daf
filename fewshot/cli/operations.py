"""An operation comes in; whom it was about, in words, goes out."""

from __future__ import annotations

from fewshot.cli.output import Row, printable

SHOWN_NAMES = 3


def told(operation: Row) -> str:
    """Say whom an operation was about, and how many references."""
    names = [printable(name) for name in operation["names"][:SHOWN_NAMES]]
    if more := operation["name_count"] - len(names):
        names.append(f"{more} {'more' if names else 'name(s), erased since'}")
    if operation["was"]:
        names = [f"{printable(operation['was'])} to {' '.join(names)}"]
    count = operation["references"]
    return ", ".join(names) + (f": {count} reference(s)" if count else "")
