"""All results come in; those of the one setting that is spoken of first go out, and its words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fewshot.evaluation.page.numbers import plural, value

Row = Mapping[str, Any]
Setting = tuple[str, str, int | None, int | None]  # protocol, view, ways, shots


def setting(row: Row) -> Setting:
    """Return what a result was measured under."""
    return str(row.get("protocol")), str(row.get("view")), row.get("ways"), row.get("shots")


def words(of: Setting) -> str:
    """Return a setting for people."""
    protocol, view, ways, shots = of
    said = [protocol]
    if ways is not None:
        said.append(plural(ways, "name"))
    said.append("all pictures given" if shots is None else f"{plural(shots, 'picture')} a name")
    if view != "color":
        said.append(view)
    return " · ".join(said)


def headline(results: Iterable[Row]) -> list[Row]:
    """Return the results of the setting that heads the report, the best first."""
    return ranked(row for row in results if row.get("headline"))


def ranked(rows: Iterable[Row]) -> list[Row]:
    """Return results, the highest accuracy first; those without one last."""
    return sorted(rows, key=lambda row: -_or(value(row.get("accuracy")), -1.0))


def best_contenders(results: Sequence[Row]) -> list[str]:
    """Return the contenders by their best result in the headline, then all others."""
    order = [*headline(results), *ranked(results)]
    return list(dict.fromkeys(str(row.get("contender")) for row in order))


def titles(results: Iterable[Row]) -> dict[str, str]:
    """Return what each contender is called."""
    return {str(row.get("contender")): title(row) for row in results}


def title(row: Row) -> str:
    """Return what the contender of a result is called."""
    return str(row.get("title") or row.get("contender"))


def _or(found: float | None, other: float) -> float:
    return other if found is None else found
