"""Neighbors come in; a name or nobody goes out, with the reasons."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from fewshot.backbones.backbone import StrangerPrior
from fewshot.crops import Box
from fewshot.gallery import Neighbor


@dataclass(frozen=True, slots=True)
class RunnerUp:
    """The second name, at its nearest reference."""

    name: str
    similarity: float


@dataclass(frozen=True, slots=True)
class Match:
    """The answer to "who is this?"."""

    query: str  # the path asked about, or "<bytes>" ...
    name: str | None  # None: nobody in the gallery is near enough
    similarity: float  # cosine of the nearest reference, in [-1, 1]
    threshold: float  # the similarity that a name needs
    runner_up: RunnerUp | None  # None where the gallery has one name
    neighbors: tuple[Neighbor, ...]  # nearest first; the first one is the guess where name is None
    box: Box  # the crop that was looked at, in pixels of the whole upright picture
    thumbnail: bytes = field(default=b"", repr=False)  # JPEG of that crop, where asked for

    @property
    def known(self) -> bool:
        """Whether somebody was named."""
        return self.name is not None

    @property
    def guess(self) -> str:
        """The nearest name, near enough or not."""
        return self.neighbors[0].name


def usual_threshold(strangers: StrangerPrior, references: int) -> float:
    """Return the similarity that 5 % of strangers exceed in galleries of this many references.

    It climbs with the gallery: with more references a stranger finds a better look-alike. Measured
    on other pictures than this gallery's, so a usual value and no promise.
    """
    climbed = strangers.at_one + strangers.per_doubling * math.log2(max(1, references))
    return min(strangers.ceiling, climbed)


def decide(
    query: str,
    neighbors: Sequence[Neighbor],
    *,
    k: int,
    threshold: float,
    box: Box,
    thumbnail: bytes = b"",
) -> Match:
    """Name the nearest reference's identity where it is as near as the threshold, else nobody.

    neighbors: nearest first, at least one, and of two names where the gallery has two.
    """
    best = neighbors[0]
    other = next((neighbor for neighbor in neighbors if neighbor.name != best.name), None)
    return Match(
        query=query,
        name=best.name if best.similarity >= threshold else None,
        similarity=best.similarity,
        threshold=threshold,
        runner_up=RunnerUp(other.name, other.similarity) if other else None,
        neighbors=tuple(neighbors[:k]),
        box=box,
        thumbnail=thumbnail,
    )
