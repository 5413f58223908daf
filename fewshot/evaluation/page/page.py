"""A report and its scene come in; one HTML page goes out that needs nothing but itself.

No script, no address but `data:`, no date: the same report and times make the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fewshot.evaluation.page.by_shots import by_shots
from fewshot.evaluation.page.confusion import confusion
from fewshot.evaluation.page.curves import curves
from fewshot.evaluation.page.gallery_map import gallery_map
from fewshot.evaluation.page.growth import growth
from fewshot.evaluation.page.headline import titles
from fewshot.evaluation.page.leaks import leaks
from fewshot.evaluation.page.measured import measured
from fewshot.evaluation.page.mistakes import mistakes
from fewshot.evaluation.page.open_set import open_set
from fewshot.evaluation.page.palette import palette
from fewshot.evaluation.page.ranking import ranking
from fewshot.evaluation.page.style import STYLE
from fewshot.evaluation.page.tables import tables
from fewshot.evaluation.page.verdict import verdict
from fewshot.evaluation.scene import Scene

_ONLY_ITSELF = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def page(report: Mapping[str, Any], scene: Scene, times: Sequence[Mapping[str, Any]]) -> str:
    """Return the page. times: what each result took, by its setting, contender and backbone."""
    results = report.get("results") or ()
    baseline, rate = str(report.get("baseline")), report.get("rate")
    colors = palette(results, baseline)
    titled = {title: colors[name] for name, title in titles(results).items()}
    body = (
        verdict(report),
        "<main>",
        ranking(results, colors, baseline),
        by_shots(results, colors),
        open_set(results, colors, rate),
        growth(results, colors, rate),
        curves(scene.curves, titled),
        confusion(scene),
        mistakes(scene.mistakes),
        gallery_map(scene),
        leaks(report.get("leaks"), results, colors),
        tables(results, times, baseline),
        measured(report),
        "</main>",
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_ONLY_ITSELF}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        '<link rel="icon" href="data:,">\n'
        f"<title>fewshot evaluation</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(part for part in body if part)
        + "\n</body>\n</html>\n"
    )
