"""A backbone, or none, and settings come in; what training starts from goes out."""

from __future__ import annotations

from dataclasses import replace

from fewshot.backbones.catalog import DEFAULT, PALETTE
from fewshot.backbones.choice import BackboneChoice, is_bundle
from fewshot.training.errors import BadSetting
from fewshot.training.settings import Settings


def backbone_for(
    backbone: str | BackboneChoice | None, settings: Settings
) -> BackboneChoice | None:
    """Return what a training lays its head over, or fine-tunes; None from scratch.

    Raises BadSetting for what cannot be trained.
    """
    if settings.kind == "scratch":
        return None
    if backbone is None:
        backbone = "mobilenetv2" if settings.kind == "finetune" else DEFAULT
    choice = BackboneChoice.of(backbone)
    if choice.own_model and is_bundle(choice.own_model):
        raise BadSetting("backbone", choice.name, "train anew from what that model was made from")
    if choice.name == PALETTE.name and settings.kind == "finetune":
        raise BadSetting(
            "backbone", "palette", "it has no weights; train a softmax or triplet head"
        )
    if settings.size is not None and choice.size is None:  # palette itself refuses one
        choice = replace(choice, size=settings.size)
    return choice
