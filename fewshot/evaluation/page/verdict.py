"""A report comes in; what it says first goes out: of what, the verdict, the notes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fewshot.evaluation.page.escaped import name, safe
from fewshot.evaluation.page.headline import headline, setting, title, words
from fewshot.evaluation.page.numbers import count, difference, interval, known, plural, share, value
from fewshot.evaluation.page.section import items


def verdict(report: Mapping[str, Any]) -> str:
    """Return the top of the page."""
    version = (report.get("versions") or {}).get("fewshot", "")
    return (
        f'<header><p class="eyebrow">fewshot {safe(version)} · evaluation</p>'
        f"<h1>{safe(_of(report))}</h1>"
        f'<div class="verdict">{items(report.get("verdict") or (), "says")}{_tiles(report)}'
        f'<p class="data">{safe(_data(report))}</p></div>'
        f"{_notes(report)}</header>"
    )


def _of(report: Mapping[str, Any]) -> str:
    data = report.get("data") or {}
    if not known(data.get("pictures")) or not known(data.get("names")):
        return "What was measured"
    return f"{plural(data['pictures'], 'picture')} of {plural(data['names'], 'name')}"


def _data(report: Mapping[str, Any]) -> str:
    data = report.get("data") or {}
    fewest, most, names = data.get("fewest"), data.get("most"), data.get("names")
    said = []
    if known(fewest) and known(most):
        to = count(fewest) if fewest == most else f"{count(fewest)} to {count(most)}"
        said.append(f"{to} pictures to a name")
    if known(data.get("test_pictures")):
        said.append(f"{plural(data['test_pictures'], 'test picture')} given apart")
    if names:
        said.append(f"by chance {share(1 / names)} would be right")
    return "; ".join(said)[:1].upper() + "; ".join(said)[1:] + ("." if said else "")


def _tiles(report: Mapping[str, Any]) -> str:
    results = report.get("results") or ()
    rows = headline(results)
    tiles = []
    if rows:
        best = rows[0]
        about = f"{name(title(best))} · {name(best.get('backbone') or '')}"
        accuracy, beside = best.get("accuracy"), best.get("difference")
        tiles.append(_tile("best accuracy", share(value(accuracy)), interval(accuracy), about))
        number, _, reach = difference(beside).partition(" ")
        if value(beside) is not None:
            tiles.append(_tile("against the baseline", number, reach, safe(words(setting(best)))))
    named = [
        (figure, row)
        for row in results
        if row.get("protocol") != "growth"
        if value(figure := (row.get("open") or {}).get("false_names")) is not None
    ]
    if named:
        figure, row = min(named, key=lambda one: value(one[0]) or 0.0)
        about = f"{name(title(row))} · {name(row.get('backbone') or '')}"
        tiles.append(_tile("strangers named", share(value(figure)), interval(figure), about))
    leaks = report.get("leaks")
    if leaks:
        pairs = (leaks.get("equal") or 0) + (leaks.get("near") or 0)
        tiles.append(_tile("pairs on both sides", count(pairs), "", "equal or nearly equal"))
    return f'<ul class="tiles">{"".join(tiles)}</ul>' if tiles else ""


def _tile(what: str, number: str, reach: str, about: str) -> str:
    return (
        f"<li><small>{safe(what)}</small><b>{safe(number)} <i>{safe(reach)}</i></b>"
        f"<span>{about}</span></li>"
    )


def _notes(report: Mapping[str, Any]) -> str:
    inside = items(report.get("notes") or (), "notes")
    return f"<details open><summary>Notes</summary>{inside}</details>" if inside else ""
