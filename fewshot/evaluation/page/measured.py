"""The terms of a measurement come in; what others need to repeat it goes out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fewshot.evaluation.page.escaped import name, safe
from fewshot.evaluation.page.numbers import NONE, count
from fewshot.evaluation.page.section import section
from fewshot.evaluation.page.table import table

_READING = "With the same pictures, seed and versions the same figures come out again."


def measured(report: Mapping[str, Any]) -> str:
    """Return the section."""
    backbones = [
        [
            name(one.get("name")),
            safe(one.get("license") or NONE),
            safe(one.get("stamp") or NONE),
            f"<code>{safe(one.get('fingerprint') or NONE)}</code>",
            count(one.get("d")),
        ]
        for one in report.get("backbones") or ()
    ]
    return section(
        "How it was measured",
        _READING,
        _facts(report),
        table(("backbone", "license", "to be known", "fingerprint", "d"), backbones, words=4),
    )


def _facts(report: Mapping[str, Any]) -> str:
    data = report.get("data") or {}
    draws = sorted({row["episodes"] for row in report.get("results") or () if row.get("episodes")})
    versions = report.get("versions") or {}
    rate = report.get("rate")
    facts = (
        ("seed", report.get("seed")),
        ("draws", ", ".join(str(one) for one in draws)),
        ("baseline", report.get("baseline")),
        ("strangers that may be named", None if rate is None else f"{100 * rate:g} %"),
        ("pictures (SHA-256)", data.get("sha256")),
        ("versions", ", ".join(f"{one} {versions[one]}" for one in sorted(versions))),
    )
    inside = "".join(
        f"<div><dt>{safe(what)}</dt><dd>{name(said)}</dd></div>"
        for what, said in facts
        if said is not None and said != ""
    )
    return f'<dl class="facts">{inside}</dl>' if inside else ""
