"""An operation or an index comes in; what it was about, in words, goes out."""

from __future__ import annotations

from fewshot.cli.output import Row, printable
from fewshot.rules import Rule

SHOWN_NAMES = 3


def told(operation: Row) -> str:
    """Say whom an operation was about, and how many references."""
    names = [printable(name) for name in operation["names"][:SHOWN_NAMES]]
    if more := operation["name_count"] - len(names):
        names.append(f"{more} {'more' if names else 'name(s), erased since'}")
    if operation["was"]:
        names = [f"{printable(operation['was'])} to {' '.join(names)}"]
    count = operation["references"]
    if not names and count:
        return f"{count} picture(s) of strangers"
    return ", ".join(names) + (f": {count} reference(s)" if count else "")


def told_index(index: Row) -> str:
    """Say what an index is, and how much of what exact search finds it found."""
    low, high = index["recall_interval"]
    return (
        f"{printable(index['kind'])}, recall at 10 {index['recall']:.3f} [{low:.3f}, {high:.3f}] "
        f"(n = {index['queries']:,}), of {index['references']:,} reference(s)"
    )


def rule_line(rule: str, chosen_by: str) -> str:
    """Say how names are scored, and who chose that."""
    chosen = {"user": "your choice", "gallery": "chosen by leaving references out"}
    return f"{Rule.parse(rule).words} ({chosen.get(chosen_by, 'the usual one')})"
