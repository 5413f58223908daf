"""The rules by which a query is named: how names are scored, and in which space. Loads no numpy."""

from __future__ import annotations

from dataclasses import dataclass

SCORINGS = ("mean", "nearest", "vote")
"""Nearest class mean; nearest reference; vote of the nearest references."""

SPACES = ("plain", "centered", "root")
"""As embedded; less the gallery's mean; the signed square root. Each at length 1 again."""

VOTERS = 5
"""How many references vote."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How a query gets its name."""

    scoring: str = "mean"  # one of SCORINGS
    space: str = "plain"  # one of SPACES

    def __post_init__(self) -> None:
        if self.scoring not in SCORINGS or self.space not in SPACES:
            raise ValueError(f"{self.scoring}, {self.space}: no such rule")

    def __str__(self) -> str:
        return self.scoring if self.space == "plain" else f"{self.scoring}-{self.space}"

    @classmethod
    def parse(cls, text: str) -> Rule:
        """Read a rule as it is written, "mean" or "mean-centered"; raises ValueError."""
        scoring, _, space = text.partition("-")
        return cls(scoring, space or "plain")

    @property
    def words(self) -> str:
        """The rule in words."""
        return f"{_SCORED[self.scoring]}{_PLACED[self.space]}"


_SCORED = {
    "mean": "nearest class mean",
    "nearest": "nearest reference",
    "vote": f"vote of the {VOTERS} nearest references",
}
_PLACED = {
    "plain": "",
    "centered": ", vectors less the gallery's mean",
    "root": ", square roots of the numbers",
}

SIMPLEST = Rule()

RULES = tuple(Rule(scoring, space) for scoring in SCORINGS for space in SPACES)
"""All of them, the simplest first."""
