"""What came of a plan, as a value: each way's figures in each test, and what could not be had."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fewshot.plans.gathering import Gathered
from fewshot.plans.plan import Candidate, Plan, Published, Way
from fewshot.shares import Share

if TYPE_CHECKING:  # it loads TensorFlow
    from fewshot.plans.judging import Judged


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """A way in one test. best: where the test chose the epoch, the best epoch's figure."""

    test: str
    judged: Judged
    best: Share | None

    @property
    def kept(self) -> Share:
        """The figure of the model that was kept."""
        return Share(self.judged.metrics.right, self.judged.metrics.n)

    @property
    def figure(self) -> Share:
        """The figure to hold beside the published one."""
        return self.best or self.kept

    @property
    def untrained(self) -> Share | None:
        """The figure of nearest class mean without training."""
        metrics = self.judged.metrics
        share = metrics.untrained
        return None if share is None else Share(round(share * metrics.n), metrics.n)


@dataclass(frozen=True, slots=True, eq=False)
class Gone:
    """A way that was gone."""

    candidate: Candidate
    model: Path
    sha256: str  # of the model file, hex
    learned: int  # pictures learned from
    held: int  # pictures that chose the epoch
    epochs: int
    scored: tuple[Scored, ...]
    refused: tuple[tuple[str, str], ...]  # pictures that could not be read, and why
    seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class WayOutcome:
    """A way; gone is None where no backbone of it could be had. missing: those that could not."""

    way: Way
    gone: Gone | None
    missing: tuple[str, ...]

    @property
    def replaced(self) -> bool:
        """Whether it was gone with another backbone than the experiment's."""
        return self.gone is not None and bool(self.missing)

    def published(self, test: str) -> tuple[Published, ...]:
        """Return the experiment's figures in a test."""
        return tuple(one for one in self.way.published if one.test == test)


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What came of a plan."""

    plan: Plan
    gathered: Gathered
    ways: tuple[WayOutcome, ...]

    @property
    def refused(self) -> dict[str, str]:
        """Pictures that could not be read, and why."""
        found: dict[str, str] = {}
        for one in self.ways:
            if one.gone:
                found |= {
                    self.gathered.shown(Path(path)): reason for path, reason in one.gone.refused
                }
        return found

    def largest(self, test: str) -> Share:
        """Return how often the largest class of a test would be right, said of every picture."""
        some = [one.name for one in self.gathered.tests[test]]
        return Share(max(some.count(name) for name in set(some)), len(some))
