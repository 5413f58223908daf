"""What was asked for comes in; what training starts from, and where it writes, goes out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from fewshot.backbones.catalog import DEFAULT, find_backbone
from fewshot.backbones.choice import BUNDLE, BackboneChoice, is_bundle
from fewshot.errors import CannotWrite
from fewshot.training.errors import BadSetting, CannotTrain
from fewshot.training.settings import Settings

CHECKPOINT = "checkpoint.npz"
"""In the folder beside a model, while its training is not over."""


def backbone_for(
    backbone: str | BackboneChoice | None, settings: Settings
) -> BackboneChoice | None:
    """Return what a training lays its head over, or fine-tunes; None from scratch.

    Raises BadSetting for what cannot be trained, UnknownBackbone.
    """
    if settings.kind == "scratch":
        return None
    if backbone is None:
        backbone = "mobilenetv2" if settings.kind == "finetune" else DEFAULT
    choice = BackboneChoice.of(backbone)
    spec = find_backbone(choice.name)
    if choice.own_model and is_bundle(choice.own_model):
        raise BadSetting("backbone", choice.name, "train anew from what that model was made from")
    if spec.finished and settings.kind == "finetune":
        raise BadSetting(
            "backbone", spec.name, "it comes finished; train a softmax or triplet head over it"
        )
    if settings.size is not None and choice.size is None:  # one that is finished refuses it
        choice = replace(choice, size=settings.size)
    return choice


def room_for(out: Path) -> Path:
    """Return the folder beside the model, made; raises CannotWrite where either cannot be."""
    if not is_bundle(out):
        raise CannotWrite(out, f"name a file that ends in {BUNDLE}", "model")
    if not os.path.isdir(out.absolute().parent):
        raise CannotWrite(out, "there is no such folder", "model")
    folder = out.with_suffix(".training")
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise CannotWrite(folder, (error.strerror or str(error)).lower(), "log") from error
    return folder


def refuse_within(out: Path, *folders: Path | None) -> None:
    """Raise CannotWrite for an output inside a folder of pictures: it would be a class itself."""
    place = out.absolute().parent.resolve()
    for folder in folders:
        if folder is not None and place.is_relative_to(folder.resolve()):
            raise CannotWrite(
                out, f"it would lie among the pictures of {folder}; name another folder", "model"
            )


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keep other processes from training into the same folder; raises CannotTrain."""
    from filelock import FileLock, Timeout

    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise CannotTrain(
            str(folder), "another process is training into it; name another output"
        ) from None
    try:
        yield
    finally:
        lock.release()
        with suppress(OSError):  # Windows removes it, or somebody waits for it
            (folder / ".lock").unlink()
