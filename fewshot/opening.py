"""A path, a backbone and a crop come in; the store they agree with, and its embedder, go out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from fewshot.backbones.choice import FILE
from fewshot.errors import GalleryMissing, RecipeMismatch
from fewshot.recipe import Recipe
from fewshot.store import Store
from fewshot.watch import Watch

if TYPE_CHECKING:  # numpy and Pillow are loaded when a picture is first looked at
    from fewshot.backbones.choice import BackboneChoice
    from fewshot.embedder import Embedder


def check_options(threads: int | None, watch: Watch) -> None:
    """Raise ValueError or TypeError for what `Recognizer` cannot take, before a file is opened."""
    if threads is not None and threads < 1:
        raise ValueError(f"threads is 1 or more, not {threads}")
    if not isinstance(watch, Watch):
        raise TypeError(f"watch is a fewshot.Watch, not {type(watch).__name__}")


def open_or_create(
    path: Path, *, backbone: str | BackboneChoice | None, crop: str | None, watch: Watch
) -> Store:
    """Open the gallery at `path`, or make it; see `Recognizer.create`."""
    try:
        store = Store.open(path)
    except GalleryMissing:
        from fewshot.backbones.catalog import DEFAULT
        from fewshot.embedder import Embedder

        made = Embedder.by_name(crop or "whole", backbone or DEFAULT, watch).recipe
        store = Store.create(path, made)
        if store.recipe == made:
            return store  # else another process was first, with another recipe
    try:
        _require_agreement(store, backbone, crop)
    except BaseException:
        store.close()
        raise
    return store


def embedder_of(store: Store, watch: Watch, *, crop: str | None = None) -> Embedder:
    """Build the embedder that a gallery's recipe names; with another crop, where one is named.

    Raises RecipeMismatch where this version gives other vectors, UnknownBackbone, WeightsMissing.
    """
    from fewshot.embedder import Embedder

    recipe = store.recipe
    embedder = Embedder.of_recipe(recipe, watch, crop=crop)
    wanted = embedder.recipe
    if crop is not None:
        wanted = replace(wanted, crop=recipe.crop, detection=recipe.detection)
    if not wanted.agrees_with(recipe):
        raise RecipeMismatch(
            store.path,
            str(recipe),
            str(embedder.recipe),
            "use the fewshot version that made it, or enroll the pictures into a new gallery",
        )
    return embedder


def _require_agreement(
    store: Store, backbone: str | BackboneChoice | None, crop: str | None
) -> None:
    recipe = store.recipe
    if asked := _difference(recipe, backbone, crop):
        mend = "leave the option out, or name another gallery file"
        if store.is_empty():  # an interrupted first enrollment left it
            mend = "nobody is enrolled in it yet: delete the file, or name another"
        raise RecipeMismatch(store.path, str(recipe), asked, mend)


def _difference(
    recipe: Recipe, backbone: str | BackboneChoice | None, crop: str | None
) -> str | None:
    """Say what was asked for, where the gallery has something else; only what was given counts."""
    if crop is not None and not _same_crop(recipe, crop):
        return f"crop {crop}"
    if backbone is None:
        return None
    from fewshot.backbones.catalog import find_backbone
    from fewshot.backbones.choice import BackboneChoice, is_bundle
    from fewshot.backbones.errors import BadBackboneOption
    from fewshot.backbones.provision import named_digest

    choice = BackboneChoice.of(backbone)
    find_backbone(choice.name)  # a name that is none is said to be none
    made = recipe.blueprint
    if choice.own_model is None and choice.name != recipe.backbone:
        return choice.name
    if choice.own_model and is_bundle(choice.own_model):
        from fewshot.bundles.bundle import read_bundle

        model = read_bundle(choice.own_model)
        same = (model.fingerprint, model.head.fingerprint) == (recipe.fingerprint, recipe.head)
        return None if same else choice.name
    given = dict(choice.given)
    if choice.own_model is not None and "weights" in given:
        raise BadBackboneOption(choice.name, "weights", "the model file holds its own")
    if choice.own_model is not None or "weights" in given:
        given["weights"] = named_digest(choice)
    for option, value in given.items():
        if made is None or getattr(made, option) != value:
            return f"{choice.name} ({option} {str(value)[:12]})"
    return None


def _same_crop(recipe: Recipe, crop: str) -> bool:
    """Tell whether a crop is the recipe's; a detector of the user's own by what is in its file."""
    if recipe.detection is None or recipe.crop != "file" or not crop.startswith(FILE):
        return crop == recipe.crop
    from fewshot.detectors.loading import load_cropper

    asked = load_cropper(crop, Watch()).detection
    return asked is not None and asked.detectors[0].sha256 == recipe.detection.detectors[0].sha256
