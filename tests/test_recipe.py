"""recipe: what must agree before two vectors are compared."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fewshot.backbones.blueprint import Blueprint
from fewshot.recipe import Recipe

RECIPE = Recipe("whole", "palette", "0123456789abcdef", None, 512)


def test_a_recipe_comes_back_from_json_as_it_was() -> None:
    assert Recipe.from_json(RECIPE.to_json()) == RECIPE


@pytest.mark.parametrize("d", [0, -1, 65_537, "512"])
def test_a_width_out_of_bounds_is_refused(d: int) -> None:
    with pytest.raises(ValueError, match="d is 1 to 65536"):
        Recipe("whole", "palette", "ab", None, d)


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"d": 3}', RECIPE.to_json()[:-9]])
def test_a_text_that_is_no_recipe_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a recipe"):
        Recipe.from_json(text)


def test_people_read_the_backbone_and_the_crop() -> None:
    assert str(RECIPE) == "palette (01234567, crop whole)"


BLUEPRINT = Blueprint("vgg19", "ab" * 32, 96, "caffe", "block3_pool", "float32", "/w/vgg.h5")
BUILT = Recipe("whole", "vgg19", BLUEPRINT.fingerprint, None, 256, BLUEPRINT)


def test_a_blueprint_travels_with_its_recipe() -> None:
    assert Recipe.from_json(BUILT.to_json()).blueprint == BLUEPRINT


def test_a_recipe_without_blueprint_is_written_as_it_always_was() -> None:
    assert "blueprint" not in RECIPE.to_json()


def test_a_fingerprint_that_is_not_its_blueprint_s_is_refused() -> None:
    with pytest.raises(ValueError, match="that of its blueprint"):
        Recipe("whole", "vgg19", "0123", None, 256, BLUEPRINT)


def test_a_blueprint_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="not a recipe"):
        Recipe.from_json(BUILT.to_json().replace('"size": 96', '"size": 0'))


def test_people_read_layer_size_and_precision() -> None:
    short = BLUEPRINT.fingerprint[:8]
    wanted = f"vgg19 ({short}, layer block3_pool, 96 pixels, float32, crop whole)"
    assert str(BUILT) == wanted


def test_where_a_model_lies_decides_nothing() -> None:
    own = replace(BLUEPRINT, network="file")
    here = Recipe("whole", "file:/here.keras", own.fingerprint, None, 256, own)
    assert here.agrees_with(replace(here, backbone="file:/elsewhere.keras"))


@pytest.mark.parametrize("change", [{"crop": "face"}, {"d": 255}, {"head": "ab"}])
def test_what_decides_must_agree(change: dict[str, Any]) -> None:
    assert not BUILT.agrees_with(replace(BUILT, **change))


@pytest.mark.parametrize("backbone", ["palette", "mobilenetv2", "file:/a/model.keras"])
def test_a_backbone_that_is_not_its_blueprint_s_is_refused(backbone: str) -> None:
    with pytest.raises(ValueError, match="that of its blueprint"):
        replace(BUILT, backbone=backbone)
