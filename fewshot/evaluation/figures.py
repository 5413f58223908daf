"""Counts come in; figures with their 95 % intervals go out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from fewshot.evaluation.bootstrap import Bootstrap, Estimate
from fewshot.evaluation.episodes import GIVEN, Setting
from fewshot.evaluation.intervals import (
    calibration_error,
    difference_over_names,
    over_names,
    over_pairs,
)
from fewshot.evaluation.methods import Method
from fewshot.evaluation.tally import StrangerTally, Tally, shares
from fewshot.shares import Share

MOST_CONFUSED = 100


@dataclass(frozen=True, slots=True, eq=False)
class OpenFigures:
    """What became of strangers, and of the known among them."""

    strangers: int
    names: int  # whose these are
    auroc: Estimate
    oscr: Estimate
    known_at_rate: Estimate  # rightly named, at the best bar in hindsight
    false_names: Estimate | None  # strangers that got a name; None: all do
    rightly_named: Estimate | None  # of the known, by the same decision

    def to_mapping(self) -> dict[str, Any]:
        """Return them ready for JSON."""
        return {
            "strangers": self.strangers,
            "names": self.names,
            "auroc": self.auroc.to_mapping(),
            "oscr": self.oscr.to_mapping(),
            "known_at_rate": self.known_at_rate.to_mapping(),
            "false_names": self.false_names and self.false_names.to_mapping(),
            "rightly_named": self.rightly_named and self.rightly_named.to_mapping(),
        }


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """The figures of one contender with one backbone in one setting."""

    setting: Setting
    backbone: str
    stamp: str | None  # what is to be known of the backbone on these pictures
    method: Method
    ways: int  # names competing
    episodes: int
    classes: int  # names that were asked about
    n: int  # answers, of known queries that are not leaked
    pictures: int  # that these were about
    tally: Tally
    accuracy: Estimate  # balanced over names
    with_leaks: Estimate | None  # the same with what is leaked; None where nothing is
    plain: Share | None  # of one given test: how many pictures are right
    plain_with_leaks: Share | None
    difference: Estimate | None  # less the baseline, paired; None where there is none
    beside: str | None  # the backbone of that baseline
    top5: Estimate | None  # None where there are five names and fewer
    macro_f1: Estimate
    calibration_error: Estimate | None
    strangers: OpenFigures | None

    @property
    def chance(self) -> float:
        """The accuracy of guessing."""
        return 1.0 / self.ways

    def __repr__(self) -> str:
        setting = self.setting
        return (
            f"<{self.method.title}, {self.backbone}, {setting.protocol}, shots {setting.shots}: "
            f"accuracy {self.accuracy.said()}, chance {self.chance:.3f}>"
        )

    def to_mapping(self, names: tuple[str, ...]) -> dict[str, Any]:
        """Return them ready for JSON."""
        return {
            "protocol": self.setting.protocol,
            "view": self.setting.view,
            "ways": self.ways,
            "shots": self.setting.shots,
            "episodes": self.episodes,
            "chance": round(self.chance, 6),
            "backbone": self.backbone,
            "stamp": self.stamp,
            "contender": self.method.name,
            "title": self.method.title,
            "trained": self.method.trained,
            "n": self.n,
            "pictures": self.pictures,
            "classes": self.classes,
            "leaked": self.tally.leaked,
            "accuracy": self.accuracy.to_mapping(),
            "with_leaks": self.with_leaks and self.with_leaks.to_mapping(),
            "plain": self.plain and self.plain.to_mapping(),
            "plain_with_leaks": self.plain_with_leaks and self.plain_with_leaks.to_mapping(),
            "difference": self.difference and self.difference.to_mapping(),
            "difference_from": self.beside,
            "top5": self.top5 and self.top5.to_mapping(),
            "macro_f1": self.macro_f1.to_mapping(),
            "ece": self.calibration_error and self.calibration_error.to_mapping(),
            "confused": _confused(self.tally, names),
            "open": self.strangers and self.strangers.to_mapping(),
        }


def figures_of(
    setting: Setting,
    backbone: str,
    stamp: str | None,
    method: Method,
    ways: int,
    counted: Tally,
    strangers: StrangerTally | None,
    baseline: tuple[str, Tally] | None,
    draws: Bootstrap,
    *,
    rejects: bool,
    pictures: int,
) -> Result | None:
    """Return the figures of a contender; None where all queries are leaked.

    baseline: what it is held beside, in the same episodes: its backbone and counts. rejects:
    whether it can say "nobody". pictures: how many the queries are about.
    """
    if not counted.asked.any():
        return None
    leaks = shares(counted.right_with_leaks, counted.asked_with_leaks)
    n, asked_with_leaks = int(counted.asked.sum()), int(counted.asked_with_leaks.sum())
    one_test = setting.protocol == GIVEN
    return Result(
        setting,
        backbone,
        stamp,
        method,
        ways,
        setting.episodes,
        int((counted.asked > 0).sum()),
        n,
        pictures,
        counted,
        over_names(draws, counted.accuracies, pictures),
        over_names(draws, leaks, pictures) if counted.leaked else None,
        Share(int(counted.right.sum()), n) if one_test else None,
        Share(int(counted.right_with_leaks.sum()), asked_with_leaks)
        if one_test and counted.leaked
        else None,
        None
        if baseline is None
        else difference_over_names(draws, counted.accuracies, baseline[1].accuracies, pictures),
        None if baseline is None else baseline[0],
        over_names(draws, shares(counted.in_top, counted.asked), pictures) if ways > 5 else None,
        over_names(draws, counted.f1, pictures),
        calibration_error(draws, counted.gaps, counted.told),
        None if strangers is None else _open(strangers, draws, pictures, rejects=rejects),
    )


def _open(found: StrangerTally, draws: Bootstrap, pictures: int, *, rejects: bool) -> OpenFigures:
    fewest = min(pictures, found.strangers)
    return OpenFigures(
        found.strangers,
        found.names,
        over_pairs(draws, found.above, fewest),
        over_pairs(draws, found.right_above, fewest),
        over_names(draws, found.known_at_rate, pictures),
        over_names(draws, found.false_names, found.strangers) if rejects else None,
        over_names(draws, found.rightly_named, pictures) if rejects else None,
    )


def _confused(counted: Tally, names: tuple[str, ...]) -> list[list[str | int]]:
    """Return who was taken for whom, and how often, the most frequent first."""
    wrong = counted.confused[counted.confused[:, 0] != counted.confused[:, 1]]
    order = np.argsort(-wrong[:, 2], kind="stable")[:MOST_CONFUSED]
    return [[names[truth], names[answer], times] for truth, answer, times in wrong[order].tolist()]
