"""Folders of pictures, or vectors with labels, come in; what may be enrolled and asked goes out."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewshot.digest import file_digest
from fewshot.errors import AmbiguousFolder
from fewshot.evaluation.errors import CannotEvaluate
from fewshot.folders import plan_enrollment
from fewshot.names import clean_name
from fewshot.training.examples import few_of

Labels = NDArray[np.int64]
Mask = NDArray[np.bool_]

_OF_IMAGENET = re.compile(r"^(ILSVRC2012_|n\d{8}(_|$))")
_CALLED_SO = re.compile(r"imagenet", re.IGNORECASE)


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Pictures (or vectors) with their names, ordered by name and content."""

    names: tuple[str, ...]
    labels: Labels  # (n,) the number of each one's name
    enrolls: Mask  # (n,) whether it may be enrolled
    asks: Mask  # (n,) whether it may be asked about
    digests: tuple[str, ...]  # SHA-256 of each file, or of each vector, hex
    files: tuple[Path, ...] = ()  # none where vectors were given
    folder: Path | None = None
    test: Path | None = None  # where those asked about lie, if elsewhere
    notes: tuple[str, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def digest(self) -> str:
        """The digest of all contents, names and sides, whatever the paths, hex."""
        whole = sha256()
        rows = zip(self.labels.tolist(), self.digests, self.enrolls, self.asks, strict=True)
        for label, digest, enrolls, asks in rows:
            whole.update(f"{self.names[label]}\0{digest}\0{enrolls}{asks}\n".encode())
        return whole.hexdigest()

    @property
    def from_imagenet(self) -> bool:
        """Whether the names of folders or files say that the pictures are of ImageNet."""
        if all(_OF_IMAGENET.match(one) for one in self.names):
            return True
        folders = {
            part
            for place in (self.folder, self.test)
            if place
            for part in place.resolve().parts[-2:]
        }
        return any(_CALLED_SO.search(one) for one in folders) or (
            bool(self.files) and all(_OF_IMAGENET.match(one.name) for one in self.files)
        )

    def shown(self, place: int) -> str:
        """Say where a picture lies, within its folder; of vectors, which it is."""
        if not self.files:
            return f"vector {self.digests[place][:12]}"
        file = self.files[place]
        for root in (self.folder, self.test):
            if root is not None and file.is_relative_to(root):
                inside = file.relative_to(root).as_posix()
                if self.test is None or self.folder is None:
                    return inside
                alike = self.folder.name == self.test.name
                return f"{root if alike else root.name}/{inside}"
        return str(file)

    def only(self, kept: Mask) -> Samples:
        """Return some of them, (n,); names that are left with none are gone."""
        left = np.unique(self.labels[kept])
        return replace(
            self,
            names=tuple(self.names[one] for one in left),
            labels=np.searchsorted(left, self.labels[kept]),
            enrolls=self.enrolls[kept],
            asks=self.asks[kept],
            digests=tuple(one for one, keep in zip(self.digests, kept, strict=True) if keep),
            files=tuple(one for one, keep in zip(self.files, kept, strict=True) if keep)
            if self.files
            else (),
        )


def read_samples(folder: Path, test: Path | None = None) -> Samples:
    """List a folder in which each sub-folder is a name; what is asked about may lie in another.

    Raises CannotEvaluate where there are fewer than two names, or no name is in both folders;
    NoImagesFound.
    """
    notes: list[str] = []
    rows = [
        (name, digest, file, True, test is None) for name, digest, file in _listed(folder, notes)
    ]
    if test is not None:
        rows += [(name, digest, file, False, True) for name, digest, file in _listed(test, notes)]
    rows.sort(key=lambda row: (row[0], row[1], row[3], str(row[2])))
    names = sorted({row[0] for row in rows})
    number = {name: at for at, name in enumerate(names)}
    samples = Samples(
        tuple(names),
        np.array([number[row[0]] for row in rows], np.int64),
        np.array([row[3] for row in rows], np.bool_),
        np.array([row[4] for row in rows], np.bool_),
        tuple(row[1] for row in rows),
        tuple(row[2] for row in rows),
        folder,
        test,
        tuple(notes),
    )
    return checked(samples, str(folder))


def vector_samples(
    vectors: NDArray[Any], y: Sequence[Any], test: tuple[NDArray[Any], Sequence[Any]] | None = None
) -> tuple[Samples, NDArray[np.float32]]:
    """Take vectors (n, d) and whose each is; return them with the samples, in their order.

    test: others to ask about. Raises ValueError for other shapes or numbers that are not finite.
    """
    sides = [(vectors, y, True, test is None)]
    if test is not None:
        sides.append((*test, False, True))
    rows: list[tuple[str, str, bool, bool]] = []
    given: list[NDArray[np.float32]] = []
    for some, names_of, enrolls, asks in sides:
        array, whose = np.asarray(some, np.float32), np.asarray(names_of)
        flat = whose.ndim == 1 and not any(one is None for one in whose.tolist())
        if array.ndim == 2 and not np.isfinite(array).all():
            raise ValueError("vectors hold numbers that are not finite (NaN, infinity)")
        if array.ndim != 2 or len(array) != len(whose) or not flat:
            raise ValueError(
                "vectors are (n, d) numbers, with a label each; "
                f"got {array.shape} and labels {whose.shape}"
            )
        given.append(array)
        for row, label in zip(array, whose.tolist(), strict=True):
            rows.append((str(label), sha256(row.tobytes()).hexdigest(), enrolls, asks))
    if len({one.shape[1] for one in given}) != 1:
        raise ValueError("the vectors to ask about have another length")
    order = sorted(range(len(rows)), key=lambda at: (rows[at][0], rows[at][1], rows[at][2]))
    rows = [rows[at] for at in order]
    names = sorted({row[0] for row in rows})
    samples = Samples(
        tuple(names),
        np.array([names.index(row[0]) for row in rows], np.int64),
        np.array([row[2] for row in rows], np.bool_),
        np.array([row[3] for row in rows], np.bool_),
        tuple(row[1] for row in rows),
    )
    return checked(samples, "these vectors"), np.concatenate(given)[order]


def checked(samples: Samples, what: str) -> Samples:
    """Say which names are only enrolled, or only asked about; raises CannotEvaluate below two.

    The former compete with the others; the latter are strangers.
    """
    n = len(samples.names)
    enrolled = np.bincount(samples.labels[samples.enrolls], minlength=n) > 0
    asked = np.bincount(samples.labels[samples.asks], minlength=n) > 0
    if enrolled.sum() < 2 or not (enrolled & asked).any():
        names, both = int(enrolled.sum()), int((enrolled & asked).sum())
        if names < 2:
            raise CannotEvaluate(what, f"there is {names} name to enroll; two names are needed")
        raise CannotEvaluate(what, f"of {names} names to enroll {both} are asked about")
    notes = list(samples.notes)
    for some, told in ((enrolled & ~asked, "enrolled only"), (asked & ~enrolled, "strangers")):
        if some.any():
            out = [name for name, told_of in zip(samples.names, some, strict=True) if told_of]
            notes.append(f"{few_of(out)}: {told}")
    return replace(samples, notes=tuple(dict.fromkeys(notes)))


def _listed(folder: Path, notes: list[str]) -> list[tuple[str, str, Path]]:
    try:
        plan = plan_enrollment(folder, None)
    except AmbiguousFolder as error:
        raise CannotEvaluate(
            str(folder), "it has no sub-folders, each of which would be a name"
        ) from error
    notes += plan.notes
    found, closed = [], []
    for name, file in plan.pictures:
        try:
            found.append((clean_name(name), file_digest(file), file))
        except OSError:
            closed.append(os.fspath(file))
    if closed:
        notes.append(f"{few_of(closed)}: cannot be read, and left out")
    return found
