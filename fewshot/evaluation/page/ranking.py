"""The headline's results come in; contenders in order, with their intervals, go out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fewshot.evaluation.page.forest import Row as Drawn
from fewshot.evaluation.page.forest import forest
from fewshot.evaluation.page.headline import Row, headline, setting, title, words
from fewshot.evaluation.page.section import section


def ranking(results: Sequence[Row], colors: Mapping[str, int | None], baseline: str) -> str:
    """Return the section."""
    rows = headline(results)
    if not rows:
        return ""
    drawn = [
        Drawn(
            title(row),
            str(row.get("backbone") or ""),
            colors.get(str(row.get("contender"))),
            row.get("accuracy"),
            baseline=row.get("contender") == baseline,
        )
        for row in rows
    ]
    return section(
        "Who names best",
        f"Accuracy, every name counting alike: {words(setting(rows[0]))}. The bars are 95 % "
        "intervals; where two overlap widely, the order may be luck. Dotted: chance.",
        forest(drawn, rows[0].get("chance")),
    )
