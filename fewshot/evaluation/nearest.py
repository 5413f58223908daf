"""Nearest reference, vote of the nearest, nearest class mean, each in three spaces: no training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fewshot.choosing import fit_temperature
from fewshot.evaluation.contender import Labels, Said, Scores, Side
from fewshot.rules import Rule
from fewshot.scoring import References, held_out, scores
from fewshot.spaces import Space

MOST_HELD_OUT = 300
"""References that are left out in turn to find how sure scores are."""


@dataclass(frozen=True)
class Nearest:
    """A rule of `fewshot.rules`, of a gallery that does not choose among them."""

    rule: Rule

    def fit(self, support: Side, labels: Labels, names: int, seed: int) -> FittedNearest:
        """Place the support."""
        space = Space.around(self.rule.space, support.vectors)
        references = References(space.place(support.vectors), labels, names)
        return FittedNearest(self.rule, space, references, temperature_of(self.rule, references))


@dataclass(frozen=True)
class FittedNearest:
    """References in their space."""

    rule: Rule
    space: Space
    references: References
    temperature: float | None  # of the softmax over scores; None: too few references to tell

    @property
    def size(self) -> int:
        """Of what is compared: class means, or all references."""
        by_mean = self.rule.scoring == "mean"
        return int((self.references.sums if by_mean else self.references.vectors).nbytes)

    def ask(self, queries: Side) -> Said:
        """Score by cosine similarity."""
        placed = self.space.place(queries.vectors)
        found = scores(self.rule.scoring, self.references, placed).astype(np.float64)
        return Said(found, None if self.temperature is None else softmax(found / self.temperature))


def temperature_of(rule: Rule, references: References) -> float | None:
    """Return the temperature at which the softmax of scores is right as often as it says.

    Fitted on references left out in turn, each name counting the same; None with fewer than 30, or
    with names of one reference.
    """
    counts = references.counts[references.owners]
    asked = np.flatnonzero(counts > 1)[:: -(-len(counts) // MOST_HELD_OUT)]
    if not len(asked):
        return None
    found = held_out(rule.scoring, references, asked, whole_name=False)
    own = references.owners[asked]
    weights = 1.0 / np.bincount(own, minlength=references.names)[own]
    return fit_temperature(found, own, weights / weights.sum())


def softmax(logits: Scores) -> Scores:
    """Return rows of sum 1."""
    grown = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(grown / grown.sum(axis=1, keepdims=True))
