"""A random gallery of a set comes in; what it answers to everybody else goes out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from eval.galleries import Drawn, Labels, Vectors
from fewshot.backbones.catalog import same_picture_of
from fewshot.calibration import Calibration
from fewshot.choosing import choose
from fewshot.evaluation.in_memory import evidence_of, namer_of
from fewshot.naming import Naming
from fewshot.rules import Rule
from fewshot.scoring import NEVER, decision_scores
from fewshot.stranger_model import load_model

RATES = (0.01, 0.05, 0.1)


@dataclass(frozen=True)
class Asked:
    """What one gallery answered: known queries first, then strangers."""

    whose: Labels  # (q,)
    known: NDArray[np.bool_]  # (q,) whether the name is enrolled
    right: NDArray[np.bool_]  # (q,) whether the nearest name is the right one
    scores: NDArray[np.float64]  # (q,) decision scores
    surprise: NDArray[np.float64]  # (q,) the p-value at 5 %, negative; ties by the score
    named: dict[float, NDArray[np.bool_]]  # by rate
    strict: dict[float, NDArray[np.bool_]]
    basis: dict[float, str]
    similarity: NDArray[np.float64]  # (q,) to the nearest class mean
    ratio: NDArray[np.float64]  # (q,) of distances, next name's over nearest
    ratio_right: NDArray[np.bool_]  # whether the nearest reference is of the right name
    rule: str
    likely: NDArray[np.float64]  # (q,) the probability of the nearest name; NaN where not given


def ask(
    vectors: Vectors, labels: Labels, drawn: Drawn, key: tuple[str, str | None], rule: str
) -> Asked:
    """Enroll the support and ask about everybody else.

    key: backbone and layer. rule: "auto", or one of `fewshot.rules.RULES`.
    """
    support, owners = vectors[drawn.support], labels[drawn.support]
    wanted = None if rule == "auto" else Rule.parse(rule)
    naming = choose(support, owners, partial(load_model, *key), wanted)
    same = same_picture_of(*key)
    namer = namer_of(support, owners, naming, same)
    evidence = evidence_of(namer, support, owners)
    tail = load_model(*key, naming.rule).of(evidence)
    calibrations = {rate: Calibration(evidence, tail, rate=rate) for rate in RATES}
    strict = {rate: Calibration(evidence, tail, rate=rate, strict=True) for rate in RATES}
    places = np.concatenate([drawn.known, drawn.strangers])
    queries, whose = vectors[places], labels[places]
    found = [namer.standing(query, 2) for query in queries]
    two = [np.pad(one.scores, (0, 2 - len(one.scores)), constant_values=NEVER) for one in found]
    scores = decision_scores(np.array(two, np.float32)).astype(np.float64)
    nearest, ratio, copied = _references(support, owners, queries)
    names = np.array([int(one.owners[0]) for one in found])
    copies = copied >= same
    names = np.where(copies, nearest, names)
    plain = namer_of(support, owners, Naming(), same)
    p_values = [calibrations[0.05].p_value(score) for score in scores.tolist()]
    return Asked(
        whose=whose,
        known=np.arange(len(places)) < len(drawn.known),
        right=names == whose,
        scores=np.where(copies, 2.0, scores),
        surprise=np.where(copies, 1.0, 1e-9 * scores - np.array(p_values)),
        named={rate: copies | (scores >= one.needed) for rate, one in calibrations.items()},
        strict={rate: copies | (scores >= one.needed) for rate, one in strict.items()},
        basis={rate: one.basis for rate, one in calibrations.items()},
        similarity=np.array([float(plain.standing(one, 1).scores[0]) for one in queries]),
        ratio=ratio,
        ratio_right=nearest == whose,
        rule=str(naming.rule),
        likely=np.array([np.nan if one.share is None else one.share for one in found]),
    )


def _references(
    support: Vectors, owners: Labels, queries: Vectors
) -> tuple[Labels, NDArray[np.float64], NDArray[np.float32]]:
    """Return each query's nearest reference: whose, how clear by distances, and its cosine."""
    similar = queries @ support.T
    row = np.arange(len(queries))
    first = similar.argmax(axis=1)
    nearest, cosine = owners[first], similar[row, first]
    others = np.where(owners[np.newaxis] == nearest[:, np.newaxis], -1.0, similar).max(axis=1)
    distances = [np.sqrt(np.maximum(2.0 - 2.0 * one, 1e-9)) for one in (cosine, others)]
    return nearest, np.asarray(distances[1] / distances[0], np.float64), cosine
