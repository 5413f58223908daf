"""Folders of pictures come in; what to learn from and what to score on goes out, leaks refused."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fewshot.digest import file_digest
from fewshot.errors import AmbiguousFolder
from fewshot.folders import plan_enrollment
from fewshot.names import clean_name
from fewshot.training.errors import CannotTrain

SPLIT = 0.2
"""The share of each class that is scored on, where no folder for that is named."""

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Example:
    """A picture and what it shows."""

    file: Path
    name: str
    digest: str  # SHA-256 of the file, hex; "" where it cannot be read


@dataclass(frozen=True, slots=True)
class Examples:
    """What to learn from and what to score on, names in the order of the alphabet."""

    train: tuple[Example, ...]
    validation: tuple[Example, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The classes."""
        return tuple(sorted({one.name for one in self.train}))

    def labels(self, some: Sequence[Example]) -> NDArray[np.int64]:
        """Return the number of each one's class, (n,)."""
        places = {name: number for number, name in enumerate(self.names)}
        return np.array([places[one.name] for one in some], np.int64)

    @property
    def digest(self) -> str:
        """Return the digest of all pictures and their classes, whatever their paths, hex."""
        parts = [
            sorted((one.name, one.digest) for one in some) for some in (self.train, self.validation)
        ]
        return sha256(json.dumps(parts).encode()).hexdigest()

    def without(self, files: set[Path]) -> Examples:
        """Leave out pictures that could not be read."""
        return Examples(
            tuple(one for one in self.train if one.file not in files),
            tuple(one for one in self.validation if one.file not in files),
        )


def read_examples(
    folder: Path, validation: Path | None, *, split: float, seed: int
) -> tuple[Examples, list[str]]:
    """List a folder of classes, and another to score on, or split the first; notes go with it.

    split: the share of each class that is scored on where there is no such folder, in (0, 1).
    Raises CannotTrain, NoImagesFound.
    """
    notes: list[str] = []
    own = listed(folder, notes)
    if validation is None:
        _check_classes(str(folder), own)
        examples = split_examples(own, split, seed)
    else:
        examples = Examples(by_content(own), by_content(listed(validation, notes)))
        _refuse_leaks(examples, folder, validation)
    check(examples, str(folder))
    return examples, notes


def by_content(some: Sequence[Example]) -> tuple[Example, ...]:
    """Return them by class and content: neither paths nor the order of listing decide."""
    return tuple(sorted(some, key=lambda one: (one.name, one.digest)))


def check_loss(examples: Examples, loss: str) -> None:
    """Raise CannotTrain where a loss of two classes is to tell more apart."""
    if loss == "binary" and len(examples.names) != 2:
        raise CannotTrain(
            "these pictures",
            f"a binary loss tells two classes apart, there are {len(examples.names)}; leave --loss "
            "out",
        )


def check(examples: Examples, what: str) -> None:
    """Raise CannotTrain where a class is alone, has one picture, or stands on one side only."""
    _check_classes(what, examples.train, at_least=1 if examples.validation else 2)
    there = {one.name for one in examples.validation}
    if missing := sorted(set(examples.names) - there):
        raise CannotTrain(
            what,
            f"{few_of(missing)} {_has(missing)} no picture to validate on; put some into the "
            "validation folder, or take the class out of the other",
            missing,
        )
    if foreign := sorted(there - set(examples.names)):
        raise CannotTrain(
            what, f"{few_of(foreign)} {_has(foreign)} pictures to validate on, none to learn from",
            foreign,
        )  # fmt: skip


def listed(folder: Path, notes: list[str]) -> list[Example]:
    """List a folder of classes; a picture that stands twice in a class counts once.

    Raises CannotTrain for one in two classes, or a folder without classes, NoImagesFound.
    """
    try:
        plan = plan_enrollment(folder, None)
    except AmbiguousFolder as error:
        reason = "it has no sub-folders, each of which would be a class"
        raise CannotTrain(str(folder), reason) from error
    notes += plan.notes
    found: dict[str, Example] = {}
    without_digest = []
    for name, file in plan.pictures:
        try:
            one = Example(file, clean_name(name), file_digest(file))
        except OSError:
            without_digest.append(Example(file, clean_name(name), ""))  # named when it is decoded
            continue
        other = found.setdefault(one.digest, one)
        if other.name != one.name:
            raise CannotTrain(
                str(folder),
                f"{other.file} and {one.file} are the same picture in two classes; take one out",
                (str(other.file), str(one.file)),
            )
        if other is not one:
            notes.append(f"{one.file} is {other.file.name} once more: passed over")
    return [*found.values(), *without_digest]


def _check_classes(what: str, some: Sequence[Example], *, at_least: int = 2) -> None:
    counts: dict[str, int] = {}
    for one in some:
        counts[one.name] = counts.get(one.name, 0) + 1
    if len(counts) < 2:
        only = next(iter(counts), "none")
        raise CannotTrain(
            what, f"there is one class only, {only}; training tells classes apart: add another"
        )
    if few := sorted(name for name, count in counts.items() if count < at_least):
        raise CannotTrain(
            what,
            f"{few_of(few)} {_has(few)} one picture only; a class takes two and more, one to learn "
            "from and one to validate on (`fewshot enroll` does with one)",
            few,
        )


def _refuse_leaks(examples: Examples, folder: Path, validation: Path) -> None:
    known = {one.digest: one.file for one in examples.train if one.digest}
    both = [
        f"{known[one.digest]} = {one.file}" for one in examples.validation if one.digest in known
    ]
    if both:
        listed = ", ".join(both[:_SHOWN])
        more = f" and {len(both) - _SHOWN} more" if len(both) > _SHOWN else ""
        raise CannotTrain(
            str(folder),
            f"{len(both)} picture(s) stand in {validation} too, so the validation would be of what "
            f"was learned by heart; take them out of one: {listed}{more}",
            both,
        )


def split_examples(own: Sequence[Example], share: float, seed: int, *, left: int = 1) -> Examples:
    """Part each class by a draw, one picture at least on each side; raises CannotTrain.

    left: how many of a class are to be left to learn from, at least.
    """
    if not 0.0 < share < 1.0:
        raise CannotTrain("this", f"a split lies between 0 and 1, not {share}")
    rng = np.random.default_rng(seed)
    train: list[Example] = []
    validation: list[Example] = []
    for name in sorted({one.name for one in own}):
        # by content, so that neither paths nor the order of listing decide
        some = sorted((one for one in own if one.name == name), key=lambda one: one.digest)
        some = [some[at] for at in rng.permutation(len(some))]
        held = min(len(some) - left, max(1, round(share * len(some))))
        validation += some[:held]
        train += some[held:]
    return Examples(tuple(train), tuple(validation))


def few_of(names: Iterable[str]) -> str:
    """Return the first names of some by the alphabet, and how many more there are."""
    some = sorted(names)
    return ", ".join(some[:3]) + (f" and {len(some) - 3} more" if len(some) > 3 else "")


def _has(names: Sequence[str]) -> str:
    return "has" if len(names) == 1 else "have"
