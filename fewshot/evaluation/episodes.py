"""Samples and a setting come in; which are enrolled and which are asked, draw by draw, goes out.

Every contender is given the same draws. They depend on contents, names and the seed alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fewshot.evaluation.samples import Labels, Mask, Samples

Places = NDArray[np.int64]

ALL, SOME, GIVEN, OPEN, GROWTH, QUERIES = (
    "all classes", "episodes", "given", "open set", "growth", "queries",
)  # fmt: skip
PROTOCOLS = (ALL, SOME, GIVEN, OPEN, GROWTH, QUERIES)
"""Names competing: all; so many; all, each with all it has; half, the others strangers; more and
more, others strangers; all, asked in other colors."""

LADDER = (5, 10, 20, 50, 100, 200, 500, 1_000)
"""Names enrolled as a gallery grows, as far as there are so many."""

STRANGERS = 0.2
"""The share of names that are strangers to a growing gallery, whatever its size."""

MOST_STRANGERS = 400
"""Pictures of strangers a draw."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What is asked of contenders.

    shots: pictures enrolled a name; None: all that may be. ways: names competing; None: all there
    are. queries: at most so many pictures asked a name and draw; None: all. view: how queries look.
    """

    protocol: str
    shots: int | None
    ways: int | None = None
    episodes: int = 20
    queries: int | None = None
    view: str = "color"


@dataclass(frozen=True, slots=True, eq=False)
class Episode:
    """One draw: some names, what of them is enrolled, and what is asked."""

    names: Labels  # (w,) numbers of the names that compete, rising
    support: Places  # (s,) places of the enrolled
    query: Places  # (q,) places of those asked
    known: Mask  # (q,) whether its name is enrolled
    leaked: Mask  # (q,) whether it, or nearly it, is itself enrolled


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """The draws of a setting."""

    setting: Setting
    episodes: tuple[Episode, ...]
    left_out: int  # for they have too few pictures


def draw(samples: Samples, groups: Labels, setting: Setting, seed: int) -> Drawn | None:
    """Draw episodes; None where fewer than two names have pictures enough.

    groups: (n,) the same number for pictures that are one picture, or nearly.
    """
    fit = _fit(samples, setting.shots)
    growing = setting.protocol == GROWTH  # then a smaller gallery is part of a larger one
    strangers = _strangers(samples, fit, seed) if growing else fit[:0]
    reserved = 2 if setting.protocol == OPEN and not len(_never_enrolled(samples)) else 0
    left = len(np.setdiff1d(fit, strangers)) - reserved
    if left < 2 or (setting.ways or 0) > left or (growing and not len(strangers)):
        return None
    what = ALL if setting.protocol == QUERIES else setting.protocol  # the same draws, other colors
    place = PROTOCOLS.index(what)
    ways = 0 if growing else setting.ways or 0
    streams = [
        np.random.default_rng([seed, place, setting.shots or 0, ways, turn])
        for turn in range(setting.episodes)
    ]
    episodes = tuple(_episode(samples, groups, setting, fit, strangers, rng) for rng in streams)
    enrolled = np.unique(samples.labels[samples.enrolls])
    return Drawn(setting, episodes, len(enrolled) - len(fit))


def growing_sizes(samples: Samples, shots: int) -> list[int]:
    """Return how many names a growing gallery has, step by step; none where they are too few."""
    fit = _fit(samples, shots)
    strangers = _strangers(samples, fit, 0)
    most = len(np.setdiff1d(fit, strangers))
    return sorted({min(one, most) for one in LADDER}) if most >= 2 and len(strangers) else []


def _fit(samples: Samples, shots: int | None) -> Labels:
    """Return the names that have pictures enough to be enrolled, and asked about in one folder."""
    enrolled = np.bincount(samples.labels[samples.enrolls], minlength=len(samples.names))
    if not (samples.enrolls & samples.asks).any():  # who is not asked about competes all the same
        return np.flatnonzero(enrolled >= (shots or 1))
    return np.flatnonzero(enrolled > shots) if shots is not None else np.empty(0, np.int64)


def _never_enrolled(samples: Samples) -> Labels:
    """Return the names that nothing can be enrolled of: strangers as they are given."""
    return np.setdiff1d(samples.labels[samples.asks], samples.labels[samples.enrolls])


def _strangers(samples: Samples, fit: Labels, seed: int) -> Labels:
    """Return the strangers of a growing gallery: those given, else a fifth of the names."""
    given = _never_enrolled(samples)
    if len(given):
        return given
    count = max(2, round(STRANGERS * len(fit)))
    asked = np.intersect1d(fit, samples.labels[samples.asks])
    return np.sort(np.random.default_rng([seed, 17]).permutation(asked)[:count])


def _episode(
    samples: Samples,
    groups: Labels,
    setting: Setting,
    fit: Labels,
    strangers: Labels,
    rng: np.random.Generator,
) -> Episode:
    names, others, unknown = fit, _never_enrolled(samples), fit[:0]
    if setting.protocol == OPEN:
        order = rng.permutation(fit)
        names = np.sort(order[: len(order) // 2])
        others = np.concatenate([order[len(order) // 2 :], others])
    elif setting.protocol == GROWTH:
        unknown = _asked_of(samples, strangers, setting.queries, rng)
        names = rng.permutation(np.setdiff1d(fit, strangers))[: setting.ways]
    elif setting.ways is not None:
        names = np.sort(rng.permutation(fit)[: setting.ways])
    support, query = [], []
    for one in names.tolist():
        own = samples.labels == one
        enrolled = rng.permutation(np.flatnonzero(own & samples.enrolls))[: setting.shots]
        asked = rng.permutation(np.setdiff1d(np.flatnonzero(own & samples.asks), enrolled))
        support.append(enrolled)
        query.append(asked[: setting.queries])
    if setting.protocol == GIVEN:
        unknown = np.flatnonzero(samples.asks & np.isin(samples.labels, others))
    elif setting.protocol != GROWTH:
        unknown = _asked_of(samples, others, setting.queries, rng)
    taken, known = np.concatenate(support), np.concatenate(query)
    asked = np.concatenate([known, unknown])
    enrolled_groups = np.unique(groups[taken])
    return Episode(
        np.sort(names),
        taken,
        asked,
        np.arange(len(asked)) < len(known),
        np.isin(groups[asked], enrolled_groups),
    )


def _asked_of(
    samples: Samples, others: Labels, queries: int | None, rng: np.random.Generator
) -> Places:
    """Return pictures of strangers, each of their names as often as may be, 400 at most."""
    if not len(others):
        return np.empty(0, np.int64)
    each = max(1, MOST_STRANGERS // len(others))
    each = each if queries is None else min(each, queries)
    found = []
    for one in rng.permutation(others).tolist():
        own = np.flatnonzero((samples.labels == one) & samples.asks)
        found.append(rng.permutation(own)[:each])
    return np.asarray(np.concatenate(found)[:MOST_STRANGERS], np.int64)
