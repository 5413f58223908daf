"""Vectors and whose they are said to be come in; how likely each is somebody else's goes out.

A name given is right with a probability, else any other; a true name shows by how near a reference
stands to its mean. How sharply nearness tells names apart, and how many names are wrong, are those
that make the gallery itself likeliest: where it tells names apart badly, it accuses nobody.
Source: noise that depends on the class only, as in Northcutt, Jiang, Chuang, Confident Learning,
JAIR 2021, here with uniform noise and a softmax over leave-one-out cosines to class means.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from fewshot.leave_one_out import Codes, Floats, Means, Vectors

WRONG = 0.8
"""The probability that a name is wrong, from which a reference is called mislabeled,"""
ONE_OTHER = 0.4
"""where one other name has at least this much of it."""

CONFUSED = 0.8
"""Two names are taken for one where their references are as likely the other's, within this,"""
TOGETHER = 0.5
"""and the two together have at least this much."""

_TEMPERATURES = np.geomspace(0.03, 0.5, 20)
_SHARES = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2)
_FITTED = 1_000
_TRIMMED = 0.05
_CANDIDATES = 3
_AT_ONCE = 512


class Suspicion(NamedTuple):
    """How likely each of n references is somebody else's."""

    wrong: Floats  # (n,), in [0, 1]; 0 where it is alone under its name
    other: Codes  # (n,), the likeliest other name
    share: Floats  # (n,), how likely that one is, at most `wrong`
    twins: list[tuple[int, int, float]]  # names that may be one, and how fully they are confused
    temperature: float
    share_wrong: float  # of all references, as fitted


def suspect(vectors: Vectors, codes: Codes) -> Suspicion:
    """Judge `vectors` (n, d), each of length 1, `centered`; codes (n,): 0 to the number - 1."""
    n = len(codes)
    means = Means(vectors, codes)
    names = len(means.counts)
    nobody = Suspicion(np.zeros(n), np.zeros(n, np.int64), np.zeros(n), [], 0.0, 0.0)
    judged = means.counts[codes] > 1
    if names < 2 or not judged.any():
        return nobody
    temperature, share_wrong = _fit(vectors, codes, means, np.flatnonzero(judged))
    found = nobody._replace(temperature=temperature, share_wrong=share_wrong)
    near = _near_names(means)
    confused = np.zeros((names, near.shape[1] + 1))  # with those near, and with itself
    for rows, similar in means.similarities(vectors, codes):
        own = codes[rows]
        at = np.arange(len(own)), own
        likely = _softmax(similar, temperature)
        np.add.at(confused[:, 0], own, likely[at])
        for column in range(near.shape[1]):
            np.add.at(confused[:, column + 1], own, likely[at[0], near[own, column]])
        likely *= share_wrong / (names - 1)
        likely[at] *= (1.0 - share_wrong) * (names - 1) / share_wrong
        likely /= likely.sum(axis=1, keepdims=True)
        found.wrong[rows] = np.where(judged[rows], 1.0 - likely[at], 0.0)
        likely[at] = 0.0
        found.other[rows] = likely.argmax(axis=1)
        found.share[rows] = np.where(judged[rows], likely.max(axis=1), 0.0)
    twins = _twins(confused / means.counts[:, np.newaxis], near, means.counts)
    return found._replace(twins=twins)


def _fit(vectors: Vectors, codes: Codes, means: Means, judged: Codes) -> tuple[float, float]:
    """Return the temperature and the share of wrong names that make the gallery likeliest.

    The temperature without the least likely twentieth: one gross mistake in a small gallery is not
    to make all of it look vague (trimmed likelihood, Neykov and Neytchev, 1990).
    """
    rows = judged[:: -(-len(judged) // _FITTED)]
    others = len(means.counts) - 1
    likely = np.empty((len(_TEMPERATURES), len(rows)))  # of each name given, by temperature
    for part, similar in means.similarities(vectors[rows], codes[rows]):
        own = np.arange(len(similar)), codes[rows][part]
        for row, temperature in enumerate(_TEMPERATURES):
            likely[row, part] = _softmax(similar, float(temperature))[own]
    shares = np.array(_SHARES)[:, np.newaxis, np.newaxis]
    said: Floats = np.log((1.0 - shares) * likely + shares / others * (1.0 - likely))
    said.sort(axis=2)
    trimmed = said[:, :, math.ceil(_TRIMMED * len(rows)) :].sum(axis=2).max(axis=0)
    best = int(trimmed.argmax())
    share = int(said[:, best].sum(axis=1).argmax())
    return float(_TEMPERATURES[best]), _SHARES[share]


def _softmax(similar: Floats, temperature: float) -> Floats:
    known = np.where(np.isnan(similar), -1.0, similar)
    grown: Floats = np.exp((known - known.max(axis=1, keepdims=True)) / temperature)
    shares: Floats = grown / grown.sum(axis=1, keepdims=True)
    return shares


def _near_names(means: Means) -> Codes:
    """Return for each name the three whose means are nearest (names, 3); fewer where fewer are."""
    names = len(means.counts)
    wanted = min(_CANDIDATES, names - 1)
    units = means.sums / means.lengths[:, np.newaxis].astype(np.float32)
    near = np.empty((names, wanted), np.int64)
    for start in range(0, names, _AT_ONCE):
        similar = units[start : start + _AT_ONCE] @ units.T
        rows = np.arange(len(similar))
        similar[rows, start + rows] = -np.inf
        near[start : start + _AT_ONCE] = np.argsort(-similar, axis=1, kind="stable")[:, :wanted]
    return near


def _twins(confused: Floats, near: Codes, counts: Codes) -> list[tuple[int, int, float]]:
    """Return the pairs of names, of three references or more each, that are confused both ways."""
    whole = {
        (one, int(other)): (confused[one, column + 1], confused[one, 0])
        for one in range(len(near))
        for column, other in enumerate(near[one])
        if counts[one] >= 3 and counts[other] >= 3
    }
    found = []
    for (one, other), (there, own) in whole.items():
        if one < other and (back := whole.get((other, one))):
            as_likely = min(there / max(own, 1e-12), back[0] / max(back[1], 1e-12))
            together = min(there + own, back[0] + back[1])
            if as_likely >= CONFUSED and together >= TOGETHER:
                found.append((one, other, float(together)))
    return sorted(found, key=lambda pair: -pair[2])
