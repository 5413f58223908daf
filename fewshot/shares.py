"""Pictures that are right, of so many, as a value: their share and its 95 % interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fewshot.interval import wilson


@dataclass(frozen=True, slots=True)
class Share:
    """A share of pictures, with its 95 % interval (Wilson)."""

    right: int
    n: int

    @property
    def share(self) -> float:
        """How many of them."""
        return self.right / self.n

    def to_mapping(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        low, high = wilson(self.right, self.n)
        return {
            "right": self.right,
            "n": self.n,
            "share": round(self.share, 6),
            "interval": [round(low, 6), round(high, 6)],
        }

    def __str__(self) -> str:
        low, high = wilson(self.right, self.n)
        return f"{self.share:.3f} [{low:.3f}, {high:.3f}] of {self.n}"
