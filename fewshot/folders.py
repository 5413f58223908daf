"""Paths a user names come in; the picture files they stand for, each with its name, go out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fewshot.errors import AmbiguousFolder, BadName, NameNotInFolder, NoImagesFound
from fewshot.names import clean_name

SUFFIXES = frozenset(
    ".jpg .jpeg .jpe .jfif .png .webp .gif .bmp .tif .tiff .avif .ppm .pgm .heic .heif "
    ".nef .cr2 .cr3 .arw .dng .raf .orf .rw2".split()  # RAW: refused by name, not in silence
)

Place = tuple[int, int]
"""Device and inode: a folder's own, whatever path leads to it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Which picture goes under which name, and what was seen and passed over."""

    pictures: list[tuple[str, Path]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def find_pictures(folder: Path) -> Iterator[Path]:
    """Walk a folder and all below it, in the order of names; yield its picture files.

    Known by their suffix; hidden files are passed over; symbolic links are followed, each folder
    entered once. A folder that cannot be listed is yielded itself, so that whoever reads the
    pictures names it among the unreadable ones.
    """
    yield from _walk(folder, set())


def _walk(folder: Path, entered: set[Place]) -> Iterator[Path]:
    waiting = [folder]
    while waiting:
        path = waiting.pop()
        if not _is_folder(path) and path is not folder:
            if path.suffix.lower() in SUFFIXES:
                yield path
            continue
        try:
            place = _place(path)
            if place in entered:
                continue
            entered.add(place)
            waiting += reversed(_visible(path))
        except OSError:
            yield path


def each_picture(pictures: Any) -> Iterator[Any]:
    """Yield the single pictures in whatever was given: one, a folder of them, or an iterable.

    A folder that holds none is yielded itself, so that whoever reads it names it.
    """
    if isinstance(pictures, (str, os.PathLike)):
        path = Path(pictures)
        found = list(find_pictures(path)) if _is_folder(path) else []
        yield from found or [path]
    elif _is_one_picture(pictures):
        yield pictures
    else:
        for one in pictures:
            yield from each_picture(one)


def _is_one_picture(thing: object) -> bool:
    """Tell bytes, a file, a PIL image or an array (the last two share an interface) from a list."""
    return (
        isinstance(thing, (bytes, bytearray, memoryview))
        or hasattr(thing, "read")
        or hasattr(type(thing), "__array_interface__")
    )


def plan_enrollment(path: Path, name: str | None) -> Plan:
    """Say which pictures of a path are enrolled under which name.

    Without a name each sub-folder is a name. With a name: the pictures of the sub-folder of that
    name where there is one, else the pictures lying in the folder; a file is itself.
    Raises AmbiguousFolder where both readings are open or none is, NoImagesFound where there is
    nothing to enroll, NameNotInFolder where the folder has sub-folders and none of this name.
    """
    if name is None:
        return _by_sub_folder(path)
    if not _is_folder(path):
        return Plan([(name, path)])
    return _under_one_name(path, name)


def blocks_in(path: Path) -> list[tuple[str, Path]]:
    """Return all pictures of a folder, each with whose it is: a sub-folder is one, or a picture.

    Raises NoImagesFound.
    """
    if not _is_folder(path):
        return [(os.path.abspath(path), path)]
    loose, subs = _contents(path)
    found = [(os.path.abspath(one), one) for one in loose]
    for sub in subs:
        found += [(os.path.abspath(sub), one) for one in _pictures_of(sub, path, subs)]
    if not found:
        raise NoImagesFound(path)
    return found


def _by_sub_folder(folder: Path) -> Plan:
    if not _is_folder(folder):
        if os.path.lexists(folder):
            raise AmbiguousFolder(folder, "a single picture needs a name; add --name NAME")
        raise NoImagesFound(folder, "there is no such file or folder")
    loose, subs = _contents(folder)
    if not subs:
        if loose:
            raise AmbiguousFolder(
                folder,
                f"it has no sub-folders to take names from; to enroll its {len(loose)} "
                f"picture(s) under one name, add --name {folder.resolve().name!r}",
            )
        raise NoImagesFound(folder, "it should hold one sub-folder of pictures for each name")
    plan = Plan()
    for sub in subs:
        try:
            clean_name(sub.name)
        except BadName as error:
            plan.notes.append(f"{sub} passed over: {error}")
            continue
        found = _pictures_of(sub, folder, subs)
        plan.pictures.extend((sub.name, path) for path in found)
        if not found:
            plan.notes.append(f"{sub} holds no pictures")
        elif deeper := {path.parent.name for path in found} - {sub.name}:
            names = ", ".join(sorted(deeper)[:3])
            plan.notes.append(f"{sub}: pictures in its sub-folders ({names}) go under {sub.name}")
    if not plan.pictures:
        raise NoImagesFound(folder)
    if loose:
        count = len(loose)
        plan.notes.append(f"{count} picture(s) lying in {folder} itself have no name: passed over")
    return plan


def _under_one_name(folder: Path, name: str) -> Plan:
    loose, subs = _contents(folder)
    named = next((sub for sub in subs if _same_name(sub.name, clean_name(name))), None)
    if named and loose:
        raise AmbiguousFolder(
            folder,
            f"there is a sub-folder {named} and there are {len(loose)} picture(s) lying beside it; "
            f"name the sub-folder ({named}) or the pictures themselves",
        )
    if named:
        pictures = _pictures_of(named, folder, subs)
        if not pictures:
            raise NoImagesFound(named)
        return Plan([(name, path) for path in pictures])
    if not loose:
        if subs:
            raise NameNotInFolder(name, folder, [sub.name for sub in subs])
        raise NoImagesFound(folder)
    notes = [f"sub-folders of {folder} passed over"] if subs else []
    return Plan([(name, path) for path in loose], notes)


def _same_name(folder: str, cleaned: str) -> bool:
    try:
        return clean_name(folder) == cleaned
    except BadName:
        return False


def _pictures_of(sub: Path, folder: Path, subs: list[Path]) -> list[Path]:
    """Return the pictures below one name's folder; a link to another name's is not followed."""
    others = {_place(other) for other in (folder, *subs)} - {_place(sub)}
    return list(_walk(sub, others))


def _place(folder: Path) -> Place:
    about = folder.stat()
    return about.st_dev, about.st_ino


def _is_folder(path: Path) -> bool:
    return os.path.isdir(path)  # unlike Path.is_dir it never raises


def _contents(folder: Path) -> tuple[list[Path], list[Path]]:
    """Return the pictures lying in a folder, and its sub-folders."""
    try:
        inside = _visible(folder)
    except OSError as error:
        raise NoImagesFound(folder, (error.strerror or str(error)).lower()) from error
    loose = [path for path in inside if path.suffix.lower() in SUFFIXES and not _is_folder(path)]
    return loose, [path for path in inside if _is_folder(path)]


def _visible(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
