"""A report comes in; what it says first goes out: of what, the verdict, the notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    fewest, most = data.get("fewest"), data.get("most")
    said = []
    if known(fewest) and known(most):
        to = count(fewest) if fewest == most else f"{count(fewest)} to {count(most)}"
        said.append(f"{to} pictures to a name")
    if known(data.get("test_pictures")):
        said.append(f"{plural(data['test_pictures'], 'test picture')} given apart")
    first = headline(report.get("results") or ())
    if first and known(first[0].get("chance")):
        said.append(f"by chance {share(first[0]['chance'])} would be right")
    return "; ".join(said)[:1].upper() + "; ".join(said)[1:] + ("." if said else "")


def _tiles(report: Mapping[str, Any]) -> str:
    results = report.get("results") or ()
    rows = headline(results)
    tiles = []
    if rows:
        best = rows[0]
        about = f"{name(title(best))} · {name(best.get('backbone') or '')}"
        accuracy, beside = best.get("accuracy"), best.get("difference")
        of = f"best of {len(rows)}" if len(rows) > 1 else "accuracy"
        tiles.append(_tile(of, share(value(accuracy)), interval(accuracy), about))
        number, _, reach = difference(beside).partition(" ")
        if value(beside) is not None:
            tiles.append(_tile("over the baseline", number, reach, safe(words(setting(best)))))
        tiles += _strangers(results, str(best.get("backbone")))
    leaks = report.get("leaks")
    if leaks:
        pairs = (leaks.get("equal") or 0) + (leaks.get("near") or 0)
        tiles.append(_tile("pairs that are one picture", count(pairs), "", "or nearly so"))
    return f'<ul class="tiles">{"".join(tiles)}</ul>' if tiles else ""


def _strangers(results: Sequence[Mapping[str, Any]], backbone: str) -> list[str]:
    """Return how many strangers got a name with the backbone of the best, where that was asked."""
    for row in results:
        figure = (row.get("open") or {}).get("false_names")
        if row.get("protocol") == "growth" or str(row.get("backbone")) != backbone:
            continue
        if value(figure) is not None:
            about = f"{name(title(row))} · {name(backbone)}"
            return [_tile("strangers named", share(value(figure)), interval(figure), about)]
    return []


def _tile(what: str, number: str, reach: str, about: str) -> str:
    return (
        f"<li><small>{safe(what)}</small><b>{safe(number)} <i>{safe(reach)}</i></b>"
        f"<span>{about}</span></li>"
    )


def _notes(report: Mapping[str, Any]) -> str:
    inside = items(report.get("notes") or (), "notes")
    return f"<details open><summary>Notes</summary>{inside}</details>" if inside else ""
