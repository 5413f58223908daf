"""Results with strangers among the pictures come in; how well they are kept out goes out, drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fewshot.evaluation.page.escaped import safe
from fewshot.evaluation.page.forest import Row as Drawn
from fewshot.evaluation.page.forest import forest
from fewshot.evaluation.page.headline import Row, Setting, setting, title, words
from fewshot.evaluation.page.numbers import known, plural, value
from fewshot.evaluation.page.section import section

_PANELS = (
    ("Known, rightly named", "rightly_named", "known_at_rate"),
    ("Strangers given a name", "false_names", ""),
    ("AUROC: known told from strangers", "auroc", ""),
    ("OSCR: told apart and rightly named", "oscr", ""),
)


def open_set(
    results: Sequence[Row], colors: Mapping[str, int | None], rate: float | None = None
) -> str:
    """Return the section. rate: the share of strangers that may have a name."""
    rows = _spoken_of(results)
    if not rows:
        return ""
    found = rows[0]["open"]
    parts = []
    for head, filled, hollow in _PANELS:
        drawn = forest(
            _ranked([_drawn(row, filled, hollow, colors) for row in rows], filled),
            rate if filled == "false_names" else None,
            brief=True,
        )
        if drawn:
            parts.append(f"<div><h3>{safe(head)}</h3>{drawn}</div>")
    asked = f"{100 * rate:g} %" if known(rate) else "the rate asked for"
    return section(
        "Strangers",
        f"Here: {words(setting(rows[0]))}, and {plural(found.get('strangers') or 0, 'picture')} of "
        f"nobody enrolled. Filled: what matching really does when {asked} of strangers may be "
        "given a name; hollow: what the best threshold in hindsight would do.",
        f'<div class="pairs">{"".join(parts)}</div>' if parts else "",
    )


def _spoken_of(results: Sequence[Row]) -> list[Row]:
    """Return the results of one setting: in color, five pictures a name or the next to that."""
    rows = [row for row in results if row.get("open") and row.get("protocol") != "growth"]
    if not rows:
        return []
    first = min((setting(row) for row in rows), key=_distance)
    return [row for row in rows if setting(row) == first]


def _distance(of: Setting) -> tuple[bool, bool, int]:
    protocol, view, _, shots = of
    return protocol != "open set", view != "color", abs((shots or 0) - 5)


def _drawn(row: Row, filled: str, hollow: str, colors: Mapping[str, int | None]) -> Drawn:
    found: Mapping[str, Any] = row["open"]
    return Drawn(
        title(row),
        str(row.get("backbone") or ""),
        colors.get(str(row.get("contender"))),
        found.get(filled),
        found.get(hollow) if hollow else None,
    )


def _ranked(rows: Sequence[Drawn], filled: str) -> list[Drawn]:
    turned = 1 if filled == "false_names" else -1

    def place(row: Drawn) -> float:
        found = value(row.hollow)  # what all have, where there are two
        return turned * (found if found is not None else value(row.figure) or 0.0)

    return sorted(rows, key=place)
