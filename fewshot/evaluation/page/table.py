"""Cells come in; a table that scrolls within itself goes out."""

from __future__ import annotations

from collections.abc import Sequence

from fewshot.evaluation.page.escaped import name, safe


def table(head: Sequence[str], rows: Sequence[Sequence[str]], words: int = 2) -> str:
    """Return the table. rows: HTML; words: how many columns from the left are no numbers."""
    if not rows:
        return ""
    top = "".join(f"<th{_kind(at, words)}>{safe(one)}</th>" for at, one in enumerate(head))
    body = "".join(
        f"<tr>{''.join(f'<td{_kind(at, words)}>{one}</td>' for at, one in enumerate(row))}</tr>"
        for row in rows
    )
    return (
        '<div class="scroll"><table>'
        f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def figure(text: str) -> str:
    """Return a figure with its interval, the interval paler."""
    number, _, reach = text.partition(" ")
    return f"{safe(number)} <small>{safe(reach)}</small>" if reach else safe(number)


def who(title: str, trained: bool = False, baseline: bool = False) -> str:
    """Return a contender's name, marked where it learns and where others are held beside it."""
    marks = [text for text, there in (("trained", trained), ("baseline", baseline)) if there]
    return name(title) + "".join(f' <span class="mark-of">{one}</span>' for one in marks)


def _kind(at: int, words: int) -> str:
    return "" if at < words else ' class="n"'
