"""A plan and a folder come in; what is learned from and what is tested on goes out, leaks found."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fewshot.errors import NoImagesFound
from fewshot.plans.errors import WrongLayout
from fewshot.plans.plan import DROP, Plan, Test
from fewshot.training.errors import CannotTrain
from fewshot.training.examples import (
    Example,
    Examples,
    by_content,
    few_of,
    listed,
    split_examples,
)

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Gathered:
    """The pictures of an experiment.

    dropped: pairs of the same picture: one that was to be learned from, and one of a test.
    """

    folder: Path
    learn: tuple[Example, ...]
    tests: Mapping[str, tuple[Example, ...]]  # by the name of the test
    dropped: tuple[tuple[Example, Example], ...]
    notes: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The classes."""
        return Examples(self.learn, ()).names

    def shown(self, file: Path) -> str:
        """Return where a picture lies within the folder."""
        return os.path.relpath(file, self.folder).replace(os.sep, "/")


def gather(plan: Plan, folder: Path) -> Gathered:
    """List the pictures of a plan; raises WrongLayout where they are not laid out as it says."""
    notes: list[str] = []
    if not os.path.isdir(folder):
        raise _wrong(plan, folder, "there is no such folder")
    learn = _listed(plan, folder, plan.train, notes)
    share = plan.tests[0].share
    if share is not None:
        _check_classes(plan, folder, learn, at_least=3)
        halves = split_examples(learn, share, plan.seed, left=2)
        learn = list(by_content(halves.train))
        tests = {plan.tests[0].name: list(by_content(halves.validation))}
    else:
        tests = {one.name: _listed(plan, folder, one.folder or "", notes) for one in plan.tests}
    learn, dropped = _without_leaks(plan, folder, learn, tests)
    _check_classes(plan, folder, learn, at_least=1 if plan.tests[0].chooses_epoch else 2)
    for test in plan.tests:
        _check_test(plan, folder, test, {one.name for one in learn}, tests[test.name])
    found = {name: tuple(some) for name, some in tests.items()}
    return Gathered(folder, tuple(learn), found, tuple(dropped), tuple(notes))


def _listed(plan: Plan, folder: Path, inside: str, notes: list[str]) -> list[Example]:
    """List a folder of classes; a picture that stands twice in a class counts once."""
    place = folder / inside
    if not os.path.isdir(place):
        raise _wrong(plan, folder, f"it has no folder {inside}")
    try:
        return listed(place, notes)
    except (CannotTrain, NoImagesFound) as error:
        raise _wrong(plan, folder, str(error)) from error


def _without_leaks(
    plan: Plan, folder: Path, learn: list[Example], tests: Mapping[str, list[Example]]
) -> tuple[list[Example], list[tuple[Example, Example]]]:
    asked = {one.digest: one for some in tests.values() for one in some if one.digest}
    leaks = [(one, asked[one.digest]) for one in learn if one.digest in asked]
    if leaks and plan.leaks != DROP:
        pairs = ", ".join(f"{one.file} = {other.file}" for one, other in leaks[:_SHOWN])
        more = f" and {len(leaks) - _SHOWN} more" if len(leaks) > _SHOWN else ""
        raise _wrong(
            plan, folder,
            f"{len(leaks)} picture(s) to learn from stand in a test too ({pairs}{more}); take them "
            f'out of one, or let the plan say leaks = "{DROP}"',
        )  # fmt: skip
    return [one for one in learn if one.digest not in asked or not one.digest], leaks


def _check_classes(plan: Plan, folder: Path, some: Sequence[Example], at_least: int) -> None:
    counts = Counter(one.name for one in some)
    if plan.names and set(counts) != set(plan.names):
        wanted = ", ".join(plan.names)
        raise _wrong(plan, folder, f"the classes are to be {wanted}, not {few_of(counts)}")
    if len(counts) != (plan.classes or len(counts)):
        found = f"{len(counts)} ({few_of(counts)})"
        raise _wrong(plan, folder, f"there are to be {plan.classes} classes, not {found}")
    if len(counts) < 2:
        raise _wrong(plan, folder, f"there is one class only, {few_of(counts)}")
    if few := [name for name, count in counts.items() if count < at_least]:
        raise _wrong(plan, folder, f"{few_of(few)}: fewer than {at_least} pictures to learn from")


def _check_test(
    plan: Plan, folder: Path, test: Test, names: set[str], some: Sequence[Example]
) -> None:
    asked = {one.name for one in some}
    if missing := names - asked:
        raise _wrong(plan, folder, f"{few_of(missing)}: no picture in {test.folder or 'the test'}")
    if foreign := asked - names:
        raise _wrong(plan, folder, f"{few_of(foreign)}: in {test.folder} only, not in {plan.train}")


def _wrong(plan: Plan, folder: Path, reason: str) -> WrongLayout:
    return WrongLayout(folder, plan.name, reason, plan.layout)
