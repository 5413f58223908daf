"""Results at several numbers of shots come in; accuracy against these numbers goes out, drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fewshot.evaluation.page.axes import Axis, shares, steps
from fewshot.evaluation.page.chart import Frame, Line, Point, chart, legend
from fewshot.evaluation.page.headline import Row, best_contenders, title, titles
from fewshot.evaluation.page.numbers import ends, plural, said, value
from fewshot.evaluation.page.section import charts, section

Panel = tuple[str, str, int | None]  # protocol, backbone, ways


def by_shots(results: Sequence[Row], colors: Mapping[str, int | None]) -> str:
    """Return the section."""
    panels = _panels(results)
    if not panels:
        return ""
    rows = [row for some in panels.values() for row in some]
    y = shares([one for row in rows for one in _reached(row)])
    drawn: dict[tuple[str, int | None], list[str]] = {}
    for (protocol, backbone, ways), some in panels.items():
        frame = _frame((protocol, backbone, ways), some, y)
        drawn.setdefault((protocol, ways), []).append(chart(_lines(some, colors), frame))
    shown = {str(row.get("contender")) for row in rows}
    called = titles(results)
    entries = [(called[one], colors.get(one)) for one in best_contenders(results) if one in shown]
    return section(
        "More pictures to a name",
        "Accuracy against how many pictures of each name are enrolled, with 95 % intervals as "
        "bands. A steep line says that more pictures are worth finding. Dotted: chance.",
        legend(entries),
        charts(list(drawn.values())),
    )


def _panels(results: Sequence[Row]) -> dict[Panel, list[Row]]:
    """Return the results in color, a list for each backbone, where shots differ."""
    found: dict[Panel, list[Row]] = {}
    for row in results:
        usual = row.get("protocol") in ("all classes", "episodes") and row.get("view") == "color"
        if usual and row.get("shots") is not None and value(row.get("accuracy")) is not None:
            panel = (str(row["protocol"]), str(row.get("backbone")), row.get("ways"))
            found.setdefault(panel, []).append(row)
    return {of: some for of, some in found.items() if len({row["shots"] for row in some}) > 1}


def _lines(rows: Sequence[Row], colors: Mapping[str, int | None]) -> list[Line]:
    shots = _shots(rows)
    lines = []
    for contender in dict.fromkeys(str(row.get("contender")) for row in rows):
        own = sorted(
            (row for row in rows if str(row.get("contender")) == contender),
            key=lambda row: int(row["shots"]),
        )
        points = tuple(_point(row, shots.index(row["shots"])) for row in own)
        lines.append(Line(title(own[0]), colors.get(contender), points))
    return lines


def _point(row: Row, x: float) -> Point:
    accuracy = row.get("accuracy")
    low, high = ends(accuracy) or (None, None)
    words = f"{title(row)}, {plural(row['shots'], 'picture')} a name: {said(accuracy)}"
    return Point(x, value(accuracy) or 0.0, low, high, words)


def _frame(of: Panel, rows: Sequence[Row], y: Axis) -> Frame:
    protocol, backbone, ways = of
    named = "" if ways is None else f", {plural(ways, 'name')}"
    return Frame(
        f"{backbone} · {protocol}{named}",
        steps([str(one) for one in _shots(rows)]),
        y,
        "pictures enrolled for each name",
        "accuracy",
        rows[0].get("chance"),
        "chance",
    )


def _shots(rows: Sequence[Row]) -> list[int]:
    return sorted({row["shots"] for row in rows})


def _reached(row: Row) -> list[float]:
    return [value(row.get("accuracy")) or 0.0, *(ends(row.get("accuracy")) or ())]
