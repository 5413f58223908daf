"""What came of a plan comes in; its figures as rows, a text for a terminal and a page go out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from fewshot.backbones.choice import BackboneChoice
from fewshot.plans.outcome import Outcome, WayOutcome
from fewshot.plans.plan import Published
from fewshot.plans.remarks import remarks
from fewshot.shares import Share

HEAD = ("way", "backbone", "test", "accuracy", "balanced", "without training", "published")

Row = dict[str, Any]


def about(outcome: Outcome) -> Row:
    """Return what the figures are of, ready for JSON; nothing in it depends on time or place."""
    plan, gathered = outcome.plan, outcome.gathered
    return {
        "plan": plan.name,
        "title": plan.title,
        "after": plan.after,
        "classes": list(gathered.names),
        "pictures": len(gathered.learn),
        "tests": {
            name: {
                "pictures": len(some),
                "chance": round(1 / len(gathered.names), 6),
                "largest_class": round(outcome.largest(name).share, 6),
            }
            for name, some in gathered.tests.items()
        },
        "dropped": [
            {"learned": gathered.shown(one.file), "tested": gathered.shown(other.file)}
            for one, other in gathered.dropped
        ],
        "unreadable": [
            {"source": source, "reason": reason} for source, reason in outcome.refused.items()
        ],
        "notes": remarks(outcome),
    }


def figures(outcome: Outcome) -> list[Row]:
    """Return a row for each way and test, ready for JSON; one for a way that was not gone."""
    rows = []
    for one in outcome.ways:
        row: Row = {
            "way": one.way.name,
            "title": one.way.title,
            "status": "run" if one.gone else "not run",
            "missing": list(one.missing),
        }
        gone = one.gone
        if gone is None:
            rows.append({**row, "published": [_stated(each) for each in one.way.published]})
            continue
        row |= {
            **_backbone(gone.candidate.choice),
            "settings": gone.candidate.settings.to_mapping(),
            "model": gone.model.name,
            "sha256": gone.sha256,
            "learned": gone.learned,
            "chose_epoch": gone.held,
            "epochs": gone.epochs,
        }
        for scored in gone.scored:
            metrics = scored.judged.metrics
            rows.append(
                row
                | {
                    "test": scored.test,
                    "measured": "best epoch on it" if scored.best else "pictures it never saw",
                    "accuracy": scored.figure.to_mapping(),
                    "kept_model": scored.kept.to_mapping(),
                    "balanced_accuracy": round(metrics.balanced, 6),
                    "without_training": scored.untrained and scored.untrained.to_mapping(),
                    "given": {
                        name: {"mean": round(mean, 6), "n": n}
                        for name, (mean, n) in scored.judged.given.items()
                    },
                    "gained": metrics.gained,
                    "lost": metrics.lost,
                    "confusion": metrics.confusion.tolist(),
                    "published": [_stated(each) for each in one.published(scored.test)],
                }
            )
    return rows


def cells(outcome: Outcome) -> list[tuple[str, ...]]:
    """Return the table of figures, a row for each way and test, as `HEAD` says."""
    rows: list[tuple[str, ...]] = []
    for one in outcome.ways:
        if one.gone is None:
            for test in outcome.gathered.tests:
                rows.append((one.way.title, "not run", test, "", "", "", _published(one, test)))
            continue
        for scored in one.gone.scored:
            rows.append(
                (
                    one.way.title,
                    str(one.gone.candidate),
                    scored.test,
                    str(scored.figure),
                    "" if scored.best else f"{scored.judged.metrics.balanced:.3f}",
                    str(scored.untrained or ""),
                    _published(one, scored.test),
                )
            )
    return rows


def heading(outcome: Outcome) -> list[str]:
    """Return what was done, line by line."""
    gathered = outcome.gathered
    tests = "; ".join(
        f'test "{name}": {len(some)} picture(s), chance {1 / len(gathered.names):.3f}, the largest '
        f"class alone {outcome.largest(name).share:.3f}"
        for name, some in gathered.tests.items()
    )
    return [
        f"After {outcome.plan.after}.",
        f"{len(gathered.names)} classes, {len(gathered.learn)} picture(s) to learn from and to "
        f"choose the epoch on; {tests}.",
    ]


def page(outcome: Outcome, drawn: Sequence[str]) -> str:
    """Return the report in Markdown. drawn: files of pictures with their answers."""
    plan = outcome.plan
    lines = [f"# {plan.title}", "", *(part for one in heading(outcome) for part in (one, ""))]
    lines += _markdown(HEAD, cells(outcome))
    lines += [
        "",
        "Accuracies with 95 % intervals (Wilson). Without training: nearest class",
    ]
    lines += ["mean of the backbone's own vectors, of all pictures but the test's.", ""]
    lines += [f"- {one}" for one in remarks(outcome)]
    if plan.table:
        for head, rows in score_tables(outcome):
            lines += ["", f"## {head}", "", *_markdown(rows[0], rows[1:])]
    if drawn:
        lines += ["", "## Some test pictures", "", *(f"![{one}]({one})" for one in drawn)]
    return "\n".join(lines) + "\n"


def score_tables(outcome: Outcome) -> list[tuple[str, list[tuple[str, ...]]]]:
    """Return a table for each way and test, headed: every picture, its scores, and OK or NG."""
    names, tables = outcome.gathered.names, []
    for one in outcome.ways:
        for scored in one.gone.scored if one.gone else ():
            rows: list[tuple[str, ...]] = [("picture", *names, "answer", "")]
            for each in scored.judged.answers:
                shown = outcome.gathered.shown(each.example.file)
                if each.error is not None:
                    rows.append((shown, *("" for _ in names), "unreadable", ""))
                    continue
                scores = (f"{chance:.3f}" for chance in each.probabilities)
                rows.append((shown, *scores, each.answer, "OK" if each.right else "NG"))
            tables.append((f'{one.way.title}, test "{scored.test}"', rows))
    return tables


def _backbone(choice: BackboneChoice | None) -> Row:
    if choice is None:
        return {"backbone": None, "layer": None, "weights": None}
    weights = choice.weights and os.fspath(choice.weights)
    return {"backbone": choice.name, "layer": choice.layer, "weights": weights}


def _stated(one: Published) -> Row:
    found: Row = {"test": one.test, "value": one.value, "what": one.what, "n": one.n}
    if one.n is not None and "accuracy" in one.what:
        found["interval"] = Share(round(one.value * one.n), one.n).to_mapping()["interval"]
    return found


def _published(one: WayOutcome, test: str) -> str:
    said = []
    for each in one.published(test):
        of = "n not stated" if each.n is None else f"of {each.n:,}"
        low, high = _stated(each).get("interval", (None, None))
        reach = "" if low is None else f" [{low:.3f}, {high:.3f}]"
        said.append(f"{each.value:.3f}{reach} {of} ({each.what})")
    return ", ".join(said)


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]
