"""A model file comes in; its backbone goes out, for galleries that outlive where the file lay.

A gallery made with a model needs that very model to match. So a copy is kept in the cache, by what
it computes, and found there when the file was moved.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from fewshot.backbones.cache import models_folder
from fewshot.backbones.choice import BUNDLE, FILE, BackboneChoice
from fewshot.backbones.errors import BadBackboneOption, WeightsMissing
from fewshot.bundles.backbone import BundleBackbone
from fewshot.bundles.bundle import Bundle, read_bundle
from fewshot.bundles.errors import BundleRefused
from fewshot.errors import CannotWrite
from fewshot.recipe import Recipe
from fewshot.watch import Watch
from fewshot.written import written_whole

_DEAF = Watch()


def load_bundle(choice: BackboneChoice, watch: Watch = _DEAF) -> BundleBackbone:
    """Return the backbone in a model file, and keep a copy for the galleries made with it.

    Raises BundleRefused, BadBackboneOption where the choice says anything else about it.
    """
    path = choice.own_model
    assert path is not None
    for option in choice.given:
        raise BadBackboneOption(choice.name, option, "a trained model has one form only")
    backbone = BundleBackbone(read_bundle(path), path, watch)
    copy = kept_copy(backbone.bundle)
    if not _is_copy(copy, backbone.bundle):
        try:
            copy.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with written_whole(copy, "model", private=True) as file:
                file.write(path.read_bytes())
        except (OSError, CannotWrite):
            watch.say(f"no copy of {path} could be kept in {copy.parent}: do not move the file")
    return backbone


def _is_copy(copy: Path, bundle: Bundle) -> bool:
    """Tell whether a file is a model that computes the same; one that is damaged is not."""
    with suppress(BundleRefused):
        other = read_bundle(copy)
        return (other.fingerprint, other.head.fingerprint) == (
            bundle.fingerprint,
            bundle.head.fingerprint,
        )
    return False


def load_kept(recipe: Recipe, watch: Watch = _DEAF) -> BundleBackbone:
    """Return the backbone of a gallery that was made with a model file: that file, or its copy.

    Raises WeightsMissing where neither is here.
    """
    path = Path(recipe.backbone.removeprefix(FILE))
    for bundle in _here(path, recipe):
        if (bundle.fingerprint, bundle.head.fingerprint) == (recipe.fingerprint, recipe.head):
            return BundleBackbone(bundle, path, watch)
    raise WeightsMissing(
        recipe.backbone,
        f"{path.name} (model {recipe.fingerprint[:12]}...)",
        "it is not there any more, or another model is, nor is a copy in the cache",
        f"put it back at {path}, or enroll the pictures into a new gallery",
    )


def _here(path: Path, recipe: Recipe) -> Iterator[Bundle]:
    for place in (_kept(recipe.fingerprint, recipe.head), path):
        with suppress(BundleRefused):
            yield read_bundle(place)


def kept_copy(bundle: Bundle) -> Path:
    """Return where a copy of a model is kept for the galleries made with it."""
    return _kept(bundle.fingerprint, bundle.head.fingerprint)


def _kept(fingerprint: str, head: str | None) -> Path:
    return models_folder() / f"{fingerprint[:32]}-{(head or '')[:32]}{BUNDLE}"
