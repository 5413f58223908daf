"""What is near a query, as values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Candidate:
    """A name a query may have."""

    name: str
    similarity: float  # its score by the gallery's rule, in [-1, 1], larger is nearer


@dataclass(frozen=True, slots=True)
class Neighbor:
    """A reference near a query."""

    name: str
    similarity: float  # cosine to the reference, in [-1, 1], larger is nearer
    reference: int  # its id; ids are never used again
    source: str  # the path it was enrolled from


@dataclass(frozen=True, slots=True)
class Vote:
    """What one reference adds to the similarity of its name."""

    reference: int  # its id; 0 for all that are not named
    source: str
    weight: float  # those of all votes sum to the similarity
