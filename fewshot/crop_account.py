"""What became of each picture that was cut is kept as it is done; who asks later knows it.

A file crops.jsonl: the first line says how pictures are cut, each other one what became of one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from fewshot.errors import CannotWrite
from fewshot.written import written_whole

ACCOUNT = "crops.jsonl"
FORMAT = "fewshot-crops"
LARGEST = 512 << 20  # bytes of an account that is read


@dataclass(frozen=True, slots=True)
class CutSettings:
    """How pictures are cut.

    crop: see `Recognizer.create`. margin: what is added on each side of a face, as a share of its
    height. size: pixels a side of what is written; 0 leaves it as it is. names: "keep" or "number".
    all_faces: write every face of a picture, not only the largest.
    """

    crop: str = "auto"
    margin: float = 0.1
    size: int = 96
    names: str = "keep"
    all_faces: bool = False


@dataclass(frozen=True, slots=True)
class Cut:
    """What became of one picture."""

    source: str  # below the folder that is read
    files: tuple[str, ...] = ()  # what was written, below the folder that is written
    kind: str | None = None
    score: float | None = None
    box: tuple[int, ...] | None = None  # of the first, in pixels of the whole upright picture
    found: int = 0  # how many faces
    missing: bool = False  # nothing was found in it
    reason: str | None = None  # why nothing was written


class Account:
    """The account of one folder of crops."""

    def __init__(self, out: Path, settings: CutSettings) -> None:
        self.settings, self._path = settings, out / ACCOUNT
        self.done: dict[str, Cut] = {}
        self._owners: dict[str, str] = {}  # file -> source
        self._numbers: dict[str, int] = {}  # folder -> the highest number in it
        self._file: IO[str] | None = None

    @classmethod
    @contextmanager
    def opened(cls, out: Path, settings: CutSettings, *, anew: bool) -> Iterator[Account]:
        """Open the account in a folder, made where there is none.

        anew: forget what it says. Raises CannotWrite, also where pictures were cut otherwise there.
        """
        account = cls(out, settings)
        try:
            out.mkdir(parents=True, exist_ok=True)
            if not anew:
                account._read()
            account._write_clean()
            with account._path.open("a", encoding="utf-8", errors="surrogateescape") as file:
                account._file = file
                yield account
        except OSError as error:
            raise CannotWrite(out, (error.strerror or str(error)).lower(), "folder") from error

    def add(self, cut: Cut) -> None:
        """Write down what became of a picture."""
        self._take(cut)
        if self._file:
            self._file.write(_line(asdict(cut)))
            self._file.flush()

    def missing(self) -> list[str]:
        """Return the pictures in which nothing was found, sorted."""
        return sorted(one.source for one in self.done.values() if one.missing)

    def names_for(self, source: str, count: int) -> tuple[str, ...]:
        """Return where so many crops of a picture go: paths below the folder that is written."""
        path = PurePosixPath(source)
        if self.settings.names == "number":
            number = self._numbers.get(str(path.parent), 0) + 1
            stems = [f"{number + more:04}" for more in range(count)]
        else:
            taken = self._owners.get(str(path.with_suffix(".png")), source) != source
            stem = path.name if taken else path.stem
            stems = [stem if not more else f"{stem}-{more + 1}" for more in range(count)]
        return tuple(str(path.parent / f"{stem}.png") for stem in stems)

    def _take(self, cut: Cut) -> None:
        self.done[cut.source] = cut
        for file in cut.files:
            self._owners[file] = cut.source
            path = PurePosixPath(file)
            if path.stem.isdecimal():
                folder = str(path.parent)
                self._numbers[folder] = max(self._numbers.get(folder, 0), int(path.stem))

    def _read(self) -> None:
        """Read what stands there; a last line that was not finished is dropped."""
        if not self._path.is_file():
            return
        if self._path.stat().st_size > LARGEST:
            raise CannotWrite(self._path, "it is too large for an account of crops", "account")
        text = self._path.read_text(encoding="utf-8", errors="surrogateescape")
        head, *lines = text.split("\n")
        try:
            about = json.loads(head)
            if about.pop("format") != FORMAT:
                raise ValueError("another format")
            made = CutSettings(**about)
            for line in lines[:-1]:
                row = json.loads(line)
                row["files"] = tuple(row["files"])
                self._take(Cut(**row))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            reason = "it is no account of crops; name another folder, or take --force"
            raise CannotWrite(self._path, reason, "account") from error
        self._refuse_others(made)
        self.done = {source: cut for source, cut in self.done.items() if cut.files or cut.missing}

    def _refuse_others(self, made: CutSettings) -> None:
        ours, theirs = asdict(self.settings), asdict(made)
        for key, value in theirs.items():
            if ours[key] != value:
                raise CannotWrite(
                    self._path.parent,
                    f"the crops there were made with {key} {value}, not {ours[key]}; name another "
                    "folder, or do all anew by --force",
                    "crops to",
                )

    def _write_clean(self) -> None:
        with written_whole(self._path, "account") as file:
            lines = [_line({"format": FORMAT, **asdict(self.settings)})]
            lines += [_line(asdict(cut)) for cut in self.done.values()]
            file.write("".join(lines).encode("utf-8", "surrogateescape"))


def _line(row: dict[str, object]) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"
