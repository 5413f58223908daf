"""The door: enroll, match, search, and all of `bookkeeping`. Pictures in, answers out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from fewshot.answering import Answering
from fewshot.errors import UnreadableImage
from fewshot.folders import each_picture, plan_enrollment
from fewshot.location import gallery_path
from fewshot.opening import check_options, open_or_create
from fewshot.store import Store
from fewshot.watch import Watch

if TYPE_CHECKING:  # numpy, Pillow and FAISS are loaded when a picture is first looked at
    from fewshot.backbones.choice import BackboneChoice
    from fewshot.enrollment import Enrollment
    from fewshot.images import Picture

_DEAF = Watch()


class Recognizer(Answering):
    """A gallery file with the embedder its recipe names; a context manager.

    For one thread at a time; several processes may share a gallery.
    """

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str] | None = None,
        *,
        threads: int | None = None,
        watch: Watch = _DEAF,
    ) -> Recognizer:
        """Open a gallery that is there.

        path: else FEWSHOT_GALLERY, else the user's own gallery. threads: how many cores to use;
        None: all. watch: hears of downloads and of a backbone being built.
        Raises GalleryMissing, NotAGallery, GalleryTooNew, GalleryLocked, GalleryDamaged.
        """
        check_options(threads, watch)
        return cls(Store.open(gallery_path(path)), threads=threads, watch=watch)

    @classmethod
    def create(
        cls,
        path: str | os.PathLike[str] | None = None,
        *,
        backbone: str | BackboneChoice | None = None,
        crop: str | None = None,
        threads: int | None = None,
        watch: Watch = _DEAF,
    ) -> Recognizer:
        """Make a gallery where there is none; open the one that is there.

        backbone, crop: None takes what the gallery has, or compact and whole for a new one. crop:
        which part of a picture is looked at, here and ever after: "whole", "center", "face" (of
        people), "anime-face" (drawn), "auto" (of either, else whole), or "file:PATH", a cascade or
        a network like YuNet of your own; all but the first two take the extra `vision`. A
        backbone is a name, or a `BackboneChoice` where it is to have other weights, another layer
        or size; it is downloaded and built where it is not here. threads, watch: see `open`.
        Raises RecipeMismatch where the gallery was made with others, UnknownBackbone,
        WeightsMissing, WeightsRefused, BackboneUnavailable, UnknownCropper, OpencvMissing,
        DetectorRefused, and what `open` raises.
        """
        check_options(threads, watch)
        store = open_or_create(
            gallery_path(path, make_folder=True), backbone=backbone, crop=crop, watch=watch
        )
        return cls(store, threads=threads, watch=watch)

    @classmethod
    def create_for(
        cls,
        export: str | os.PathLike[str],
        path: str | os.PathLike[str] | None = None,
        *,
        threads: int | None = None,
        watch: Watch = _DEAF,
    ) -> Recognizer:
        """Make a gallery with the recipe of an exported one; open the one that is there.

        Raises FileDamaged, RecipeMismatch, and what `open` raises.
        """
        from fewshot.transfer import store_for

        check_options(threads, watch)
        store = store_for(Path(export), gallery_path(path, make_folder=True))
        return cls(store, threads=threads, watch=watch)

    def __enter__(self) -> Recognizer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def enroll(
        self,
        pictures: Picture | Iterable[Picture],
        name: str,
        *,
        progress: Callable[[], None] | None = None,
        box: Sequence[int] | None = None,
        one_face: bool = False,
    ) -> Enrollment:
        """Enroll pictures under one name.

        pictures: a path, bytes, binary file, PIL image or uint8 RGB array, or an iterable of these.
        A folder stands for its sub-folder of that name, else for the pictures lying in it.
        progress: called once for each picture that is done. box: take this part of each, (x, y,
        width, height) in pixels of the whole upright picture. one_face: refuse a picture with
        several faces; else the largest is taken, and `crops` of what is returned says so.
        Returns what was added, what was there already and what was refused, picture by picture.
        Raises UnreadableImage where not one picture could be read, NoImagesFound or AmbiguousFolder
        for a folder without pictures or with two readings, BadName.
        """
        named: Iterable[tuple[str, Picture]]
        if isinstance(pictures, (str, os.PathLike)):
            named = plan_enrollment(Path(pictures), name).pictures
        else:
            named = ((name, picture) for picture in each_picture(pictures))
        accounts = self.enroll_all(named, progress=progress, box=box, one_face=one_face)
        if not accounts:
            raise ValueError(f"no pictures were given for {name!r}")
        (account,) = accounts
        if account.refused and not account.added + account.already:
            first = account.refused[0]
            raise UnreadableImage(first.source, first.reason)
        return account

    def enroll_all(
        self,
        pictures: Iterable[tuple[str, Picture]],
        *,
        progress: Callable[[], None] | None = None,
        box: Sequence[int] | None = None,
        one_face: bool = False,
    ) -> list[Enrollment]:
        """Enroll pictures under their names in one transaction; see `enroll`.

        pictures: pairs of name and picture. Returns one account a name. Raises BadName.
        """
        from fewshot.crops import Box
        from fewshot.enrollment import enroll_pictures

        accounts = enroll_pictures(
            self._store,
            self._embedder_for(None, box),
            pictures,
            progress,
            threads=self._threads,
            box=None if box is None else Box.of(box),
            one_face=one_face,
        )
        self._choose_rule(sum(one.added for one in accounts))
        return accounts

    def enroll_folder(
        self, folder: str | os.PathLike[str], *, progress: Callable[[], None] | None = None
    ) -> list[Enrollment]:
        """Enroll a folder in which each sub-folder is a name; see `enroll_all`.

        Raises AmbiguousFolder where it has no sub-folders, NoImagesFound where it has no pictures.
        """
        return self.enroll_all(plan_enrollment(Path(folder), None).pictures, progress=progress)
