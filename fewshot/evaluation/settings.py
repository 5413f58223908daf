"""What is to be measured comes in; the settings that contenders are asked in go out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fewshot.evaluation.color_views import VIEWS
from fewshot.evaluation.episodes import (
    ALL,
    GIVEN,
    GROWTH,
    OPEN,
    PROTOCOLS,
    QUERIES,
    SOME,
    Setting,
    growing_sizes,
)
from fewshot.evaluation.errors import CannotEvaluate
from fewshot.evaluation.samples import Samples
from fewshot.risk import RATE, Risk

SHOTS = (1, 5, 10)
WAYS = 5
USUAL = 5
"""Shots, at most, where one number of them is asked about."""

DRAWS, FEW_DRAWS, MANY_DRAWS, GROWING_DRAWS = 20, 5, 100, 10
"""Draws of all names; the same where something takes TensorFlow; of some names; of a growing
gallery."""

SHORT = {
    "all": ALL, "episodes": SOME, "given": GIVEN, "open": OPEN, "growth": GROWTH,
    "queries": QUERIES,
}  # fmt: skip
"""Protocols as they are typed."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be measured; None takes what is usual.

    protocols: names of SHORT. shots: pictures enrolled a name. ways: names competing in episodes.
    queries: pictures asked a name and draw, at most. rate: of false names, in [1e-6, 0.5].
    """

    protocols: tuple[str, ...] | None = None
    shots: tuple[int, ...] | None = None
    ways: int | None = None
    queries: int | None = None
    episodes: int | None = None
    rate: float = RATE
    seed: int = 0

    def __post_init__(self) -> None:
        for name in self.protocols or ():
            if name not in SHORT:
                raise CannotEvaluate(f"protocol {name}", f"there is {', '.join(SHORT)}")
        for what, value in (
            *(("shots", one) for one in self.shots or ()),
            ("queries", self.queries), ("episodes", self.episodes),
        ):  # fmt: skip
            if value is not None and not 1 <= value <= 100_000:
                raise CannotEvaluate(f"{what} {value}", "it is a number from 1 to 100,000")
        if self.ways is not None and not 2 <= self.ways <= 100_000:
            raise CannotEvaluate(f"ways {self.ways}", "it takes 2 names to tell apart")
        if not 0 <= self.seed < 2**31 - 100_000:
            raise CannotEvaluate(f"seed {self.seed}", "it is a number from 0 to about 2 billion")
        Risk(self.rate)


def settings_for(samples: Samples, wish: Wish, *, slow: bool) -> list[Setting]:
    """Return the settings, those that can be compared side by side.

    slow: whether a contender takes TensorFlow. Raises CannotEvaluate where a protocol asked for
    does not go with the pictures.
    """
    apart = samples.test is not None or not bool((samples.enrolls & samples.asks).any())
    draws = wish.episodes or (FEW_DRAWS if slow else DRAWS)
    found: list[Setting] = []
    protocols = _protocols(wish, apart=apart)
    if wish.ways is not None and SOME not in protocols:
        raise CannotEvaluate(f"ways {wish.ways}", "it goes with the protocol episodes")
    if protocols == [GIVEN]:
        for what in ("shots", "queries", "episodes"):
            if (value := getattr(wish, what)) is not None:
                said = ", ".join(map(str, value)) if what == "shots" else value
                raise CannotEvaluate(f"{what} {said}", "the protocol given takes all there is")
    for protocol in protocols:
        shots = wish.shots or usual_shots(samples, apart=apart)
        usual = max((one for one in shots if one <= USUAL), default=min(shots))
        if protocol == GIVEN:
            if not apart:
                raise CannotEvaluate("protocol given", "it takes a folder to test on: --test")
            found.append(Setting(GIVEN, None, episodes=1))
        elif protocol in (ALL, QUERIES):
            views = VIEWS if protocol == QUERIES else ("color",)
            for each in shots if protocol == ALL else (usual,):
                found += [Setting(protocol, each, None, draws, wish.queries, one) for one in views]
        elif protocol == SOME:
            ways = wish.ways or min(WAYS, len(np.unique(samples.labels[samples.enrolls])))
            many = wish.episodes or (FEW_DRAWS if slow else MANY_DRAWS)
            found += [Setting(SOME, each, ways, many, wish.queries or 15) for each in shots]
        elif protocol == OPEN:
            found.append(Setting(OPEN, usual, None, draws, wish.queries))
        elif protocol == GROWTH:
            many, each = wish.episodes or GROWING_DRAWS, wish.queries or 5
            sizes = growing_sizes(samples, usual) or [len(samples.names)]  # then it says why not
            found += [Setting(GROWTH, usual, size, many, each) for size in sizes]
    return found


def usual_shots(samples: Samples, *, apart: bool) -> tuple[int, ...]:
    """Return 1, 5 and 10, less where three quarters of the names have not that many and a query.

    apart: whether queries come from elsewhere, so that all pictures can be enrolled.
    """
    counts = np.bincount(samples.labels[samples.enrolls])
    counts = counts[counts > 0]  # others are strangers
    most = max(1, int(np.quantile(counts, 0.25, method="lower")) - (not apart))
    return tuple(sorted({min(one, most) for one in SHOTS}))


def _protocols(wish: Wish, *, apart: bool) -> list[str]:
    if wish.protocols:
        return [one for one in PROTOCOLS if one in {SHORT[name] for name in wish.protocols}]
    if apart:
        return [ALL] if wish.shots else [GIVEN]
    return [SOME] if wish.ways else [ALL, OPEN]
