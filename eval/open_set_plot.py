"""Figures of open_set come in; a picture of what was asked beside what was kept goes out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

COLORS = ("#4c72b0", "#dd8452", "#55a868", "#c44e52")


def plot(result: dict[str, dict[str, Any]], path: Path) -> None:
    """Draw a row a backbone: strangers named against asked; known named beside hindsight."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, grid = plt.subplots(
        len(result), 2, figsize=(12, 4.4 * len(result)), squeeze=False, layout="constrained"
    )
    for (title, sets), (left, right) in zip(result.items(), grid, strict=True):
        rates = sorted(next(iter(sets.values()))["rates"], key=float)
        for turn, rate in enumerate(rates):
            places = [at + 0.25 * (turn - 1) for at in range(len(sets))]
            cells = [one["rates"][rate] for one in sets.values()]
            color, label = COLORS[turn], f"asked {100 * float(rate):.0f} %"
            named = [one["strangers named"] for one in cells]
            low = [100 * (one[0] - one[1]) for one in named]
            high = [100 * (one[2] - one[0]) for one in named]
            shares = [100 * one[0] for one in named]
            left.errorbar(
                places, shares, yerr=[low, high], fmt="o", color=color, label=label, capsize=2
            )
            left.axhline(100 * float(rate), color=color, linestyle="--", linewidth=1)
            found = [100 * one["known rightly named"][0] for one in cells]
            best = [100 * one["hindsight"][0] for one in cells]
            right.bar(places, best, 0.23, color=color, alpha=0.3)
            right.bar(places, found, 0.23, color=color, label=label)
        left.set_title(f"{title}: strangers that got a name (dashed: asked)")
        left.set_ylabel("%")
        right.set_title(f"{title}: known rightly named (pale: best in hindsight)")
        for axes in (left, right):
            axes.set_xticks(range(len(sets)), list(sets), rotation=40, ha="right", fontsize=8)
            axes.set_ylim(bottom=0)
            axes.legend(fontsize=8)
    figure.savefig(path, dpi=110)
    plt.close(figure)
