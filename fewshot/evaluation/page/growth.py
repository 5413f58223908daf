"""Results at several numbers of names come in; what a growing gallery costs goes out, drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fewshot.evaluation.page.axes import counts, shares
from fewshot.evaluation.page.chart import Frame, Line, Point, chart, legend
from fewshot.evaluation.page.headline import Row, best_contenders, title, titles
from fewshot.evaluation.page.numbers import ends, plural, said, value
from fewshot.evaluation.page.section import charts, section

Figure = Mapping[str, Any] | None

_DRAWN: tuple[tuple[str, Callable[[Row], Figure]], ...] = (
    ("accuracy", lambda row: row.get("accuracy")),
    ("strangers named", lambda row: (row.get("open") or {}).get("false_names")),
    ("known ones rightly named", lambda row: (row.get("open") or {}).get("rightly_named")),
)


def growth(
    results: Sequence[Row], colors: Mapping[str, int | None], rate: float | None = None
) -> str:
    """Return the section. rate: the share of strangers that may have a name."""
    rows = [row for row in results if row.get("protocol") == "growth" and row.get("ways")]
    drawn: list[list[str]] = []
    shown: set[str] = set()
    for what, figure in _DRAWN:
        some = [row for row in rows if value(figure(row)) is not None]
        if len({row["ways"] for row in some}) < 2:
            continue
        dotted = rate if what == "strangers named" else None
        shown |= {str(row.get("contender")) for row in some}
        drawn.append(_panels(some, what, figure, colors, dotted))
    called = titles(results)
    entries = [(called[one], colors.get(one)) for one in best_contenders(results) if one in shown]
    if not drawn:
        return ""
    return section(
        "More names",
        "More and more names enrolled, those of a smaller gallery among those of a larger. A flat "
        "line holds however large the gallery grows. Dotted: the rate asked for.",
        legend(entries),
        charts(drawn),
    )


def _panels(
    rows: Sequence[Row],
    what: str,
    figure: Callable[[Row], Figure],
    colors: Mapping[str, int | None],
    dotted: float | None,
) -> list[str]:
    ways = [float(row["ways"]) for row in rows]
    reached = [one for row in rows for one in (value(figure(row)), *(ends(figure(row)) or ()))]
    known = [one for one in (*reached, dotted) if one is not None]
    drawn = []
    for view, backbone in dict.fromkeys((row.get("view"), row.get("backbone")) for row in rows):
        some = [row for row in rows if (row.get("view"), row.get("backbone")) == (view, backbone)]
        seen = "" if view == "color" else f" · {view}"
        frame = Frame(
            f"{backbone}{seen} · {what}", counts(ways), shares(known), "names", what, dotted, what
        )
        drawn.append(chart(_lines(some, figure, colors), frame))
    return drawn


def _lines(
    rows: Sequence[Row], figure: Callable[[Row], Figure], colors: Mapping[str, int | None]
) -> list[Line]:
    own: dict[tuple[str, int | None], list[Row]] = {}
    for row in sorted(rows, key=lambda row: int(row["ways"])):
        own.setdefault((str(row.get("contender")), row.get("shots")), []).append(row)
    return [
        Line(title(some[0]), colors.get(of[0]), tuple(_point(row, figure(row)) for row in some))
        for of, some in own.items()
    ]


def _point(row: Row, figure: Figure) -> Point:
    low, high = ends(figure) or (None, None)
    words = f"{title(row)}, {plural(row['ways'], 'name')}: {said(figure)}"
    return Point(float(row["ways"]), value(figure) or 0.0, low, high, words)
