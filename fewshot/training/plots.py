"""A training's history and confusion come in; PNG files of them go out.

Without a date or a version inside: the same training draws the same bytes.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence

import numpy as np
from matplotlib import font_manager, rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from fewshot.heads.fitting import Epoch

_FONTS = (
    "DejaVu Sans",
    "Noto Sans CJK JP",
    "Noto Sans CJK SC",
    "Hiragino Sans",
    "Arial Unicode MS",
)
_NAMED = 60  # classes; more names than these cannot be read
_COUNTED = 25
_LEARNED, _VALIDATED = "#9aa0a6", "#1a56db"


def learning_curve(history: Sequence[Epoch], best: int) -> bytes:
    """Draw loss and accuracy, epoch by epoch, the best one marked. best: its place, from 0 on."""
    x = np.arange(1, len(history) + 1)
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    both = figure.subplots(1, 2)
    for axes, what in zip(both, ("loss", "accuracy"), strict=True):
        learned = [getattr(one, what) for one in history]
        validated = [getattr(one, f"validation_{what}") for one in history]
        for values, color, label in (
            (learned, _LEARNED, "train"),
            (validated, _VALIDATED, "validation"),
        ):
            if values and values[0] is not None:
                axes.plot(x, values, color=color, label=label, marker="." if len(x) < 3 else "")
        if validated and validated[best] is not None:
            axes.plot(x[best], validated[best], "o", color=_VALIDATED, label="epoch kept")
            axes.annotate(
                f"{validated[best]:.3f}", (float(x[best]), float(validated[best])),
                xytext=(0, 7), textcoords="offset points", ha="center", color=_VALIDATED,
            )  # fmt: skip
        for at in range(1, len(history)):
            if history[at].stage != history[at - 1].stage:
                axes.axvline(at + 0.5, color="#cccccc", linewidth=1, linestyle="--")
                axes.text(
                    at + 0.6, 0.03, history[at].stage, transform=axes.get_xaxis_transform(),
                    color="#777777", fontsize=8,
                )  # fmt: skip
        axes.set_xlabel("epoch")
        triplet = history[0].accuracy is None
        nats = "loss (validation: nats, train: triplets)" if triplet else "loss (nats)"
        axes.set_ylabel(nats if what == "loss" else "accuracy")
        axes.spines[["top", "right"]].set_visible(False)
        axes.margins(y=0.14)
        axes.set_ylim(bottom=0)
    both[1].set_ylim(0, 1.12)
    both[0].legend(frameon=False)
    return _png(figure)


def confusion_matrix(confusion: NDArray[np.int64], names: Sequence[str], title: str) -> bytes:
    """Draw who was taken for whom: row the truth, column the answer, shares of the row."""
    n = len(names)
    shares = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    side = float(np.clip(1.8 + 0.32 * n, 4.2, 22.0))
    figure = Figure(figsize=(side + 1, side), layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    figure.colorbar(image, ax=axes, shrink=0.7, label="share of the class")
    if n <= _NAMED:
        axes.set_xticks(range(n), [_short(one) for one in names], rotation=90)
        axes.set_yticks(range(n), [_short(one) for one in names])
    axes.set_xlabel("answered")
    axes.set_ylabel("is")
    axes.set_title(title, fontsize=10)
    if n <= _COUNTED:
        for row, column in zip(*np.nonzero(confusion), strict=True):
            color = "white" if shares[row, column] > 0.5 else "black"
            count = str(int(confusion[row, column]))
            axes.text(int(column), int(row), count, ha="center", va="center", color=color, size=8)
    return _png(figure)


def _short(name: str) -> str:
    text = name if len(name) <= 24 else f"{name[:23]}…"
    return text.replace("$", r"\$")


def _png(figure: Figure) -> bytes:
    made = io.BytesIO()
    here = set(font_manager.get_font_names())
    fonts = rc_context({"font.family": [one for one in _FONTS if one in here]})
    with fonts, warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph", UserWarning)  # no font here draws it: a box is
        FigureCanvasAgg(figure)
        figure.savefig(made, format="png", dpi=110, metadata={"Software": None})
    return made.getvalue()
