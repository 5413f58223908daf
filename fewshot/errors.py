"""Every error fewshot raises on purpose, with the exit code the command ends in.

FewshotError
  UsageError (2)       BadName, AmbiguousFolder, UnknownName, NameNotInFolder, NameTaken,
                       UnknownCropper, CannotWrite, CannotUndo, CannotCorrect, UnreadableFile
  ImageError (3)       UnreadableImage, ImageTooLarge, NoImagesFound
  GalleryError (4)     GalleryMissing, GalleryEmpty, NotAGallery, GalleryTooNew,
                       GalleryLocked, GalleryDamaged, GalleryUnavailable, FileDamaged
  BackboneError (5)    UnknownBackbone, RecipeMismatch
  DataError (6)        RateNotSupported, in `calibration_errors`

A message says what failed, on which thing, and what to do; its parts stay as attributes.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


class FewshotError(Exception):
    """The root of all errors raised on purpose; `exit_code` is what the command ends in."""

    exit_code = 70


class UsageError(FewshotError):
    """What was asked for does not fit what is there."""

    exit_code = 2


class ImageError(FewshotError):
    """A picture, or all of them, could not be had."""

    exit_code = 3


class GalleryError(FewshotError):
    """The gallery file is missing, damaged, locked, or no gallery."""

    exit_code = 4


class BackboneError(FewshotError):
    """The network that embeds is missing or does not fit the gallery."""

    exit_code = 5


def _suggestion(wrong: str, known: Iterable[str]) -> str:
    """Return the nearest known words, or all of them where they are few."""
    from difflib import get_close_matches

    known = sorted(known)
    near = get_close_matches(wrong, known, n=3, cutoff=0.5)
    if near:
        return f"did you mean {' or '.join(near)}?"
    if len(known) > 8:
        return f"there are {len(known)}, among them {', '.join(known[:8])}"
    return f"there is {', '.join(known)}" if known else "there is none"


class BadName(UsageError):
    """A name that cannot be an identity's: empty, too long, or not text."""

    def __init__(self, name: str, reason: str) -> None:
        self.name, self.reason = name, reason
        super().__init__(f"cannot use {name!r} as a name: {reason}")


class AmbiguousFolder(UsageError):
    """A folder that can be read in two ways, or in none."""

    def __init__(self, folder: Path, reason: str) -> None:
        self.folder, self.reason = folder, reason
        super().__init__(f"cannot tell what to enroll from {folder}: {reason}")


class UnknownName(UsageError):
    """A name the gallery does not hold."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.name = name
        super().__init__(f"nobody is enrolled as {name!r}; {_suggestion(name, known)}")


class NameNotInFolder(UsageError):
    """A folder of names that lacks the one asked for."""

    def __init__(self, name: str, folder: Path, known: Iterable[str]) -> None:
        self.name, self.folder = name, folder
        super().__init__(f"{folder} has no sub-folder {name!r}; {_suggestion(name, known)}")


class NameTaken(UsageError):
    """A rename onto a name that somebody else bears."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"the name {name!r} is taken; choose another, or forget that one first")


class UnknownCropper(UsageError):
    """A cropper this version does not have."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.name = name
        super().__init__(f"no cropper is called {name!r}; {_suggestion(name, known)}")


class CannotWrite(UsageError):
    """A file that was asked for cannot be written there."""

    def __init__(self, path: Path, reason: str, what: str = "montage") -> None:
        self.path, self.reason = path, reason
        super().__init__(f"cannot write {what} {path}: {reason}")


class UnreadableFile(UsageError):
    """A file that was named is not there, or cannot be opened."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"cannot read {path}: {reason}")


class CannotUndo(UsageError):
    """There is nothing to undo, or it was an erasure."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"cannot undo in {path}: {reason}; see fewshot history")


class CannotCorrect(UsageError):
    """A correction that contradicts itself, or an earlier one that stands."""

    def __init__(self, source: str, reason: str) -> None:
        self.source, self.reason = source, reason
        super().__init__(f"cannot correct {source}: {reason}")


class UnreadableImage(ImageError):
    """The picture cannot be read: no such file, no picture, damaged."""

    def __init__(self, source: str, reason: str) -> None:
        self.source, self.reason = source, reason
        super().__init__(f"cannot read picture {source}: {reason}")


class ImageTooLarge(UnreadableImage):
    """The picture says it has more pixels, or bytes, than fewshot opens."""


class NoImagesFound(ImageError):
    """A folder that holds no picture."""

    def __init__(self, folder: Path, hint: str = "put .jpg, .png or .webp files there") -> None:
        self.folder = folder
        super().__init__(f"no pictures in {folder}; {hint}")


class GalleryMissing(GalleryError):
    """No gallery file stands at this path yet."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(
            f"there is no gallery at {path}; make one: fewshot enroll FOLDER --gallery {path}"
        )


class GalleryEmpty(GalleryError):
    """The gallery is there and nobody is enrolled in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(
            f"nobody is enrolled in {path} yet; fewshot enroll FOLDER --gallery {path}"
        )


class NotAGallery(GalleryError):
    """The path leads to something else than a fewshot gallery."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"{path} is not a fewshot gallery: {reason}; it was left untouched")


class GalleryTooNew(GalleryError):
    """A later fewshot wrote this gallery."""

    def __init__(self, path: Path, version: int, known: int) -> None:
        self.path, self.version, self.known = path, version, known
        super().__init__(
            f"{path} has gallery version {version}, this fewshot knows up to {known}; "
            "upgrade fewshot; the file was left untouched"
        )


class GalleryLocked(GalleryError):
    """Another process kept the gallery locked for longer than we wait."""

    def __init__(self, path: Path, waited: float) -> None:
        self.path, self.waited = path, waited
        super().__init__(
            f"{path} is locked by another process (waited {waited:.0f} s); try again later"
        )


class GalleryDamaged(GalleryError):
    """The file is a gallery, and what stands in it contradicts itself."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"gallery {path} is damaged: {reason}; restore it from a copy")


class GalleryUnavailable(GalleryError):
    """The file system refused: permissions, a full disk, a folder that is not there."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"cannot use gallery {path}: {reason}")


class FileDamaged(GalleryError):
    """An export, or an index, that is not what it says, or was never one."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"{path} cannot be used: {reason}; nothing was changed")


class UnknownBackbone(BackboneError):
    """A backbone this version does not have."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.name = name
        super().__init__(f"no backbone is called {name!r}; {_suggestion(name, known)}")


class RecipeMismatch(BackboneError):
    """The gallery's vectors were made in another way than the one asked for or present."""

    def __init__(self, path: Path, gallery: str, asked: str, mend: str) -> None:
        self.path, self.gallery, self.asked = path, gallery, asked
        super().__init__(f"gallery {path} was made with {gallery}, not with {asked}; {mend}")
