"""The half of the door that needs no embedding: who is enrolled, and what was done. Light."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from fewshot import changes, inspection, rejections
from fewshot.digest import digests_of
from fewshot.naming import has_center
from fewshot.operations import history
from fewshot.recipe import Recipe
from fewshot.records import (
    Brought,
    CachedIndex,
    Correction,
    Forgotten,
    GalleryInfo,
    Identity,
    Operation,
    Reference,
)
from fewshot.store import Store
from fewshot.watch import Watch

if TYPE_CHECKING:
    from fewshot.findings import Diagnosis


class Bookkeeping:
    """Lists, renames, forgets and undoes in one gallery file."""

    def __init__(self, store: Store, watch: Watch) -> None:
        if not isinstance(store, Store):
            raise TypeError("use Recognizer.create(path), or Recognizer.open(path)")
        self._store, self._watch = store, watch

    @property
    def path(self) -> Path:
        """The gallery file."""
        return self._store.path

    @property
    def recipe(self) -> Recipe:
        """How the gallery's vectors are made: crop, backbone, head."""
        return self._store.recipe

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

    def corrections(self) -> list[Correction]:
        """Return which picture was corrected not to be of which name, oldest first."""
        return rejections.corrections(self._store)

    def rename(self, old: str, new: str) -> None:
        """Give an identity another name; raises UnknownName, NameTaken, BadName."""
        changes.rename(self._store, old, new)

    def forget(self, name: str, *, erase: bool = False) -> Forgotten:
        """Take an identity out of the gallery; raises UnknownName.

        erase: delete its vectors, thumbnails, paths and name from the file too, also where it was
        forgotten before; and the vectors that `evaluate` keeps in the cache. That cannot be
        undone, nor can what was done before it.
        """
        if not erase:
            return changes.forget(self._store, name)
        centered = has_center(self._store)
        pictures = changes.pictures_of(self._store, name)
        pictures += digests_of(changes.boxed_pictures_of(self._store, name))
        gone = changes.erase(self._store, name)
        if pictures:
            from fewshot.evaluation.kept import forget_kept

            for path in forget_kept(pictures):
                self._watch.say(
                    f"{path} is in use, and may hold vectors of {name}: delete it when it is not"
                )
        if centered:
            from fewshot.rule_keeping import fit_again

            fit_again(self._store, centered)
        return gone

    def info(self) -> GalleryInfo:
        """Return what the gallery is, in figures."""
        return inspection.info(self._store)

    def build_index(self) -> CachedIndex | None:
        """Build the approximate index of a large gallery, beside its file; returns what it finds.

        None below 100,000 references, where exact search is fast. Raises CannotWrite.
        """
        from fewshot.index_building import build_index

        return build_index(self._store, self._watch)

    def verify(self) -> list[str]:
        """Check all of the file, and return what is wrong with it: nothing, it is to be hoped."""
        from fewshot.verification import verify

        return verify(self._store, self._watch)

    def doctor(self, *, threshold: float | None = None) -> Diagnosis:
        """Look for references that are mislabeled, outliers, copies, blurred or tiny.

        And for names that may be one. threshold: see `fewshot.doctor.diagnose`. Nothing is changed.
        """
        from fewshot.doctor import diagnose

        return diagnose(self._store, self._watch, threshold=threshold)

    def quarantine(self, references: Iterable[int]) -> tuple[int, ...]:
        """Take references out of use, by id, in one operation that `undo` takes back.

        Returns the ids of those that went: not those that are not there, nor the last of a name.
        """
        from fewshot.setting_aside import set_aside

        return set_aside(self._store, references)

    def export(self, target: str | os.PathLike[str], kind: str = "npz") -> int:
        """Write the gallery to a file or folder for elsewhere; return how many references.

        kind: "npz", all of it but the history, which `import_from` reads back (what stands in it:
        `fewshot.export`); "thumbnails", a folder of JPEGs with one sub-folder a name; "projector",
        a folder with vectors.tsv and metadata.tsv for the embedding projector.
        Raises CannotWrite.
        """
        from fewshot import export, views

        writers = {
            "npz": export.export_gallery,
            "thumbnails": views.export_thumbnails,
            "projector": views.export_projector,
        }
        if kind not in writers:
            raise ValueError(f"kind is one of {', '.join(writers)}, not {kind!r}")
        return writers[kind](self._store, Path(target), self._watch)

    def import_from(self, file: str | os.PathLike[str]) -> Brought:
        """Add what `export` wrote, in one operation; raises FileDamaged, RecipeMismatch."""
        from fewshot.rule_keeping import adopt
        from fewshot.transfer import import_archive, rule_in

        brought = import_archive(self._store, Path(file), self._watch)
        adopt(self._store, rule_in(Path(file)))
        return brought

    def merge(self, other: str | os.PathLike[str]) -> Brought:
        """Add what stands in another gallery file of one recipe, in one operation.

        Raises RecipeMismatch, and what `Recognizer.open` raises.
        """
        from fewshot.rule_keeping import choose_if_due
        from fewshot.transfer import merge_gallery

        brought = merge_gallery(self._store, Path(other), self._watch)
        choose_if_due(self._store)
        return brought

    def history(self, most: int | None = None) -> list[Operation]:
        """Return what was done to the gallery, the latest first; at most so many operations."""
        return history(self._store, most)

    def undo(self) -> Operation:
        """Take back the last operation not yet undone, and return it; raises CannotUndo."""
        return changes.undo(self._store)
