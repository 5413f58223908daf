"""The path of a gallery comes in; what is planted beside it for SQLite to act on is refused."""

from __future__ import annotations

import os
from pathlib import Path

from fewshot.errors import GalleryDamaged, GalleryUnavailable
from fewshot.ordinary import open_ordinary

_JOURNAL_MAGIC = bytes.fromhex("d9d505f920a163d7")  # sqlite.org/fileformat: super-journal


def refuse_strange_journal(path: Path) -> None:
    """Raise for a rollback journal that names a journal above it: SQLite would delete that file.

    One of ours never does, for a gallery is never written together with another database.
    """
    journal = path.with_name(path.name + "-journal")
    try:
        with open_ordinary(journal) as file:
            file.seek(-min(len(_JOURNAL_MAGIC), file.seek(0, os.SEEK_END)), os.SEEK_END)
            if file.read() == _JOURNAL_MAGIC:
                raise GalleryDamaged(path, f"{journal.name} beside it was not made by fewshot")
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        reason = f"{journal.name} beside it: {(error.strerror or str(error)).lower()}"
        raise GalleryUnavailable(path, reason) from error
