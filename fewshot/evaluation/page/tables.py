"""All results come in; tables of them, one for each setting, go out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fewshot.evaluation.page.escaped import safe
from fewshot.evaluation.page.headline import Row, Setting, headline, ranked, setting, title, words
from fewshot.evaluation.page.numbers import amount, count, difference, known, plural, said, share
from fewshot.evaluation.page.section import section
from fewshot.evaluation.page.table import figure, table, who

_HEAD = ("contender", "backbone", "accuracy", "against baseline", "top 5", "macro F1", "ECE", "n")
_COST = ("ms to learn", "ms a picture", "MB")
_OPEN = (
    "contender",
    "backbone",
    "AUROC",
    "OSCR",
    "known, bar in hindsight",
    "strangers named",
    "rightly named",
    "strangers",
)
_KEYS = ("protocol", "view", "ways", "shots", "backbone", "contender")


def tables(results: Sequence[Row], times: Sequence[Mapping[str, Any]], baseline: str) -> str:
    """Return the section of all figures."""
    first = headline(results)
    spoken = setting(first[0]) if first else None
    taken = {_key(row): row for row in times}
    parts = []
    for of, rows in _grouped(results).items():
        inside = _closed(rows, taken, baseline) + _open(rows)
        if not inside:
            continue
        shut = "" if spoken in (of, None) else f"<summary>{_summary(of, rows)}</summary>"
        if shut:
            parts.append(f"<details>{shut}{inside}</details>")
        else:
            parts.insert(0, f"<h3>{_summary(of, rows)}</h3>{inside}")
    return section(
        "All figures",
        "Each with its 95 % interval in brackets. A difference to the baseline is paired, on the "
        "very same pictures; it is set in bold where its interval leaves out zero.",
        *parts,
    )


def _grouped(results: Sequence[Row]) -> dict[Setting, list[Row]]:
    found: dict[Setting, list[Row]] = {}
    for row in results:
        found.setdefault(setting(row), []).append(row)
    return {of: ranked(rows) for of, rows in found.items()}


def _summary(of: Setting, rows: Sequence[Row]) -> str:
    episodes, chance = rows[0].get("episodes"), rows[0].get("chance")
    more = [plural(episodes, "draw")] if episodes else []
    more += [f"chance {share(chance)}"] if known(chance) else []
    return f"{safe(words(of))} <small>{safe(', '.join(more))}</small>"


def _closed(
    rows: Sequence[Row], times: Mapping[tuple[Any, ...], Mapping[str, Any]], baseline: str
) -> str:
    some = [row for row in rows if any(row.get(one) for one in ("accuracy", "top5", "macro_f1"))]
    timed = any(_key(row) in times for row in some)
    cells = []
    for row in some:
        line = [
            who(title(row), bool(row.get("trained")), row.get("contender") == baseline),
            safe(row.get("backbone") or ""),
            figure(said(row.get("accuracy"))),
            _beside(row.get("difference")),
            figure(said(row.get("top5"))),
            figure(said(row.get("macro_f1"))),
            figure(said(row.get("ece"))),
            count(row.get("n")),
        ]
        if timed:
            taken = times.get(_key(row), {})
            line += [amount(taken.get(one)) for one in ("fit_ms", "query_ms", "megabytes")]
        cells.append(line)
    return table((*_HEAD, *(_COST if timed else ())), cells)


def _open(rows: Sequence[Row]) -> str:
    cells = []
    for row in rows:
        found = row.get("open")
        if found:
            cells.append(
                [
                    who(title(row), bool(row.get("trained"))),
                    safe(row.get("backbone") or ""),
                    *(
                        figure(said(found.get(one)))
                        for one in ("auroc", "oscr", "known_at_rate", "false_names")
                    ),
                    figure(said(found.get("rightly_named"))),
                    count(found.get("strangers")),
                ]
            )
    return table(_OPEN, cells)


def _beside(found: Mapping[str, Any] | None) -> str:
    text = figure(difference(found))
    low, high = (found.get("low"), found.get("high")) if found else (None, None)
    sure = known(low) and known(high) and (low > 0 or high < 0)
    return f"<b>{text}</b>" if sure else text


def _key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row.get(one) for one in _KEYS)
