"""The half of the door that needs no embedding: who is enrolled, and what was done. Light."""

from __future__ import annotations

from pathlib import Path

from fewshot import changes
from fewshot.operations import history
from fewshot.records import Forgotten, Identity, Operation, Reference
from fewshot.store import Store


class Bookkeeping:
    """Lists, renames, forgets and undoes in one gallery file."""

    def __init__(self, store: Store) -> None:
        if not isinstance(store, Store):
            raise TypeError("use Recognizer.create(path), or Recognizer.open(path)")
        self._store = store

    @property
    def path(self) -> Path:
        """The gallery file."""
        return self._store.path

    def close(self) -> None:
        """Close the gallery file."""
        self._store.close()

    def identities(self) -> list[Identity]:
        """Return who is enrolled, sorted by name, with how many references each."""
        return self._store.identities()

    def references(self, name: str) -> list[Reference]:
        """Return the enrolled pictures of a name, oldest first; raises UnknownName."""
        return self._store.references(name)

    def thumbnail(self, reference: int) -> bytes | None:
        """Return a reference's thumbnail, a JPEG of at most 128 pixels a side, or None."""
        return self._store.thumbnail(reference)

    def rename(self, old: str, new: str) -> None:
        """Give an identity another name; raises UnknownName, NameTaken, BadName."""
        changes.rename(self._store, old, new)

    def forget(self, name: str, *, erase: bool = False) -> Forgotten:
        """Take an identity out of the gallery; raises UnknownName.

        erase: delete its vectors, thumbnails, paths and name from the file too, also where it was
        forgotten before. That cannot be undone, nor can what was done before it.
        """
        return (changes.erase if erase else changes.forget)(self._store, name)

    def history(self, most: int | None = None) -> list[Operation]:
        """Return what was done to the gallery, the latest first; at most so many operations."""
        return history(self._store, most)

    def undo(self) -> Operation:
        """Take back the last operation not yet undone, and return it; raises CannotUndo."""
        return changes.undo(self._store)
