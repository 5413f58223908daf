"""How often a stranger may get a name, as a value."""

from __future__ import annotations

from dataclasses import dataclass

RATE = 0.05
"""The share of strangers that may get a name, unless another is asked for."""

LOWEST, HIGHEST = 1e-6, 0.5


FAR = 0.5
"""The p-value from which on a query is so far from everybody that nobody asks who it might be."""


@dataclass(frozen=True, slots=True)
class Risk:
    """A share of strangers, and whether the gallery itself has to show that it is kept."""

    rate: float = RATE  # in [1e-6, 0.5]
    strict: bool = False

    def __post_init__(self) -> None:
        if not LOWEST <= self.rate <= HIGHEST:  # NaN too
            raise ValueError(
                f"the rate of false names lies between {LOWEST:g} and {HIGHEST:g}, not {self.rate}"
            )
