"""A gallery's references come in; the rule that names them best when left out goes out.

Leave-one-out: every reference is asked without itself, and is right where it gets its name at the
usual rate of false names. The simplest rule within one standard error of the best is taken, each
name counting the same (Breiman et al., CART, 1984: the 1-SE rule). The temperature of the softmax
over scores is fitted on the same answers (Guo et al., ICML 2017).
"""

from __future__ import annotations

import base64
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from fewshot.calibration import Calibration
from fewshot.evidence import Evidence
from fewshot.index import Vectors
from fewshot.naming import Naming, Tried
from fewshot.risk import RATE
from fewshot.rules import RULES, SIMPLEST, SPACES, Rule
from fewshot.scoring import NEVER, References, Scores, best_two, decision_scores, held_out
from fewshot.spaces import Space
from fewshot.stranger_model import StrangerModel

Model = Callable[[Rule], StrangerModel]
"""A rule comes in; what is known of strangers under it goes out."""

FEWEST_NAMES, FEWEST_REFERENCES = 3, 2.0
"""Below so many names, or references a name, there is nothing to choose from."""

VOTING_FROM = 3.0
"""References a name from which on single references are heard: of two, leaving one out leaves one,
which flatters rules that look at one (eval/naming_rules.py)."""

FEWEST_ASKED = 30
"""Held-out references below which no probability is given."""

MOST_ASKED = 300
"""References that are asked; more would cost time and change little."""

_LOWEST, _HIGHEST = 0.005, 2.0


def choose(
    vectors: Vectors, owners: NDArray[np.int64], model: Model, rule: Rule | None = None
) -> Naming:
    """Choose how to name in a gallery with these references (n, d), whose each is (n,).

    model: what is known of strangers under each rule. rule: what the user wants instead.
    """
    order = np.argsort(owners, kind="stable")
    vectors, owners = vectors[order], owners[order]
    names, places = np.unique(owners, return_inverse=True)
    places = places.reshape(-1)
    counts = np.bincount(places, minlength=len(names))
    asked = _asked(places, counts)
    right: dict[Rule, NDArray[np.float64]] = {}
    found: dict[Rule, Scores] = {}
    weights = _weights(places[asked])
    candidates = _candidates(len(names), counts) if rule is None else (rule,)
    for kind in SPACES if len(asked) else ():
        here = [one for one in candidates if one.space == kind]
        placed = Space.around(kind, vectors).place(vectors) if here else vectors
        references = References(placed, places, len(names))
        similar = placed[asked] @ placed.T if any(one.scoring != "mean" for one in here) else None
        for one in here:
            found[one] = held_out(one.scoring, references, asked, whole_name=False, similar=similar)
            named = _named(one, references, asked, found[one], similar, model)
            right[one] = named.astype(np.float64)
    right = {one: right[one] for one in candidates if one in right}  # the simplest first
    chosen, tried = _within_one_error(right, places[asked], weights)
    chosen = rule or chosen
    return Naming(
        rule=chosen,
        chosen_by="user" if rule else "gallery" if tried else "default",
        references=len(vectors),
        center=center_text(vectors) if chosen.space == "centered" else "",
        temperature=(
            fit_temperature(found[chosen], places[asked], weights) if chosen in found else None
        ),
        held_out=len(asked),
        tried=tried,
    )


def fit_temperature(
    found: Scores, truth: NDArray[np.intp], weights: NDArray[np.float64]
) -> float | None:
    """Return the temperature at which the softmax of scores tells best how often it is right.

    found: (s, names) scores of held-out queries; truth: (s,). Minimizes the negative log-likelihood
    by golden section. None with fewer than 30 queries.
    """
    if len(found) < FEWEST_ASKED or found.shape[1] < 2:
        return None
    gaps = np.asarray(found - found[np.arange(len(truth)), truth][:, np.newaxis], np.float64)

    def loss(log_temperature: float) -> float:
        logits = gaps / np.exp(log_temperature)
        top = logits.max(axis=1)
        total = top + np.log(np.exp(logits - top[:, np.newaxis]).sum(axis=1))
        return float(total @ weights)

    low, high = np.log(_LOWEST), np.log(_HIGHEST)
    ratio = (np.sqrt(5.0) - 1.0) / 2.0
    for _ in range(24):
        inner, outer = high - ratio * (high - low), low + ratio * (high - low)
        if loss(inner) < loss(outer):
            high = outer
        else:
            low = inner
    return float(np.exp((low + high) / 2.0))


