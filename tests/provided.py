"""Fixtures: a small model of one's own, what builds it, and who hears of that."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fewshot.backbones import provision
from fewshot.backbones.artifact import Artifact
from fewshot.backbones.catalog import find_backbone
from fewshot.backbones.choice import BackboneChoice
from fewshot.watch import Watch
from tests.networks import write_own_model


class Listener(Watch):
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def say(self, text: str) -> None:
        self.heard.append(text)

    @property
    def built(self) -> int:
        return sum(text.startswith("building") for text in self.heard)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_own_model(tmp_path_factory.mktemp("models") / "own.keras")


Provide = Callable[..., Artifact]


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def provide(model: Path, listener: Listener) -> Provide:
    def run(path: Path = model, **options: Any) -> Artifact:
        choice = BackboneChoice(f"file:{path}", **options)
        return provision.provide(choice, find_backbone(choice.name), listener)

    return run
