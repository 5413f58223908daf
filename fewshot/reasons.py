"""A guess comes in; which references spoke for it, and what would help, go out."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fewshot.gallery import Gallery
from fewshot.images import NAMELESS
from fewshot.nearness import Candidate, Neighbor, Vote
from fewshot.scoring import MARGIN

MOST_VOTES = 20
"""References that are named; what the others add is told together."""

FEW = 3
"""References below which more of them are the first thing that helps."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why somebody was not named."""

    query: str
    guess: Candidate
    runner_up: Candidate | None
    needed: float  # the score that decides
    margin: float = float(MARGIN)  # how much of the runner-up's is taken off for it
    far: bool = False  # it is so far from everybody that it is hardly one of them


def votes_for(
    gallery: Gallery, vector: NDArray[np.float32], guess: str, copy: Neighbor | None
) -> tuple[Vote, ...]:
    """Return the references that spoke for a name, those that added most first.

    At most 20, and the rest together. vector: the query's, (d,) of length 1. copy: the reference
    that the query is a copy of, which then speaks alone.
    """
    if copy:
        return (Vote(copy.reference, copy.source, copy.similarity),)
    parts = gallery.votes(vector, guess)
    shown, rest = parts[:MOST_VOTES], parts[MOST_VOTES:]
    sources = gallery.sources([number for number, _ in shown])
    votes = [Vote(number, sources[number], weight) for number, weight in shown]
    if rest:
        votes.append(Vote(0, f"{len(rest)} more", float(sum(weight for _, weight in rest))))
    return tuple(votes)


def mend(gallery: Gallery, doubt: Doubt) -> str | None:
    """Return the cheapest thing that would help the next time, in words; None where it is far."""
    name = doubt.guess.name
    own, rivals = gallery.held_out(name)
    scores = own - doubt.margin * np.maximum(rivals, 0.0)
    count, known = len(own), int((scores >= doubt.needed).sum())
    if doubt.runner_up is None and len(gallery.store.names()) == 1:
        return f"{name} is alone here, where the bar is high: a second name lowers it"
    if doubt.far:
        return None
    if count < FEW:
        has = "one reference" if count == 1 else f"{count} references"
        return f"{FEW + 2 - count} more pictures of {name} would help: it has {has}"
    if 2 * known < count:
        would = "none" if known == 0 else str(known)
        return (
            f"two more pictures of {name} would help: its {count} disagree "
            f"({would} would be known by the others)"
        )
    usual = doubt.margin * max(0.0, float(np.median(rivals)))
    if doubt.runner_up and doubt.guess.similarity >= doubt.needed + usual:
        other = doubt.runner_up.name
        return f"it stands between {name} and {other}: more pictures of both would part them"
    if doubt.query in NAMELESS:
        return f"if this is {name}: enroll it"
    query, named = shlex.quote(doubt.query), shlex.quote(name)
    return f"if this is {name}: fewshot enroll {query} --name {named}"
