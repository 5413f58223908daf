"""Episodes and answers come in; what was right and wrong, name by name, goes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fewshot.evaluation.answers import Answers
from fewshot.evaluation.episodes import Episode
from fewshot.evaluation.samples import Labels
from fewshot.evaluation.separation import wins

Floats = NDArray[np.float64]
_TOP = 5
_BINS = 10


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """Counts of known queries, leaked ones left out but where it says otherwise; all (names,)."""

    asked: Floats
    right: Floats
    in_top: Floats  # its name among the first five
    asked_with_leaks: Floats
    right_with_leaks: Floats
    confused: NDArray[np.int64]  # (m, 3): the truth, the answer, how often; each pair once
    gaps: Floats  # (names, 10): probabilities of answers less how many are right, by probability
    told: Floats  # how many answers have a probability

    @property
    def accuracies(self) -> Floats:
        """The share of each name's queries that are right; NaN where none was asked."""
        return shares(self.right, self.asked)

    @property
    def leaked(self) -> int:
        """How many answers are left out."""
        return int(self.asked_with_leaks.sum() - self.asked.sum())

    @property
    def f1(self) -> Floats:
        """Each name's harmonic mean of precision and recall; NaN where none was asked."""
        truth, answer, times = self.confused.T
        names = len(self.asked)
        both = np.bincount(truth, times, names) + np.bincount(answer, times, names)
        right = np.bincount(truth[truth == answer], times[truth == answer], names)
        return np.where(self.asked > 0, 2.0 * right / np.maximum(both, 1.0), np.nan)

    @property
    def confusion(self) -> NDArray[np.int64]:
        """How often each name, a row, was taken for each, a column: (names, names)."""
        found = np.zeros((len(self.asked), len(self.asked)), np.int64)
        found[self.confused[:, 0], self.confused[:, 1]] = self.confused[:, 2]
        return found


@dataclass(frozen=True, slots=True, eq=False)
class StrangerTally:
    """How known queries and strangers are parted; NaN where a name, or a pair, was not drawn."""

    strangers: int  # pictures of strangers asked, counted once
    names: int  # how many names these are of
    above: Floats  # (names, names): how often a known one of a row stands above a stranger
    right_above: Floats  # and is rightly named
    false_names: Floats  # (names,) the share of its pictures, as a stranger, that got a name
    rightly_named: Floats  # (names,) the share of its pictures, enrolled, that got their own
    known_at_rate: Floats  # (names,) the same, with the best bar in hindsight


def tally(
    names: int, labels: Labels, episodes: Sequence[Episode], answers: Sequence[Answers]
) -> Tally:
    """Count the answers to known queries. labels: (n,) the number of each sample's name."""
    asked, right, top = np.zeros(names), np.zeros(names), np.zeros(names)
    asked_all, right_all = np.zeros(names), np.zeros(names)
    pairs = []
    gaps, count = np.zeros((names, _BINS)), np.zeros(names)
    for episode, one in zip(episodes, answers, strict=True):
        whose, known = labels[episode.query], episode.known
        kept = known & ~episode.leaked
        hit = one.rank == 0
        asked += np.bincount(whose[kept], minlength=names)
        right += np.bincount(whose[kept & hit], minlength=names)
        top += np.bincount(whose[kept & (one.rank < _TOP)], minlength=names)
        asked_all += np.bincount(whose[known], minlength=names)
        right_all += np.bincount(whose[known & hit], minlength=names)
        pairs.append(np.stack([whose[kept], episode.names[one.answer[kept]]], axis=1))
        told = kept & ~np.isnan(one.chance)
        chance = one.chance[told]
        bins = np.minimum((chance * _BINS).astype(np.int64), _BINS - 1)
        np.add.at(gaps, (whose[told], bins), chance - hit[told])
        count += np.bincount(whose[told], minlength=names)
    each, times = np.unique(np.concatenate(pairs), axis=0, return_counts=True)
    confused = np.column_stack([each, times]).astype(np.int64)
    return Tally(asked, right, top, asked_all, right_all, confused, gaps, count)


def tally_strangers(
    names: int,
    labels: Labels,
    episodes: Sequence[Episode],
    answers: Sequence[Answers],
    rate: float,
) -> StrangerTally | None:
    """Count what strangers got; None where there were none. rate: of the bar in hindsight."""
    pairs, above, right_above = (np.zeros((names, names)) for _ in range(3))
    asked, named, known, own, bar = (np.zeros(names) for _ in range(5))
    seen: set[int] = set()
    for episode, one in zip(episodes, answers, strict=True):
        whose = labels[episode.query]
        there, strange = episode.known & ~episode.leaked, ~episode.known & ~episode.leaked
        if not there.any() or not strange.any():
            continue
        seen |= set(episode.query[strange].tolist())
        hit = one.rank == 0
        of_known = np.bincount(whose[there], minlength=names)
        for stranger in np.unique(whose[strange]).tolist():
            these = one.sureness[strange & (whose == stranger)]
            won = wins(one.sureness[there], these)
            above[:, stranger] += np.bincount(whose[there], won, names)
            right_above[:, stranger] += np.bincount(whose[there], won * hit[there], names)
            pairs[:, stranger] += of_known * len(these)
        least = _bar(one.sureness[strange], rate)
        known += of_known
        own += np.bincount(whose[there & hit & one.named], minlength=names)
        bar += np.bincount(whose[there & hit & (one.sureness > least)], minlength=names)
        asked += np.bincount(whose[strange], minlength=names)
        named += np.bincount(whose[strange & one.named], minlength=names)
    if not seen:
        return None
    return StrangerTally(
        len(seen), int((asked > 0).sum()), shares(above, pairs), shares(right_above, pairs),
        shares(named, asked), shares(own, known), shares(bar, known),
    )  # fmt: skip


def shares(counts: Floats, of: Floats) -> Floats:
    """Return counts as shares, NaN of nothing."""
    return np.where(of > 0, counts / np.maximum(of, 1e-12), np.nan)


def _bar(strangers: Floats, rate: float) -> float:
    """Return the score above which at most this share of strangers lies."""
    falling = np.sort(strangers)[::-1]
    return float(falling[int(rate * len(falling))])
