"""backbones.catalog: read without building, one look-up, an error that lists what there is."""

from __future__ import annotations

import pytest

from fewshot.backbones.catalog import BACKBONES, DEFAULT, find_backbone
from fewshot.backbones.loading import load_backbone
from fewshot.errors import UnknownBackbone


def test_the_default_is_in_the_catalog() -> None:
    assert DEFAULT in BACKBONES


@pytest.mark.parametrize("name", BACKBONES)
def test_a_card_stands_under_its_own_name(name: str) -> None:
    assert find_backbone(name).name == name


def test_the_default_carries_its_card() -> None:
    assert load_backbone(DEFAULT).spec == find_backbone(DEFAULT)


def test_an_unknown_backbone_suggests_the_nearest() -> None:
    with pytest.raises(UnknownBackbone, match="did you mean palette"):
        find_backbone("pallete")
