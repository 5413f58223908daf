"""The shapes of heads by name: data, nothing is built here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HeadShape:
    """What stands between a network's last map and its classifier.

    pooled: by global average, else the map is flattened. hidden: units of dense layers with relu.
    dropout: the share of numbers left out in training, behind each hidden layer, or before the
    classifier where there is none. mapped: whether what goes into the classifier is one affine map
    more, that starts as no change at all, brought to length 1.
    """

    name: str
    summary: str
    pooled: bool = True
    hidden: tuple[int, ...] = ()
    dropout: float = 0.0
    mapped: bool = False


SHAPES = {
    one.name: one
    for one in (
        HeadShape("cosine", "pooled, a map that starts as none, length 1, classifier", mapped=True),
        HeadShape("gap", "pooled, classifier"),
        HeadShape("gap-dropout", "pooled, dropout 0.3, classifier", dropout=0.3),
        HeadShape(
            "mlp-256-128", "pooled, 256 and 128 units, dropout 0.3 behind each, classifier",
            hidden=(256, 128), dropout=0.3,
        ),
        HeadShape("flatten-256", "flattened, 256 units, classifier", pooled=False, hidden=(256,)),
    )
}  # fmt: skip
"""`cosine` is ours; the others are those of the experiments that fewshot started from."""

MAPPED_RATE, PLAIN_RATE = 3e-4, 1e-3
"""What a head learns at: one that starts as no change at all, and one that starts from nothing."""
