"""A heading, how to read it, and parts come in; a section goes out, nothing where no part is."""

from __future__ import annotations

from collections.abc import Sequence

from fewshot.evaluation.page.escaped import safe


def section(title: str, reading: str, *parts: str) -> str:
    """Return the section. reading: one or two sentences; parts: HTML."""
    inside = "".join(parts)
    if not inside:
        return ""
    return (
        f'<section><h2>{safe(title)}</h2><p class="reading">{safe(reading)}</p>{inside}</section>'
    )


def charts(groups: Sequence[Sequence[str]]) -> str:
    """Return charts side by side, as many as fit; each group starts a line of its own.

    Where every group is a single chart, all of them stand together.
    """
    if all(len(one) == 1 for one in groups):
        groups = [[chart for one in groups for chart in one]]
    return "".join(f'<div class="charts">{"".join(one)}</div>' for one in groups if one)


def items(texts: Sequence[str], kind: str) -> str:
    """Return a list of sentences."""
    inside = "".join(f"<li>{safe(one)}</li>" for one in texts)
    return f'<ul class="{kind}">{inside}</ul>' if inside else ""
