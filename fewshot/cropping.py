"""The name of a crop, or a recipe, comes in; its cropper goes out. And boxes in full size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fewshot.crops import FIXED, Box, Crop, Cropper, find_fixed, given
from fewshot.decoding import DecodedPicture
from fewshot.recipe import Recipe
from fewshot.watch import Watch

_DEAF = Watch()


def inside(decoded: DecodedPicture, crop: Crop) -> NDArray[np.uint8]:
    """Return what lies in a crop's box, not turned: so it is known again by the box alone."""
    return given(decoded.pixels, crop.box).pixels


def box_in_full(box: Box, decoded: DecodedPicture) -> Box:
    """Return a box of the pixels that were decoded in pixels of the whole picture."""
    height, width = decoded.pixels.shape[:2]
    full = box.scaled(decoded.width / width, decoded.height / height)
    return full.within(decoded.width, decoded.height)


def cropper_by_name(crop: str, watch: Watch = _DEAF) -> Cropper:
    """Return a cropper by name; those that look for nothing load nothing more.

    Raises TypeError, and what `load_cropper` raises.
    """
    if not isinstance(crop, str):
        raise TypeError(f"a crop is a name, not {type(crop).__name__}")
    if crop in FIXED:
        return FIXED[crop]
    from fewshot.detectors.loading import load_cropper

    return load_cropper(crop, watch)


def cropper_of(recipe: Recipe, watch: Watch = _DEAF) -> Cropper:
    """Return the cropper of a recipe; raises UnknownCropper, and as `load_cropper_again` does."""
    if recipe.detection is None:
        return find_fixed(recipe.crop)
    from fewshot.detectors.loading import load_cropper_again

    return load_cropper_again(recipe.crop, recipe.detection, watch)
