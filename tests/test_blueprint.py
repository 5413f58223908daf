"""blueprint: the fingerprint holds all that decides a backbone's numbers, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fewshot.backbones.blueprint import Blueprint

ONE = Blueprint("mobilenetv2", "ab" * 32, 224, "symmetric", "out_relu", "float32", "/w/one.h5")


@pytest.mark.parametrize(
    "change",
    [
        {"network": "vgg19"},
        {"weights": "cd" * 32},
        {"size": 96},
        {"preprocessing": "raw"},
        {"layer": "block_13_expand_relu"},
        {"precision": "fp16"},
    ],
)
def test_whatever_decides_changes_the_fingerprint(change: dict[str, Any]) -> None:
    assert replace(ONE, **change).fingerprint != ONE.fingerprint


def test_where_the_weights_lay_does_not() -> None:
    elsewhere = replace(ONE, source="/somewhere/else.h5")
    assert elsewhere == ONE
    assert elsewhere.fingerprint == ONE.fingerprint


def test_the_fingerprint_is_the_same_in_every_version() -> None:
    # Galleries are bound to it: if this fails, galleries out there no longer open.
    assert ONE.fingerprint == "fb5a96038ad104286c2f51c5e7afd1858886f41c9395718665967d29128e1e2f"


def test_it_comes_back_from_its_mapping() -> None:
    back = Blueprint.from_mapping(ONE.to_mapping())
    assert (back, back.source) == (ONE, ONE.source)


@pytest.mark.parametrize(
    "change",
    [
        {"network": ""},
        {"network": "../../elsewhere"},
        {"network": "a\0b"},
        {"preprocessing": "nonsense"},
        {"weights": "ab"},
        {"weights": "AB" * 32},
        {"size": 0},
        {"size": 2049},
        {"size": "224"},
        {"size": True},
        {"precision": "float64"},
        {"layer": 7},
        {"source": "x" * 5000},
        {"more": 1},
    ],
)
def test_what_cannot_be_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"blueprint|precision"):
        Blueprint.from_mapping({**ONE.to_mapping(), **change})
