"""References come in; the names a query may have, by their class means, go out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fewshot.evidence import Evidence
from fewshot.index import Ids, Vectors
from fewshot.naming import Naming
from fewshot.prototypes import Prototypes
from fewshot.scoring import NEVER, own_means
from fewshot.spaces import Space
from fewshot.stand_ins import StandIns
from fewshot.standing import Pairs, Sample, Standing, Strangers, most_first, standing_of

MOST_STAND_INS = 2_000
"""References that stand in for strangers; more would cost time and change little."""

MOST_COMPARED = 20_000_000
"""Stand-ins times names that are compared: where there are many names, fewer stand in."""


class MeanNamer:
    """Names queries by the nearest class mean; see `standing.Namer`."""

    def __init__(self, d: int, naming: Naming, same: float, means: Prototypes | None) -> None:
        """Start without references.

        same: the cosine from which two references are one picture. means: those of a large gallery,
        kept beside it.
        """
        self.naming, self._same = naming, same
        self._space = Space.of(naming.rule.space, naming.center)
        self._means = means or Prototypes.of(d)
        self._stand_ins: StandIns | None = None
        self._each = 0  # how many references of a name stand in
        self._given: Strangers | None = None
        self._touched: set[int] = set()

    def __len__(self) -> int:
        return len(self._means)

    def add(self, vectors: Vectors, ids: Ids, owners: Ids) -> None:
        """Let more references count, (n, d) of length 1."""
        placed = self._space.place(vectors)
        self._means.add(placed, owners)
        if self._stand_ins:
            self._touched |= set(owners.tolist())
            self._stand_in(vectors, placed, owners)

    def remove(self, owners: list[int]) -> None:
        """Take out all references of these owners."""
        self._means.remove(owners)
        if self._stand_ins:
            self._touched |= set(owners)
            self._stand_ins.remove(owners)

    def standing(self, query: Vectors, k: int) -> Standing:
        """Return the k best names for a query (d,) of length 1; ties stand in the order of ids."""
        found = self._means.scores(self._space.place(query[np.newaxis])[0])
        return standing_of(found, self._means.owners, k, self.naming.temperature)

    def votes(
        self, query: Vectors, owner: int, own: tuple[Ids, Vectors]
    ) -> list[tuple[int, float]]:
        """Return the part of each reference in the cosine to the mean; see `standing.Namer`."""
        placed = self._space.place(query[np.newaxis])[0]
        at = self._means.places([owner])
        parts = self._space.place(own[1]) @ placed / self._means.lengths[at]
        return most_first(own[0], parts)

    def held_out(self, owner: int, own: Vectors) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return how each reference stands without itself; see `standing.Namer`."""
        placed, means = self._space.place(own), self._means
        at = means.places([owner])
        found = np.asarray(placed @ means.sums.T / means.lengths, np.float32)
        dots = placed @ means.sums[at[0]]
        found[:, at] = NEVER
        return own_means(means.lengths[at], dots, means.counts[at]), found.max(axis=1)

    def friends(self, owner: int) -> set[int]:
        """Return who nearly shares a picture with one, as far as was looked up for `evidence`."""
        return self._stand_ins.friends.get(owner, set()) if self._stand_ins else set()

    def evidence(
        self, references: int, sample: Sample, friends: Pairs, strangers: Strangers
    ) -> Evidence:
        """Return what the gallery knows of strangers; see `standing.Namer`."""
        asked = self._up_to_date(sample, friends, strangers)
        given = asked.owners < 0
        return Evidence(
            names=len(self),
            references=references,
            stand_ins=asked.decisions[~given],
            owners=asked.owners[~given],
            strangers=asked.decisions[given],
            blocks=-1 - asked.owners[given],
            own=asked.own(),
            rivals=asked.rivals[~given],
            alone=float((self._means.counts == 1).mean()) if len(self) else 0.0,
        )

    def _up_to_date(self, sample: Sample, friends: Pairs, strangers: Strangers) -> StandIns:
        too_few = 4 * max(1, len(self)) * self._each <= MOST_STAND_INS
        if (
            self._stand_ins is None
            or self._given is not strangers
            or too_few
            or len(self._stand_ins) - len(strangers.blocks) > 1.5 * MOST_STAND_INS
        ):
            self._each = 1 << max(0, (MOST_STAND_INS // max(1, len(self))).bit_length() - 1)
            self._given = strangers
            self._stand_ins = StandIns(self._means, self._same)
            most = min(MOST_STAND_INS, max(1, MOST_COMPARED // max(1, len(self))))
            vectors, owners = sample(most, self._each)
            self._stand_in(vectors, self._space.place(vectors), owners)
            given = strangers.vectors
            self._stand_ins.add(given, self._space.place(given), -1 - strangers.blocks)
        self._stand_ins.update(self._touched, friends)
        self._touched = set()
        return self._stand_ins

    def _stand_in(self, vectors: Vectors, placed: Vectors, owners: Ids) -> None:
        """Let those of these references stand in whose name has not enough yet."""
        assert self._stand_ins is not None
        known, counts = np.unique(self._stand_ins.owners, return_counts=True)
        have = dict(zip(known.tolist(), counts.tolist(), strict=True))
        taken = []
        for row, owner in enumerate(owners.tolist()):
            have[owner] = have.get(owner, 0) + 1
            if have[owner] <= self._each:
                taken.append(row)
        self._stand_ins.add(vectors[taken], placed[taken], owners[taken])
