"""What a gallery looks like comes in; how near strangers come to galleries like it goes out.

Measured on other pictures, backbone by backbone and rule by rule (`eval/stranger_prior.py`) and
shipped in `priors/`: the mean and the spread of strangers' decision scores, by linear regression on
the number of names and of references a name, on how the gallery's own names come to each other, and
on how its references come to their own; and the tail of what the regression leaves, found on sets
of pictures left out of it. So a small gallery borrows what large ones have shown.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewshot.evidence import Evidence
from fewshot.rules import Rule
from fewshot.scoring import NEVER

FOLDER = Path(__file__).parent / "priors"
UNMEASURED = "unmeasured"
"""The prior of a backbone, or a layer, that nobody has measured: from all that were."""

BUCKETS = (1, 2, 3, 6, 12, 1 << 62)
"""Up to how many names a gallery has each of the regressions."""

FEATURES = (
    "one", "log2 names", "log2 references a name", "stand-ins, mean", "stand-ins, spread",
    "own, mean", "own, known",
)  # fmt: skip

_FARTHEST = 3.0
_SMALLEST = 1e-6


def features(evidence: Evidence) -> NDArray[np.float64]:
    """Return what is known of a gallery, in the order of FEATURES; NaN where nothing is."""
    mean = spread = np.nan
    told = evidence.stand_ins > NEVER  # else all other names share a picture with its own
    if told.any():
        scores, owners = evidence.stand_ins[told].astype(np.float64), evidence.owners[told]
        _, group, counts = np.unique(owners, return_inverse=True, return_counts=True)
        weights = 1.0 / (counts[group.reshape(-1)] * len(counts))
        mean = float(scores @ weights)
        spread = float(np.sqrt(((scores - mean) ** 2) @ weights))
    own = evidence.own[evidence.own > NEVER]
    return np.array(
        [
            1.0,
            np.log2(max(1, evidence.names)),
            np.log2(max(1.0, evidence.references / max(1, evidence.names))),
            mean,
            spread,
            float(own.mean()) if len(own) else 0.0,
            float(len(own) > 0),
        ]
    )


@dataclass(frozen=True)
class Bucket:
    """The regressions for galleries of some size."""

    center: NDArray[np.float64]  # (7,) of the features
    scale: NDArray[np.float64]  # (7,)
    mean: NDArray[np.float64]  # (7,) coefficients of the mean decision score
    spread: NDArray[np.float64]  # (7,) coefficients of the logarithm of its spread
    rates: NDArray[np.float64]  # (t,) shares of strangers, falling
    tails: NDArray[np.float64]  # (t,) the standardized score that each exceeds, rising

    def place(self, known: NDArray[np.float64]) -> tuple[float, float]:
        """Return the mean and the spread of strangers' decision scores in a gallery.

        known: its features, (7,).
        """
        given = np.nan_to_num((known - self.center) / self.scale)  # what is not known: as usual
        near = np.clip(given, -_FARTHEST, _FARTHEST)
        spread = float(np.exp(near @ self.spread))
        near[3] = max(near[3], given[3])  # its own names come nearer than any that was measured
        return float(near @ self.mean), spread


@dataclass(frozen=True)
class StrangerModel:
    """How near strangers come, for one backbone and one rule."""

    buckets: tuple[Bucket, ...]

    def of(self, evidence: Evidence) -> StrangerTail:
        """Return the tail for a gallery."""
        bucket = self.buckets[int(np.searchsorted(BUCKETS, max(1, evidence.names)))]
        mean, spread = bucket.place(features(evidence))
        return StrangerTail(mean + spread * bucket.tails, np.log(bucket.rates))


@dataclass(frozen=True)
class StrangerTail:
    """Which share of strangers exceeds a decision score."""

    scores: NDArray[np.float64]  # (t,) rising
    log_rates: NDArray[np.float64]  # (t,) falling

    def rate(self, score: float) -> float:
        """Return the share of strangers that come as near, in (0, 1]."""
        if score >= self.scores[-1]:
            beyond = (score - self.scores[-1]) * self._slope
            return max(_SMALLEST, float(np.exp(self.log_rates[-1] + beyond)))
        return float(np.exp(np.interp(score, self.scores, self.log_rates)))

    def score(self, rate: float) -> float:
        """Return the decision score that this share of strangers reaches. rate: in (0, 1)."""
        wanted = np.log(max(rate, _SMALLEST))
        if wanted < self.log_rates[-1]:
            return float(self.scores[-1] + (wanted - self.log_rates[-1]) / self._slope)
        return float(np.interp(-wanted, -self.log_rates, self.scores))

    @property
    def _slope(self) -> float:
        """How fast the logarithm of the rate falls at the far end."""
        return float(
            (self.log_rates[-1] - self.log_rates[-3]) / (self.scores[-1] - self.scores[-3])
        )


@cache
def load_model(backbone: str, layer: str | None, rule: Rule) -> StrangerModel:
    """Return the model measured for a backbone's layer; else that of the unmeasured."""
    key = _key(backbone, layer) if is_measured(backbone, layer) else UNMEASURED
    told = json.loads((FOLDER / f"{key}.json").read_text(encoding="utf-8"))
    return read_model(told["rules"][str(rule)])


def is_measured(backbone: str, layer: str | None) -> bool:
    """Tell whether strangers were measured for a backbone's layer."""
    return _key(backbone, layer) in {path.stem for path in FOLDER.glob("*.json")}


def _key(backbone: str, layer: str | None) -> str:
    """Return what a prior is called; a gallery's recipe may say anything, so it is no path yet."""
    return backbone if layer is None else f"{backbone}-{layer}"


def read_model(buckets: Sequence[Mapping[str, Any]]) -> StrangerModel:
    """Return the model as it is written: a list of buckets, each with its arrays."""
    return StrangerModel(
        tuple(Bucket(**{key: np.array(one[key], np.float64) for key in _ARRAYS}) for one in buckets)
    )


_ARRAYS = ("center", "scale", "mean", "spread", "rates", "tails")
