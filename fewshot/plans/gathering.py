"""A plan and a folder come in; what is learned from and what is tested on goes out, leaks found."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fewshot.errors import NoImagesFound
from fewshot.plans.errors import WrongLayout
from fewshot.plans.plan import DROP, Plan, Test
from fewshot.training.errors import CannotTrain
from fewshot.training.examples import Example, Examples, listed

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
        learn, asked = _split(learn, share, plan.seed)
        tests = {plan.tests[0].name: asked}
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


def _split(own: Sequence[Example], share: float, seed: int) -> tuple[list[Example], list[Example]]:
    """Part each class by a draw; two pictures of each at least are left to learn from."""
    rng = np.random.default_rng(seed)
    learn, asked = [], []
    for name in sorted({one.name for one in own}):
        some = sorted((one for one in own if one.name == name), key=lambda one: one.digest)
        drawn = {int(at) for at in rng.permutation(len(some))[: _held(len(some), share)]}
        learn += [one for at, one in enumerate(some) if at not in drawn]
        asked += [one for at, one in enumerate(some) if at in drawn]
    return learn, asked


def _held(n: int, share: float) -> int:
    return min(n - 2, max(1, round(share * n)))


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
        raise _wrong(plan, folder, f"the classes are to be {wanted}, not {_few(counts)}")
    if len(counts) != (plan.classes or len(counts)):
        found = f"{len(counts)} ({_few(counts)})"
        raise _wrong(plan, folder, f"there are to be {plan.classes} classes, not {found}")
    if len(counts) < 2:
        raise _wrong(plan, folder, f"there is one class only, {_few(counts)}")
    if few := [name for name, count in counts.items() if count < at_least]:
        raise _wrong(plan, folder, f"{_few(few)}: fewer than {at_least} pictures to learn from")


def _check_test(
    plan: Plan, folder: Path, test: Test, names: set[str], some: Sequence[Example]
) -> None:
    asked = {one.name for one in some}
    if missing := names - asked:
        raise _wrong(plan, folder, f"{_few(missing)}: no picture in {test.folder or 'the test'}")
    if foreign := asked - names:
        raise _wrong(plan, folder, f"{_few(foreign)}: in {test.folder} only, not in {plan.train}")


def _few(names: Iterable[str]) -> str:
    listed = sorted(names)
    return ", ".join(listed[:3]) + (f" and {len(listed) - 3} more" if len(listed) > 3 else "")


def _wrong(plan: Plan, folder: Path, reason: str) -> WrongLayout:
    return WrongLayout(folder, plan.name, reason, plan.layout)
