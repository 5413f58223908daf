"""A trained model's parts come in; its card, a page for people, goes out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fewshot.bundles.bundle import CONFUSION, CURVE, Base
from fewshot.training.metrics import Metrics

_LISTED = 200


def model_card(
    base: Base,
    counts: Mapping[str, tuple[int, int]],
    settings: Mapping[str, Any],
    metrics: Metrics,
    parity: str,
    lift: float | None,
) -> str:
    """Write the card in Markdown. counts: pictures of each class, learned from and validated on."""
    recall = metrics.confusion.diagonal() / metrics.confusion.sum(axis=1)
    rows = [
        f"| {_cell(name)} | {train} | {held} | {share:.2f} |"
        for (name, (train, held)), share in zip(counts.items(), recall, strict=True)
    ]
    if len(rows) > _LISTED:
        rows = [*rows[:_LISTED], f"| and {len(rows) - _LISTED} more | | | |"]
    learned = sum(train for train, _ in counts.values())
    low, high = metrics.interval
    told = {name: value for name, value in settings.items() if value is not None}
    changed = [f"- {name}: {_said(value)}" for name, value in told.items()]
    return "\n".join(
        [
            f"# A model of {len(counts)} classes ({settings['kind']})",
            "",
            f"Made by fewshot from {base.source}, on {learned:,} pictures.",
            "",
            "## Good for",
            f"Telling these {len(counts)} classes apart, and embedding pictures of their kind for "
            "a gallery. As a classifier it always answers one of its classes, whoever is shown: "
            'for strangers to be answered with "nobody I know", enroll with it as a backbone.',
            "",
            "## Figures",
            f"- accuracy on {metrics.n:,} held-out pictures: {metrics.accuracy:.3f}, 95 % interval "
            f"{low:.3f} to {high:.3f} (Wilson); balanced over classes {metrics.balanced:.3f}; "
            f"chance {1 / len(counts):.3f}",
            *(
                [
                    f"- without training (nearest class mean of the same vectors): "
                    f"{metrics.untrained:.3f}; training gained {metrics.gained} and lost "
                    f"{metrics.lost} of these pictures"
                ]
                if metrics.untrained is not None
                else []
            ),
            f"- cross-entropy {metrics.cross_entropy:.3f} nats",
            f"- strangers: {_strangers(lift)}",
            f"- the served graph against Keras: {parity}",
            "- the epoch was chosen on these same held-out pictures, so on others expect somewhat "
            "less; near-equal pictures on both sides were not looked for, equal ones were refused",
            "",
            f"Plots in the model file: `{CURVE}`, `{CONFUSION}`.",
            "",
            "## Classes",
            "| class | learned from | held out | of these right |",
            "| --- | ---: | ---: | ---: |",
            *rows,
            "",
            "## Settings",
            *changed,
            "",
            "## License",
            f"Of the weights it started from: {base.license}. Of the pictures: whatever they are "
            "under; the model holds no picture, but what it learned from them.",
            "",
        ]
    )


def _strangers(lift: float | None) -> str:
    if lift is None:
        return "how near they come was not measured; galleries made with it are cautious"
    return (
        "with names left out of the training, they came nearer than names that were trained on by "
        f"{lift:.2f} (decision score, at 5 %); galleries made with it count that in"
    )


def _cell(name: str) -> str:
    return name.replace("|", "\\|").replace("\n", " ")


def _said(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {amount:g}" for name, amount in value.items()) or "none"
    return str(value)
