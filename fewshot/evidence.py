"""What a gallery knows of strangers, as a value: decision scores, and whose each is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Evidence:
    """How near those come who are not enrolled, and how near those who are.

    Stand-ins are references asked against all names but their own; strangers are pictures of
    nobody enrolled, asked against all. Pictures of one block (a name, a stranger) go together.
    """

    names: int
    references: int
    stand_ins: NDArray[np.float32]  # (n,) decision scores
    owners: NDArray[np.int64]  # (n,) whose each stand-in is
    strangers: NDArray[np.float32]  # (s,) decision scores
    blocks: NDArray[np.int64]  # (s,) which belong together
    own: NDArray[np.float32]  # (n,) each stand-in's score for its own name without it
    rivals: NDArray[np.float32]  # (n,) and for the next name
    alone: float = 0.0  # the share of names that have one reference only, in [0, 1]

    @property
    def stranger_blocks(self) -> int:
        """How many strangers there are."""
        return len(np.unique(self.blocks))

    @classmethod
    def none(cls, names: int, references: int) -> Evidence:
        """Return what one name, or none, knows."""
        nothing, nobody = np.empty(0, np.float32), np.empty(0, np.int64)
        return cls(names, references, nothing, nobody, nothing, nobody, nothing, nothing)
