"""What a contender says in an episode comes in; its answers, ready to be counted, go out."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fewshot.evaluation.contender import Said
from fewshot.evaluation.episodes import Episode
from fewshot.evaluation.samples import Labels

_COLUMNS = ("answer", "rank", "sureness", "chance", "named")


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """The answers to the queries of one episode."""

    answer: Labels  # (q,) the place of the name among those of the episode
    rank: Labels  # (q,) how many names stand before its own; -1 for a stranger
    sureness: NDArray[np.float64]  # (q,) what a decision would rest on
    chance: NDArray[np.float64]  # (q,) the probability given to the answer; NaN where none is
    named: NDArray[np.bool_]  # (q,) whether anybody is named
    rejects: bool  # whether it can say "nobody"
    fit_seconds: float
    ask_seconds: float  # for all queries
    size: int  # bytes kept

    def to_bytes(self) -> bytes:
        """Return them to be kept."""
        columns = {name: getattr(self, name).tolist() for name in _COLUMNS}
        columns["chance"] = [None if np.isnan(one) else one for one in columns["chance"]]
        rest = [self.rejects, self.fit_seconds, self.ask_seconds, self.size]
        return json.dumps([columns, rest]).encode()

    @classmethod
    def from_bytes(cls, content: bytes, queries: int, names: int) -> Answers | None:
        """Read what `to_bytes` wrote; None for anything else, or other numbers than these."""
        try:
            columns, (rejects, fit, ask, size) = json.loads(content)
            chance = [np.nan if one is None else one for one in columns["chance"]]
            found = cls(
                np.array(columns["answer"], np.int64),
                np.array(columns["rank"], np.int64),
                np.array(columns["sureness"], np.float64),
                np.array(chance, np.float64),
                np.array(columns["named"], np.bool_),
                bool(rejects), float(fit), float(ask), int(size),
            )  # fmt: skip
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
            return None
        whole = all(getattr(found, name).shape == (queries,) for name in _COLUMNS)
        if not whole or not np.isfinite(found.sureness).all():
            return None
        within = (found.answer >= 0).all() and (found.answer < names).all()
        return found if within and (found.rank >= -1).all() and (found.rank < names).all() else None


def answers_of(
    said: Said, episode: Episode, labels: Labels, fit: float, ask: float, size: int
) -> Answers:
    """Return what was said as answers; of names with the same score the first is taken.

    labels: (n,) the number of each sample's name. fit, ask: seconds. Raises FloatingPointError for
    scores that are not finite, which would stand before and behind all others.
    """
    scores, rows = said.scores, np.arange(len(said.scores))
    if not np.isfinite(scores).all():
        raise FloatingPointError("its scores are not finite")
    best = scores.argmax(axis=1)
    own = np.searchsorted(episode.names, labels[episode.query])
    own = np.where(episode.known, np.minimum(own, len(episode.names) - 1), 0)
    mine = scores[rows, own][:, np.newaxis]
    before = (scores > mine) | (
        (scores == mine) & (np.arange(scores.shape[1]) < own[:, np.newaxis])
    )
    return Answers(
        best,
        np.where(episode.known, before.sum(axis=1), -1),
        scores[rows, best] if said.sureness is None else said.sureness,
        np.full(len(rows), np.nan) if said.chances is None else said.chances[rows, best],
        np.ones(len(rows), np.bool_) if said.named is None else said.named,
        said.named is not None,
        fit,
        ask,
        size,
    )
