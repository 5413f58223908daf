"""A folder of pictures and a crop come in; a folder of the faces in them goes out, and an account.

The account, crops.jsonl, has a line a picture: an interrupted run goes on after the last of them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from fewshot.backbones.squeeze import squeezed
from fewshot.crop_account import Account, Cut, CutSettings
from fewshot.cropping import box_in_full
from fewshot.crops import Box, Crop, Cropper
from fewshot.detectors.cropper import FaceCropper
from fewshot.detectors.errors import CannotLook
from fewshot.detectors.loading import load_cropper
from fewshot.errors import CannotWrite, NoImagesFound, UnreadableImage
from fewshot.folders import find_pictures
from fewshot.images import decode, read_picture
from fewshot.pipeline import ordered_map
from fewshot.watch import Watch
from fewshot.written import remove_parts, written_whole

NOT_FOUND = "not_found.txt"


@dataclass(frozen=True, slots=True)
class Cutting:
    """What became of a folder."""

    cuts: tuple[Cut, ...]  # of this run, a picture each
    before: int  # pictures that an earlier run had done
    missing: int  # pictures in which nothing was found, in this run or before


def crop_folder(
    folder: Path,
    out: Path,
    settings: CutSettings,
    *,
    force: bool = False,
    threads: int | None = None,
    watch: Watch | None = None,
) -> Cutting:
    """Cut the faces out of all pictures of a folder, each into the same place below `out`.

    A picture in which nothing is found, that cannot be read, or whose place in `out` is taken is in
    the account with its reason, and the rest goes on. force: do all anew, over what is there.
    threads: how many cores to use; None: all.
    Raises NoImagesFound, CannotWrite, and what `load_cropper` raises.
    """
    watch = watch or Watch()
    if not os.path.isdir(folder):
        raise NoImagesFound(folder, "there is no such folder")
    if _within(out, folder) or _within(folder, out):
        raise CannotWrite(out, "it and the folder that is read lie in one another", "folder")
    cropper = load_cropper(settings.crop, watch, settings.margin)
    if isinstance(cropper, FaceCropper):
        cropper = replace(cropper, fall_back=False)
        digests = tuple(one.sha256 for one in cropper.detection.detectors)
        settings = replace(settings, detectors=digests)
    files = list(find_pictures(folder))
    if not files:
        raise NoImagesFound(folder)
    sources = {_below(one, folder) for one in files}
    if not (force or _may_replace(out / NOT_FOUND, sources)):
        raise CannotWrite(out / NOT_FOUND, "it is there already, and no list of ours", "list")
    with Account.opened(out, settings, anew=force) as account:
        waiting = [one for one in files if not _is_done(account.done.get(_below(one, folder)), out)]
        cuts = []
        with watch.bar("cropping", len(waiting)) as advance:
            for cut in _cut_all(waiting, folder, out, cropper, account, force, threads):
                account.add(cut)
                cuts.append(cut)
                advance(1)
        _list_what_is_missing(out, account, sources)
        return Cutting(tuple(cuts), len(files) - len(waiting), len(account.missing()))


def _cut_all(
    files: list[Path],
    folder: Path,
    out: Path,
    cropper: Cropper,
    account: Account,
    force: bool,
    threads: int | None,
) -> Iterator[Cut]:
    settings = account.settings
    least = max(2 * settings.size, cropper.at_least) if settings.size else 0

    def look(path: Path) -> tuple[list[Crop], Box | None] | str:
        try:
            decoded = decode(read_picture(path), least)
            crops = cropper(decoded.pixels, every=settings.all_faces)
            return crops, box_in_full(crops[0].box, decoded) if crops else None
        except UnreadableImage as error:
            return error.reason
        except CannotLook as error:
            return str(error)

    for path, found in zip(files, ordered_map(look, files, workers=threads), strict=True):
        source = _below(path, folder)
        if isinstance(found, str):
            yield Cut(source, reason=found)
            continue
        crops, box = found
        if box is None:
            yield Cut(source, missing=True, reason="nothing found")
            continue
        taken = crops if settings.all_faces else crops[:1]
        names = account.names.choose(source, len(taken))
        if not all(account.names.is_inside(name) for name in names):
            yield Cut(source, reason=f"{names[0]} lies behind a link that leads out of {out}")
            continue
        if names == account.names.of.get(source):  # begun, and perhaps killed over it
            for name in names:
                remove_parts(out / name)
        foreign = [
            name
            for name in names
            if not force and account.names.owner(name) != source and os.path.lexists(out / name)
        ]
        if foreign:
            yield Cut(source, reason=f"{foreign[0]} is there already; --force writes over it")
            continue
        account.begin(source, names)
        try:
            for name, crop in zip(names, taken, strict=True):
                _save(out / name, crop, settings.size)
        except CannotWrite as error:
            yield Cut(source, reason=str(error))
            continue
        yield Cut(
            source,
            files=names,
            kind=taken[0].kind,
            score=round(taken[0].score, 4),
            box=tuple(box),
            found=len(crops),
        )


def _save(path: Path, crop: Crop, size: int) -> None:
    pixels = squeezed(crop.pixels, size, Image.Resampling.LANCZOS) if size else crop.pixels
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotWrite(path, (error.strerror or str(error)).lower(), "crop") from error
    with written_whole(path, "crop") as file:
        Image.fromarray(np.ascontiguousarray(pixels)).save(file, "PNG")


def _may_replace(path: Path, sources: set[str]) -> bool:
    """Tell whether a list of what was not found is ours: it names pictures of this folder."""
    if not os.path.lexists(path):
        return True
    try:
        text = path.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return False
    return set(text.splitlines()) <= sources


def _list_what_is_missing(out: Path, account: Account, sources: set[str]) -> None:
    path = out / NOT_FOUND
    missing = account.missing()
    if missing:
        with written_whole(path, "list") as file:
            file.write("".join(f"{one}\n" for one in missing).encode("utf-8", "surrogateescape"))
    elif _may_replace(path, sources):
        path.unlink(missing_ok=True)


def _is_done(cut: Cut | None, out: Path) -> bool:
    """Tell whether nothing is to be done for a picture: what was written is still there."""
    return cut is not None and all(os.path.lexists(out / file) for file in cut.files)


def _below(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


def _within(out: Path, folder: Path) -> bool:
    inner, outer = out.resolve(), folder.resolve()
    return inner == outer or outer in inner.parents
