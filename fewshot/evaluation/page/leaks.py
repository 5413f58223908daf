"""Pictures that stood on both sides come in; their pairs, and what they are worth, go out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fewshot.evaluation.page.escaped import name
from fewshot.evaluation.page.forest import Row as Drawn
from fewshot.evaluation.page.forest import forest
from fewshot.evaluation.page.headline import Row, headline, ranked, setting, title
from fewshot.evaluation.page.numbers import plural, value
from fewshot.evaluation.page.section import section

_MOST = 50


def leaks(
    found: Mapping[str, Any] | None, results: Sequence[Row], colors: Mapping[str, int | None]
) -> str:
    """Return the section."""
    if not found:
        return ""
    equal, near = found.get("equal") or 0, found.get("near") or 0
    pairs = found.get("pairs") or ()
    if not (equal or near or pairs):
        return section(
            "Pictures on both sides",
            "A picture that is enrolled and asked for as well makes figures too good.",
            '<p class="none">There was none: no two pictures are equal, or nearly so.</p>',
        )
    return section(
        "Pictures on both sides",
        f"{plural(equal, 'pair')} of equal and {near:,} of nearly equal pictures. Where one of a "
        "pair is enrolled, the other is not counted; hollow: the accuracy if it were.",
        forest(_with_and_without(results, colors)),
        _listed(pairs),
    )


def _with_and_without(results: Sequence[Row], colors: Mapping[str, int | None]) -> list[Drawn]:
    rows = [row for row in headline(results) if value(row.get("with_leaks")) is not None]
    if not rows:
        some = [row for row in results if value(row.get("with_leaks")) is not None]
        rows = ranked([row for row in some if setting(row) == setting(some[0])])
    return [
        Drawn(
            title(row),
            str(row.get("backbone") or ""),
            colors.get(str(row.get("contender"))),
            row.get("accuracy"),
            row.get("with_leaks"),
        )
        for row in rows
    ]


def _listed(pairs: Sequence[Mapping[str, Any]]) -> str:
    if not pairs:
        return ""
    lines = "".join(
        f"<li>{name(one.get('one'))} {'=' if one.get('kind') == 'equal' else '≈'} "
        f"{name(one.get('other'))}</li>"
        for one in pairs[:_MOST]
    )
    more = len(pairs) - _MOST
    rest = f'<p class="none">and {plural(more, "more pair")}</p>' if more > 0 else ""
    head = plural(len(pairs), "pair")
    return f'<details><summary>{head}</summary><ul class="files">{lines}</ul>{rest}</details>'
