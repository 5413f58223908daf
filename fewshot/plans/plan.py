"""An experiment as a value: on which pictures, in which ways, beside which published figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from fewshot.backbones.choice import BackboneChoice
from fewshot.training.settings import Settings

REFUSE, DROP = "refuse", "drop from train"
LEAKS = (REFUSE, DROP)
"""What is done about pictures that stand among those to learn from and in a test."""


@dataclass(frozen=True, slots=True)
class Published:
    """A figure of the experiment that a plan is after."""

    test: str
    value: float  # in [0, 1]
    what: str  # "accuracy" ...
    n: int | None  # of how many pictures; None: not stated


@dataclass(frozen=True, slots=True)
class Candidate:
    """A backbone that a way can be gone with, and the training with it; None: from scratch.

    The choice leaves the size of the input to the settings.
    """

    choice: BackboneChoice | None
    settings: Settings

    def __str__(self) -> str:
        if self.choice is None:
            return "none"
        return self.choice.name + (f" to {self.choice.layer}" if self.choice.layer else "")


@dataclass(frozen=True, slots=True)
class Way:
    """One training of the experiment, with the backbones it can be gone with, the best first."""

    name: str
    title: str
    candidates: tuple[Candidate, ...]
    published: tuple[Published, ...]


@dataclass(frozen=True, slots=True)
class Test:
    """Pictures to be named: a folder of their own, or a share of each class.

    chooses_epoch: they also say which epoch is kept, and the figure is that of the best epoch.
    """

    __test__ = False  # not one of pytest's
    name: str
    folder: str | None
    share: float | None
    chooses_epoch: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """An experiment.

    after: what it follows. layout: what DIR looks like, for people. train: the folder to learn
    from, within DIR. names, classes: the classes, or how many; () and None: any. validation: the
    share of each class to learn from that chooses the epoch, where no test does. seed: draws the
    share that is tested on. table: whether every test picture is listed with its scores. drawn: how
    many of them are drawn.
    """

    name: str
    title: str
    after: str
    layout: tuple[str, ...]
    train: str
    tests: tuple[Test, ...]
    ways: tuple[Way, ...]
    names: tuple[str, ...] = ()
    classes: int | None = None
    leaks: str = REFUSE
    validation: float = 0.2
    seed: int = 0
    table: bool = False
    drawn: int = 0
    notes: tuple[str, ...] = ()

    def with_settings(self, **changes: Any) -> Plan:
        """Return the plan with these settings in all its ways: `plan.with_settings(epochs=1)`."""
        return self._with(
            lambda way: tuple(
                replace(one, settings=replace(one.settings, **changes)) for one in way.candidates
            )
        )

    def with_backbones(self, choices: Sequence[BackboneChoice]) -> Plan:
        """Return the plan with these backbones to try, in all its ways but those from scratch."""
        return self._with(
            lambda way: tuple(
                Candidate(choice, way.candidates[0].settings)
                for choice in (choices if way.candidates[0].choice else [None])
            )
        )

    def _with(self, candidates: Any) -> Plan:
        return replace(
            self, ways=tuple(replace(way, candidates=candidates(way)) for way in self.ways)
        )
