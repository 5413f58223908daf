"""Rows of simulation come in; a table and a picture of strangers named by size go out."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from eval.report import markdown

COLORS = {"default": "#55a868", "strict": "#4c72b0", "constant": "#dd8452"}
MARKERS = {"default": "s-", "strict": "o--", "constant": "o-"}
LABELS = {
    "strict": "the gallery's own evidence alone (strict)",
    "default": "the default: below what it shows, an estimate",
    "constant": "one constant similarity, right for 10",
}


def table(rows: Iterable[dict[str, Any]]) -> str:
    """Lay out rows."""
    head = ["identities", "references", "asked", "method", "strangers named, %", "galleries",
            "strangers", "known rightly named, %", "verdict"]  # fmt: skip
    return markdown(
        head,
        [
            [
                f"{row['identities']:,}",
                "-".join(map(str, sorted(set(row["references"])))),
                row["asked"]
                if row["target"] < 0.051
                else f"{row['asked']}: {100 * row['target']:.1f} %",
                row["method"],
                f"{100 * row['named']:.2f} [{100 * row['low']:.2f}, {100 * row['high']:.2f}]",
                row["galleries"],
                f"{row['strangers']:,}",
                f"{100 * row['known_rightly_named']:.1f}",
                row["verdict"],
            ]
            for row in rows
        ],
    )


def plot(rows: list[dict[str, Any]], path: Path) -> None:
    """Draw a panel a target that all sizes have: the share of strangers named, by method."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    sizes = {row["identities"] for row in rows}
    of_target: dict[float, set[int]] = {}
    for row in rows:
        of_target.setdefault(row["target"], set()).add(row["identities"])
    targets = sorted(target for target, has in of_target.items() if has == sizes)
    figure, panels = plt.subplots(
        1, len(targets), figsize=(5.5 * len(targets), 4.4), squeeze=False, layout="constrained"
    )
    for target, axes in zip(targets, panels[0], strict=True):
        for method, color in COLORS.items():
            some = [row for row in rows if (row["target"], row["method"]) == (target, method)]
            told = [row for row in some if row["supported"] or method == "default"]
            shares = [100 * row["named"] for row in told]
            errors = [100 * 1.96 * row["standard_error"] for row in told]
            at = [row["identities"] for row in told]
            axes.errorbar(
                at,
                shares,
                errors,
                fmt=MARKERS[method],
                color=color,
                label=LABELS[method],
                capsize=3,
            )
        axes.axhline(100 * target, color="black", linestyle="--", linewidth=1, label="asked")
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.minorticks_off()
        shown = [one for one in (0.2, 0.5, 1, 2, 5, 10, 20, 50) if one >= 20 * target]
        axes.set_yticks(shown, [f"{one:g}" for one in shown])
        axes.set_xlabel("identities enrolled, three references each")
        axes.set_ylabel("strangers that got a name, %")
        axes.set_title(f"{100 * target:.0f} % asked")
        axes.legend(fontsize=8)
    figure.savefig(path, dpi=110)
    plt.close(figure)
