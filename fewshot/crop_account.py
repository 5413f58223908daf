"""What became of each picture that was cut is kept as it is done; who asks later knows it.

A file crops.jsonl: the first line says how pictures are cut. Then two lines a picture: which files
are about to be written, so that a process that is killed in between can be gone on with; and what
became of it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import IO, Any

from fewshot.crop_names import Names, given_names
from fewshot.errors import CannotWrite
from fewshot.written import remove_parts, written_whole

ACCOUNT = "crops.jsonl"
FORMAT = "fewshot-crops"
_NO_ACCOUNT = "it is no account of crops: name another folder, or move it away"
LARGEST = 256 << 20  # bytes of an account that is read


@dataclass(frozen=True, slots=True)
class CutSettings:
    """How pictures are cut.

    crop: see `Recognizer.create`. margin: what is added on each side of a face, as a share of its
    height. size: pixels a side of what is written; 0 leaves it as it is. names: "keep" or "number".
    all_faces: write every face of a picture, not only the largest. detectors: SHA-256 of each.
    """

    crop: str = "auto"
    margin: float = 0.1
    size: int = 96
    names: str = "keep"
    all_faces: bool = False
    detectors: tuple[str, ...] = ()


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
        self.names = Names(out, numbered=settings.names == "number")
        self._file: IO[str] | None = None

    @classmethod
    @contextmanager
    def opened(cls, out: Path, settings: CutSettings, *, anew: bool) -> Iterator[Account]:
        """Open the account in a folder, made where there is none; one process at a time.

        anew: forget what it says, and delete the files that it says were written.
        Raises CannotWrite, also where pictures were cut otherwise there.
        """
        from filelock import FileLock, Timeout

        account = cls(out, settings)
        try:
            out.mkdir(parents=True, exist_ok=True)
            with FileLock(out / f".{ACCOUNT}.lock", timeout=0):
                remove_parts(account._path)
                if os.path.lexists(account._path):
                    account._read(anew=anew)
                account._write_clean()
                with account._path.open("a", encoding="utf-8", errors="surrogateescape") as file:
                    account._file = file
                    yield account
        except Timeout as error:
            raise CannotWrite(out, "another process is cutting into it", "folder") from error
        except OSError as error:
            raise CannotWrite(out, (error.strerror or str(error)).lower(), "folder") from error

    def begin(self, source: str, files: tuple[str, ...]) -> None:
        """Write down which files are about to be written for a picture; it is on the disk then."""
        self.names.take(source, files)
        self._write({"source": source, "begun": list(files)})
        if self._file:
            os.fsync(self._file.fileno())

    def add(self, cut: Cut) -> None:
        """Write down what became of a picture."""
        self.done[cut.source] = cut
        self._write(asdict(cut))

    def missing(self) -> list[str]:
        """Return the pictures in which nothing was found, sorted."""
        return sorted(one.source for one in self.done.values() if one.missing)

    def _write(self, row: dict[str, Any]) -> None:
        if self._file:
            self._file.write(_line(row))
            self._file.flush()

    def _read(self, *, anew: bool) -> None:
        """Read what stands there; a last line that was not finished is dropped."""
        if not self._path.is_file() or self._path.stat().st_size > LARGEST:
            raise CannotWrite(
                self._path, "it is no account of crops: name another folder", "account"
            )
        made: dict[str, Any] = {}
        try:
            with self._path.open(encoding="utf-8", errors="surrogateescape") as file:
                for line in file:
                    if not made:
                        made = _head(line)
                    elif line.endswith("\n"):
                        self._read_line(json.loads(line))
            if not made:
                raise ValueError("it is empty")
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise CannotWrite(self._path, _NO_ACCOUNT, "account") from error
        if anew:
            self.names.delete_all()
            self.done = {}
            return
        self._refuse_others(made)
        self.done = {source: cut for source, cut in self.done.items() if cut.files or cut.missing}

    def _read_line(self, row: Mapping[str, Any]) -> None:
        if "begun" in row:
            source = _text(row["source"])
            self.names.take(source, given_names(source, tuple(map(_text, row["begun"]))))
            return
        cut = _cut_of(row)
        self.names.take(cut.source, cut.files)
        self.done[cut.source] = cut

    def _refuse_others(self, made: Mapping[str, Any]) -> None:
        ours = json.loads(json.dumps(asdict(self.settings)))
        for key, value in ours.items():
            if made.get(key) != value:
                said = f"{key} {made.get(key)}, not {value}"
                if key == "detectors":
                    said = "another detector, or another version of one"
                raise CannotWrite(
                    self._path.parent,
                    f"the crops there were made with {said}; name another folder, or do all anew "
                    "by --force",
                    "crops to",
                )

    def _write_clean(self) -> None:
        with written_whole(self._path, "account") as file:
            lines = [_line({"format": FORMAT, **asdict(self.settings)})]
            lines += [_line({"source": s, "begun": list(f)}) for s, f in self.names.of.items()]
            lines += [_line(asdict(cut)) for cut in self.done.values()]
            file.write("".join(lines).encode("utf-8", "surrogateescape"))


def _head(line: str) -> dict[str, Any]:
    made = json.loads(line)
    if made.pop("format") != FORMAT:
        raise ValueError("another format")
    return dict(made)


def _cut_of(row: Mapping[str, Any]) -> Cut:
    """Return what a line says became of a picture; raises ValueError, TypeError, KeyError."""
    parts = {one.name: row[one.name] for one in fields(Cut)}
    parts["source"] = _text(row["source"])
    if not isinstance(row["files"], list) or type(row["missing"]) is not bool:
        raise ValueError("files is a list, missing a truth value")
    parts["files"] = given_names(parts["source"], tuple(map(_text, row["files"])))
    for name in ("kind", "reason"):
        if row[name] is not None:
            _text(row[name])
    numbers = [row["found"], *(row["box"] or ()), *([row["score"]] if row["score"] else ())]
    if len(row) != len(parts) or not all(type(one) in (int, float) for one in numbers):
        raise ValueError("it says more than we know of, or a number is none")
    return Cut(**parts)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("a path is a text")
    value.encode("utf-8", "surrogateescape")  # else it could not be written down again
    return value


def _line(row: Mapping[str, object]) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"
