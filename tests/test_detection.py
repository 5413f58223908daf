"""detection: what faces were looked for with travels in the recipe, and has to agree."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import pytest

from fewshot.detection import VERSION, Detection, DetectorFile
from fewshot.recipe import Recipe

YUNET = DetectorFile("yunet", "ab" * 32)
FOUND = Detection((YUNET, DetectorFile("animeface", "cd" * 32)), 0.5)
RECIPE = Recipe("auto", "palette", "0123456789abcdef", None, 512, detection=FOUND)


def test_it_comes_back_from_the_recipe_as_it_was() -> None:
    assert Recipe.from_json(RECIPE.to_json()).detection == FOUND


def test_a_recipe_that_looks_for_nothing_is_written_as_it_always_was() -> None:
    plain = replace(RECIPE, crop="whole", detection=None)
    assert "detection" not in plain.to_json()
    assert Recipe.from_json(plain.to_json()) == plain


@pytest.mark.parametrize(
    "other",
    [
        None,
        replace(FOUND, margin=0.6),
        replace(FOUND, version=VERSION + 1),
        replace(FOUND, detectors=(YUNET,)),
        replace(FOUND, detectors=(replace(YUNET, sha256="ef" * 32), FOUND.detectors[1])),
    ],
)
def test_vectors_of_crops_made_otherwise_cannot_be_compared(other: Detection | None) -> None:
    assert not RECIPE.agrees_with(replace(RECIPE, detection=other))
    assert not replace(RECIPE, detection=other).agrees_with(RECIPE)


def test_where_a_detector_s_file_lies_does_not_matter() -> None:
    elsewhere = replace(FOUND, detectors=(replace(YUNET, source="/b.onnx"), FOUND.detectors[1]))
    assert RECIPE.agrees_with(replace(RECIPE, detection=elsewhere))


def test_people_read_by_what_faces_are_looked_for() -> None:
    assert str(RECIPE).endswith("crop auto by yunet abababab and animeface cdcdcdcd)")


@pytest.mark.parametrize(
    "spoiled",
    [
        {"detectors": []},
        {"detectors": [asdict(YUNET)] * 5},
        {"detectors": [{"name": "yunet", "sha256": "ab"}]},
        {"margin": -0.1},
        {"margin": 5.0},
        {"margin": "0.5"},
        {"version": 0},
        {"more": 1},
    ],
)
def test_a_recipe_with_a_strange_detection_is_refused(spoiled: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError)):
        Detection.from_mapping(asdict(FOUND) | spoiled)
