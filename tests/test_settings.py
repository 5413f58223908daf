"""How a model is to be trained, as one value: what is wrong with it is said before it runs."""

from __future__ import annotations

from typing import Any

import pytest

from fewshot.training.errors import BadSetting
from fewshot.training.settings import AUGMENTATIONS, KINDS, Settings


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_alone_is_enough(kind: str) -> None:
    made = Settings(kind)
    assert made.epochs > 0
    assert made.rate > 0
    assert made.head


def test_the_triplet_head_has_its_loss() -> None:
    assert Settings("triplet").loss == "triplet"


def test_color_is_left_alone_unless_it_is_named() -> None:
    assert dict(Settings("finetune").augment) == {}


@pytest.mark.parametrize("name", list(AUGMENTATIONS))
def test_each_augmentation_is_taken_by_name_and_amount(name: str) -> None:
    assert Settings("scratch", augment={name: 0.1}).augment == {name: 0.1}


def test_they_are_read_again_from_what_they_are_written_as() -> None:
    one = Settings("finetune", augment={"zoom": 0.2}, unfreeze="block_16_expand", size=150)
    assert Settings.from_mapping(one.to_mapping()) == one


def test_anything_else_has_another_digest() -> None:
    assert Settings("softmax").digest != Settings("softmax", seed=1).digest


BAD: list[tuple[dict[str, Any], str]] = [
    ({"kind": "magic"}, "kind cannot be magic: there is softmax, triplet"),
    ({"kind": "softmax", "head": "huge"}, "head cannot be huge"),
    ({"kind": "softmax", "optimizer": "lion"}, "there is adam, nadam, sgd"),
    ({"kind": "softmax", "epochs": 2.5}, "a whole number"),
    ({"kind": "softmax", "epochs": True}, "a whole number"),
    ({"kind": "softmax", "rate": float("nan")}, "rate cannot be nan"),
    ({"kind": "softmax", "seed": -1}, "seed cannot be -1"),
    ({"kind": "softmax", "augment": {"flip": 1.0}}, "vectors are computed once"),
    ({"kind": "softmax", "head": "flatten-256"}, "vectors are pooled"),
    ({"kind": "softmax", "loss": "triplet"}, "a softmax head has its own"),
    ({"kind": "triplet", "loss": "binary"}, "a triplet head has its own"),
    ({"kind": "scratch", "augment": {"warp": 1.0}}, "there is rotation, zoom, shift"),
    ({"kind": "scratch", "augment": {"zoom": 5.0}}, "up to 0.9"),
    ({"kind": "scratch", "augment": {"zoom": 0.0}}, "up to 0.9"),
    ({"kind": "scratch", "augment": "zoom"}, "a name and an amount"),
    ({"kind": "scratch", "size": 4}, "size cannot be 4"),
    ({"kind": "finetune", "unfreeze": -1}, "unfreeze cannot be -1"),
    ({"kind": "softmax", "colour": 1}, "no setting is called so"),
    ({}, "kind cannot be left out"),
    ({"kind": "softmax", "margin": 0.5}, "it decides nothing in this training"),
    ({"kind": "triplet", "batch": 8}, "it decides nothing in this training"),
    ({"kind": "finetune", "unfreeze": 0, "rate": 0.01}, "it decides nothing in this training"),
    ({"kind": "scratch", "unfreeze": 3}, "it decides nothing in this training"),
]


@pytest.mark.parametrize(("parts", "words"), BAD)
def test_what_is_none_is_refused_by_name(parts: dict[str, Any], words: str) -> None:
    with pytest.raises(BadSetting) as refused:
        Settings.from_mapping(parts)
    assert words in str(refused.value)
