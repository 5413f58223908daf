"""Bytes come in; a file that is there whole, or as it was before, goes out."""

from __future__ import annotations

import glob
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from fewshot.errors import CannotWrite


@contextmanager
def written_whole(path: Path, what: str, *, private: bool = False) -> Iterator[IO[bytes]]:
    """Yield a file to write to, which takes its place when all of it is on the disk.

    what: what it is, for the error. private: readable by its owner only; else as the file that was
    there, or as new files are. Raises CannotWrite where the file system refuses; then, as after any
    other exception, what was there before still is.
    """
    part: Path | None = None
    try:
        handle, name = tempfile.mkstemp(prefix=f".{_short(path.name)}.", dir=path.absolute().parent)
        part = Path(name)
        with os.fdopen(handle, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if not private:
            part.chmod(_usual_mode(path))
        part.replace(path)
        _settle(path.absolute().parent)
    except OSError as error:
        raise CannotWrite(path, (error.strerror or str(error)).lower(), what) from error
    finally:
        if part is not None:
            with suppress(OSError):
                part.unlink()


def remove_parts(path: Path) -> None:
    """Delete what processes that were killed while they wrote this file left of it.

    The caller sees to it that nobody is writing it.
    """
    start = glob.escape(f".{_short(path.name)}.")
    with suppress(OSError, ValueError):
        for part in path.absolute().parent.glob(f"{start}????????"):
            part.unlink(missing_ok=True)


def _short(name: str) -> str:
    """Return so much of a name that with what is added no file system refuses it."""
    return os.fsdecode(os.fsencode(name)[:60]).encode("utf-8", "ignore").decode()


def _usual_mode(path: Path) -> int:
    try:
        return path.stat().st_mode & 0o777
    except OSError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask


def _settle(folder: Path) -> None:
    """Put the folder's entry on the disk, where the system lets a folder be opened."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
