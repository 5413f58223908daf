"""Candidates and neighbors come in, nearest first; who it is, or nobody, goes out, with reasons."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from fewshot.calibration import Calibration
from fewshot.crops import Box
from fewshot.nearness import Candidate, Neighbor, Vote
from fewshot.scoring import MARGIN


@dataclass(frozen=True, slots=True)
class Match:
    """The answer to "who is this?"."""

    query: str  # the path asked about, or "<bytes>" ...
    name: str | None  # None: nobody in the gallery is near enough
    guess: str | None  # the nearest name, near enough or not; None: every name was corrected away
    similarity: float  # to the guess, by the gallery's rule, or to the same picture, in [-1, 1]
    threshold: float  # the similarity that this query needs, which a near runner-up raises
    runner_up: Candidate | None  # the second name; None where the gallery has one
    neighbors: tuple[Neighbor, ...]  # the references most like the query, nearest first
    box: Box  # the crop that was looked at, in pixels of the whole upright picture
    thumbnail: bytes = field(default=b"", repr=False)  # JPEG of that crop, where asked for
    score: float = 0.0  # similarity less half of the rival's; what is decided on
    rival: Candidate | None = None  # the runner-up, but for names that share a picture with it
    needed: float = 0.0  # the score that the rate asks for
    p_value: float | None = None  # share of strangers that come as near; None: own threshold
    rate: float | None = None  # share of strangers that may get a name; None: own threshold
    basis: str = (
        "threshold"  # "gallery", "strangers", "gallery and strangers", "prior", "threshold"
    )
    tightest: float | None = None  # the lowest rate that the gallery itself can show
    names_needed: int | None = None  # how many names, or strangers, would show the rate asked
    strangers: int = 0  # how many real strangers it rests on
    probability: float | None = None  # of the guess, were it somebody enrolled; None: too few data
    rule: str = "mean"  # by which names are scored
    rejected_by: str | None = None  # "rate", "threshold" or "correction" where nobody is named
    corrected: tuple[str, ...] = ()  # names near it that it may not have, for it was corrected
    same_picture: bool = False  # it is one of the references, or a copy of it
    votes: tuple[Vote, ...] = ()  # what each reference adds to the similarity; where asked for
    advice: str | None = None  # what would help, where it is asked for and known
    crop: str = "whole"  # what the box is of: "whole", "center", "given", "face", "anime-face" ...
    crop_score: float = 1.0  # how sure the detector was of it, in [0, 1]
    crops: int = 1  # how many were found in the picture; the largest is looked at

    @property
    def known(self) -> bool:
        """Whether somebody was named."""
        return self.name is not None

    @property
    def status(self) -> str:
        """Return "known" or "unknown"."""
        return "known" if self.known else "unknown"

    @property
    def margin(self) -> float | None:
        """How far the runner-up is behind, as similarity; None where there is none."""
        return None if self.runner_up is None else self.similarity - self.runner_up.similarity

    @property
    def estimated(self) -> bool:
        """Whether the rate is not shown by this gallery, but expected from others."""
        return self.basis == "prior"


@dataclass(frozen=True, slots=True)
class Ruling:
    """Who is nearest, and how near that is."""

    best: Candidate | None
    runner_up: Candidate | None
    score: float  # what is decided on
    rival: Candidate | None = None  # whose similarity, by half, was taken off
    copy: Neighbor | None = None  # the reference that the query is a copy of
    rejected: tuple[str, ...] = ()  # names that were passed over, for it was corrected


def rule_on(
    candidates: Sequence[Candidate],
    neighbors: Sequence[Neighbor],
    *,
    same_picture: float = 0.99,
    rejected: Collection[str] = (),
    friends: Collection[str] = (),
) -> Ruling:
    """Find the nearest name that is not rejected, and how clear it is.

    A query that is one of the references (a cosine of `same_picture`) has that reference's name.
    The score is the similarity less half of the runner-up's; friends of the best are passed over
    for that, for they share a picture with it. candidates, neighbors: nearest first.
    """
    open_to = [one for one in candidates if one.name not in rejected]
    best = open_to[0] if open_to else None
    copies = [
        one for one in neighbors if one.similarity >= same_picture and one.name not in rejected
    ]
    if copies:
        best = Candidate(copies[0].name, copies[0].similarity)
    passed_over = tuple(sorted(rejected))
    if best is None:
        return Ruling(None, None, -1.0, rejected=passed_over)
    others = [one for one in open_to if one.name != best.name]
    rivals = [one for one in others if one.name not in friends]
    taken_off = float(MARGIN) * max(0.0, rivals[0].similarity) if rivals else 0.0
    return Ruling(
        best,
        others[0] if others else None,
        best.similarity - taken_off,
        rivals[0] if rivals else None,
        copies[0] if copies else None,
        passed_over,
    )


def by_rate(match: Match, calibration: Calibration) -> Match:
    """Name the guess where few enough strangers come as near, or it is a copy of a reference."""
    needed = calibration.needed
    named = match.guess is not None and (match.score >= needed or match.same_picture)
    return replace(
        match,
        name=match.guess if named else None,
        needed=needed,
        threshold=min(1.0, needed + match.similarity - match.score),
        p_value=calibration.p_value(match.score),
        rate=calibration.rate,
        basis=calibration.basis,
        tightest=calibration.tightest,
        names_needed=calibration.names_needed,
        strangers=calibration.stranger_blocks,
        rejected_by=None if named else "rate" if match.guess else "correction",
    )


def by_threshold(match: Match, threshold: float) -> Match:
    """Name the guess where it is as near as the threshold, in [-1, 1]."""
    named = match.guess is not None and match.similarity >= threshold
    return replace(
        match,
        name=match.guess if named else None,
        threshold=threshold,
        needed=threshold,
        score=match.similarity,
        rejected_by=None if named else "threshold" if match.guess else "correction",
    )
