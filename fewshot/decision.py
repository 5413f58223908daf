"""A recipe comes in; what is known of strangers and of copies under its backbone goes out."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from fewshot.backbones.catalog import same_picture_of
from fewshot.recipe import Recipe
from fewshot.stranger_model import StrangerModel, load_model

if TYPE_CHECKING:
    from collections.abc import Callable

    from fewshot.rules import Rule


def layer_of(recipe: Recipe) -> str | None:
    """Return the layer that a recipe's network is cut at; None where it has no network."""
    return recipe.blueprint.layer if recipe.blueprint else None


def same_picture_in(recipe: Recipe) -> float:
    """Return the cosine from which two pictures are taken for one."""
    return same_picture_of(recipe.backbone, layer_of(recipe))


UNMEASURED_LIFT = 0.4
"""Where nobody has measured how much nearer strangers come: more than any of the models that
`eval/results/training_strangers.md` is about."""


def lift_in(recipe: Recipe) -> float:
    """Return by how much a gallery's own names are to come nearer when they play strangers."""
    if recipe.head is None:
        return 0.0
    return UNMEASURED_LIFT if recipe.lift is None else recipe.lift


def model_for(recipe: Recipe) -> Callable[[Rule], StrangerModel]:
    """Return what gives, for a rule, the model of strangers measured for this backbone."""
    return partial(load_model, recipe.backbone, layer_of(recipe))
