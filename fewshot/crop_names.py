"""Pictures come in; the files that their crops go to are named, no two alike."""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path, PurePosixPath

_LONGEST = 4096  # bytes of a path


class Names:
    """Which file below a folder belongs to which picture."""

    def __init__(self, out: Path, *, numbered: bool) -> None:
        self._out, self._numbered = out, numbered
        self.of: dict[str, tuple[str, ...]] = {}  # picture -> its files, written or about to be
        self._owners: dict[str, str] = {}
        self._numbers: dict[str, int] = {}  # folder -> the highest number given in it

    def take(self, source: str, files: tuple[str, ...]) -> None:
        """Give files to a picture."""
        if not files:
            return
        self.of[source] = files
        for file in files:
            self._owners[file] = source
            path = PurePosixPath(file)
            if self._numbered and path.stem.isdecimal() and len(path.stem) < 19:
                folder = str(path.parent)
                self._numbers[folder] = max(self._numbers.get(folder, 0), int(path.stem))

    def owner(self, file: str) -> str | None:
        """Return the picture that a file belongs to, if it is of ours."""
        return self._owners.get(file)

    def choose(self, source: str, number: int) -> tuple[str, ...]:
        """Return where so many crops of a picture go: those it has begun with, or free names."""
        begun = self.of.get(source, ())
        if len(begun) == number:
            return begun
        path = PurePosixPath(source)
        if self._numbered:
            return self._next_numbers(path, number)
        for stem in (path.stem, path.name, *(f"{path.name}-{n}" for n in range(2, 1000))):
            names = tuple(
                str(path.parent / (f"{stem}-{more + 1}.png" if more else f"{stem}.png"))
                for more in range(number)
            )
            if all(self._owners.get(name, source) == source for name in names):
                break
        return names

    def is_inside(self, file: str) -> bool:
        """Tell whether a file's folder lies below ours, whatever links there are on the way."""
        try:
            return (self._out / file).parent.resolve().is_relative_to(self._out.resolve())
        except (OSError, RuntimeError):  # links that lead in a circle
            return False

    def delete_all(self) -> None:
        """Delete all files that belong to pictures, and forget whose they were."""
        for file in self._owners:
            place = self._out / file
            if self.is_inside(file) and place.is_file() and not place.is_symlink():
                place.unlink()
        self.of, self._owners, self._numbers = {}, {}, {}

    def _next_numbers(self, path: PurePosixPath, number: int) -> tuple[str, ...]:
        found: list[str] = []
        for one in count(self._numbers.get(str(path.parent), 0) + 1):
            name = str(path.parent / f"{one:04}.png")
            if not os.path.lexists(self._out / name):
                found.append(name)
            if len(found) == number:
                return tuple(found)
        raise AssertionError("numbers do not end")


def given_names(source: str, files: tuple[str, ...]) -> tuple[str, ...]:
    """Return a picture's files as an account has them; raises ValueError for names never given.

    They are PNGs that lie where the picture lies.
    """
    where = PurePosixPath(source).parent
    for file in files:
        path = PurePosixPath(file)
        strange = path.is_absolute() or ".." in path.parts or "\0" in file
        if (
            strange
            or path.parent != where
            or path.suffix != ".png"
            or len(os.fsencode(file)) > 4096
        ):
            raise ValueError(f"no name of a crop: {file!r}")
    return files
