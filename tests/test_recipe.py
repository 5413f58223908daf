"""recipe: what must agree before two vectors are compared."""

from __future__ import annotations

import pytest

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