def _named(
    rule: Rule,
    references: References,
    asked: NDArray[np.intp],
    found: Scores,
    similar: Scores | None,
    model: Model,
) -> NDArray[np.bool_]:
    """Tell which references get their name when left out, at the usual rate of false names.

    found: their scores without themselves, (s, names). similar: see `held_out`.
    """
    row, own = np.arange(len(asked)), references.owners[asked]
    to_own, others = found[row, own], found.copy()
    others[row, own] = NEVER
    rivals = others.max(axis=1)
    as_strangers = others  # of a vote alone, a name's own references keep others from voting
    if rule.scoring == "vote":
        as_strangers = held_out("vote", references, asked, whole_name=True, similar=similar)
    evidence = Evidence(
        names=references.names,
        references=len(references.vectors),
        stand_ins=decision_scores(best_two(as_strangers)[1]),
        owners=own.astype(np.int64),
        strangers=np.empty(0, np.float32),
        blocks=np.empty(0, np.int64),
        own=to_own,
        rivals=rivals,
        alone=float((references.counts == 1).mean()),
    )
    needed = Calibration(evidence, model(rule).of(evidence), rate=RATE).needed
    scores = decision_scores(np.stack([to_own, rivals], axis=1))
    return np.asarray((to_own > rivals) & (scores >= needed))


def _candidates(names: int, counts: NDArray[np.int64]) -> tuple[Rule, ...]:
    each = float(counts.mean()) if len(counts) else 0.0
    if names < FEWEST_NAMES or each < FEWEST_REFERENCES:
        return (SIMPLEST,)
    return tuple(one for one in RULES if one.scoring == "mean" or each >= VOTING_FROM)


def _asked(places: NDArray[np.intp], counts: NDArray[np.int64]) -> NDArray[np.intp]:
    """Return which references are asked: of names that have another, evenly taken."""
    able = np.flatnonzero(counts[places] > 1)
    return able[:: max(1, -(-len(able) // MOST_ASKED))]


def _weights(places: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the weight of each answer: each name counts the same, all together 1."""
    if not len(places):
        return np.empty(0)
    _, group, counts = np.unique(places, return_inverse=True, return_counts=True)
    return np.asarray(1.0 / (counts[group.reshape(-1)] * len(counts)))


def _within_one_error(
    right: dict[Rule, NDArray[np.float64]], places: NDArray[np.intp], weights: NDArray[np.float64]
) -> tuple[Rule, tuple[Tried, ...]]:
    if len(right) < 2:
        return SIMPLEST, ()
    accuracy = {rule: float(hits @ weights) for rule, hits in right.items()}
    best = max(accuracy, key=lambda rule: accuracy[rule])
    tried = []
    for rule, hits in right.items():
        error = _standard_error(right[best] - hits, places)
        tried.append(Tried(str(rule), accuracy[rule], accuracy[best] - accuracy[rule], error))
    chosen = next(one for one in tried if one.behind <= one.standard_error)
    return Rule.parse(chosen.rule), tuple(tried)


def _standard_error(differences: NDArray[np.float64], places: NDArray[np.intp]) -> float:
    """Return the standard error of a mean over names, each the mean of its answers."""
    _, group, counts = np.unique(places, return_inverse=True, return_counts=True)
    by_name = np.bincount(group.reshape(-1), differences) / counts
    return float(by_name.std(ddof=1) / np.sqrt(len(by_name))) if len(by_name) > 1 else 0.0


def center_text(vectors: Vectors) -> str:
    """Return the center of vectors (n, d), as it is written down with a rule."""
    center = vectors.mean(axis=0, dtype=np.float64).astype("<f4")
    return base64.b64encode(center.tobytes()).decode("ascii")
