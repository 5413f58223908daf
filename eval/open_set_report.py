"""Figures of open_set come in, set by set; Markdown tables go out."""

from __future__ import annotations

from typing import Any

import numpy as np

from eval.report import markdown

CONTENDERS = {
    "ours": ("scores", "right"),
    "similarity": ("similarity", "right"),
    "ratio": ("ratio", "ratio_right"),
}
"""What ranks queries: its score, and whether its name is right, as `open_set.Asked` calls them."""


def rates(sets: dict[str, Any]) -> str:
    """Say, for each rate asked, what was kept and what it cost."""
    rows = []
    for rate in next(iter(sets.values()))["rates"]:
        cells = {name: one["rates"][rate] for name, one in sets.items()}
        for name, one in cells.items():
            about = sets[name]
            rows.append(
                [f"{100 * float(rate):.0f} %", name, f"{about['pictures']} ({about['enrolled']})"]
                + [_cell(one[key]) for key in _SHOWN]
                + [f"{one[key][0]:.3f}" for key in _BESIDE]
                + [f"{one['on own evidence']:.2f}"]
            )
        means = [
            f"**{np.mean([one[key][0] for one in cells.values()]):.3f}**"
            for key in (*_SHOWN, *_BESIDE)
        ]
        rows.append([f"{100 * float(rate):.0f} %", "**mean of sets**", "", *means, ""])
    head = ["asked", "set", "n (names enrolled)", *_SHOWN, *_BESIDE, "own"]
    return markdown(head, rows)


_SHOWN = ("strangers named", "known rightly named", "hindsight")
_BESIDE = (
    "strict: strangers", "strict: known", "one similarity: strangers", "one similarity: known",
)  # fmt: skip


def probabilities(sets: dict[str, Any]) -> str:
    """Say how probable names were called, and how often they were right."""
    rows = [
        [name, one["n"], *(f"{one[key]:.3f}" for key in ("said", "right", "error", "highest"))]
        for name, one in ((name, sets[name]["probability"]) for name in sets)
        if one["n"]
    ]
    head = ["set", "answers", "probability said", "right", "calibration error", "highest said"]
    return markdown(head, rows)


def parted(sets: dict[str, Any], together: dict[str, dict[str, float]]) -> str:
    """Say how well known queries and strangers are told apart."""
    rows = [
        [name, *(_cell(one[by][of]) for of in ("auroc", "oscr") for by in CONTENDERS)]
        for name, one in sets.items()
    ]
    means = [
        f"**{np.mean([one[by][of][0] for one in sets.values()]):.3f}**"
        for of in ("auroc", "oscr")
        for by in CONTENDERS
    ]
    all_in_one = [f"{together[by][of]:.3f}" for of in ("auroc", "oscr") for by in CONTENDERS]
    head = ["set", *(f"{of}, {by}" for of in ("AUROC", "OSCR") for by in CONTENDERS)]
    last = ["all together (ours: the p-value)", *all_in_one]
    return markdown(head, [*rows, ["**mean of sets**", *means], last])


def _cell(three: list[float]) -> str:
    return f"{three[0]:.3f} [{three[1]:.3f}, {three[2]:.3f}]"
