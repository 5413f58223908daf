"""Heads and networks as contenders: trained on the support, kept where a run was interrupted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import fewshot
from fewshot.evaluation import asking
from fewshot.evaluation.contender import Side
from fewshot.evaluation.kept import answers_file
from fewshot.evaluation.methods import METHODS, Known, contender_of
from fewshot.training.settings import _DEFAULTS
from tests.conftest import Folder
from tests.models import knowing_colors
from tests.networks import choice_with_random_weights
from tests.test_contenders import world
from tests.test_evaluate import vectors

pytestmark = [pytest.mark.tensorflow, pytest.mark.usefixtures("short")]

NOBODY_KNOWS = Known(None, None, None, 0.0, 0.05)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let trainings from scratch end soon."""
    monkeypatch.setitem(_DEFAULTS["scratch"], "epochs", 2)


@pytest.mark.parametrize("name", ["softmax", "triplet"])
def test_a_head_is_trained_on_the_support(name: str) -> None:
    support, labels, queries, truth = world(names=3)
    fitted = contender_of(METHODS[name], NOBODY_KNOWS).fit(Side(support), labels, 3, 0)
    assert fitted is not None
    said = fitted.ask(Side(queries))
    assert said.chances is not None
    assert said.chances.sum(axis=1) == pytest.approx(1.0, abs=1e-5)
    assert (said.scores.argmax(axis=1) == truth).mean() > 0.6
    assert fitted.size > support.shape[1] * 4


def test_a_network_from_scratch_sees_pixels() -> None:
    rng = np.random.default_rng(0)
    colors = np.array([(200, 30, 40), (30, 60, 200)])
    labels = np.repeat([0, 1], 4)

    def pixels(size: int) -> NDArray[Any]:
        noise = rng.integers(-20, 20, (8, size, size, 3))
        made: NDArray[Any] = np.clip(colors[labels][:, None, None, :] + noise, 0, 255)
        return made.astype(np.uint8)

    side = Side(np.empty((8, 0), np.float32), pixels)
    fitted = contender_of(METHODS["scratch"], NOBODY_KNOWS).fit(side, labels, 2, 0)
    assert fitted is not None
    said = fitted.ask(side)
    assert said.scores.shape == (8, 2)
    assert fitted.size > 10_000


def test_a_run_that_was_interrupted_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {
        "methods": ["mean", "softmax"], "shots": 2, "episodes": 3, "protocols": ["all"],
    }  # fmt: skip
    whole = fewshot.evaluate(*vectors(3, 6), cache=False, **given).to_dict()
    trained: list[int] = []

    def counting(method, known):  # type: ignore[no-untyped-def]
        made = contender_of(method, known)
        if method.name != "softmax":
            return made

        class Stopped:
            def fit(self, *side):  # type: ignore[no-untyped-def]
                if len(trained) == 2:
                    raise KeyboardInterrupt
                trained.append(1)
                return made.fit(*side)

        return Stopped()

    with monkeypatch.context() as patch:
        patch.setattr(asking, "contender_of", counting)
        with pytest.raises(KeyboardInterrupt):
            fewshot.evaluate(*vectors(3, 6), **given)
        assert answers_file().is_file()
        trained.clear()
        again = fewshot.evaluate(*vectors(3, 6), **given).to_dict()
    assert len(trained) == 1  # the third; two were kept
    assert again == whole


def test_answers_of_other_pictures_are_not_taken() -> None:
    given: dict[str, Any] = {
        "methods": ["softmax"],
        "shots": 2,
        "episodes": 2,
        "protocols": ["all"],
    }
    one = fewshot.evaluate(*vectors(3, 6, seed=0), **given)
    other = fewshot.evaluate(*vectors(3, 6, seed=1), **given)
    fresh = fewshot.evaluate(*vectors(3, 6, seed=1), cache=False, **given)
    assert other.to_dict() == fresh.to_dict()
    assert one.to_dict() != other.to_dict()


def test_answers_are_of_the_same_names_when_others_come_and_go() -> None:
    given: dict[str, Any] = {"methods": ["softmax"], "shots": 2, "episodes": 2}
    rows, labels = vectors(3, 6)
    fewshot.evaluate(rows, labels, **given)
    more = np.concatenate([rows, rows[:1] + 0.1]), [*labels, "a"]  # too few pictures to compete
    with_it, fresh = (
        fewshot.evaluate(*more, **given, cache=cache).to_dict()["results"]
        for cache in (True, False)
    )
    assert with_it == fresh


def test_a_network_is_fine_tuned_on_the_support(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("head_epochs", "epochs"):
        monkeypatch.setitem(_DEFAULTS["finetune"], name, 2)
    choice = choice_with_random_weights("mobilenetv2", tmp_path)
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 3)

    def pixels(size: int) -> NDArray[Any]:
        return rng.integers(0, 255, (6, size, size, 3)).astype(np.uint8)

    side = Side(np.empty((6, 0), np.float32), pixels)
    known = Known("mobilenetv2", None, choice, 0.0, 0.05)
    fitted = contender_of(METHODS["finetune"], known).fit(side, labels, 2, 0)
    assert fitted is not None
    said = fitted.ask(side)
    assert np.isfinite(said.scores).all()
    assert said.scores.shape == (6, 2)


def test_what_takes_no_backbone_can_be_the_baseline_of_all(
    folder_of: Folder, tmp_path: Path
) -> None:
    knowing_colors().write(tmp_path / "model.fewshot")
    done = fewshot.evaluate(
        folder_of(red=3, blue=3), methods=["mean"], baseline="scratch", shots=1, episodes=1,
        backbones=["palette", f"file:{tmp_path / 'model.fewshot'}"], protocols=["all"],
    )  # fmt: skip
    beside = [one.beside for one in done.results if one.method.name == "mean"]
    assert beside == ["none", "none"]


def test_a_network_from_scratch_is_asked_once_for_all_backbones(folder_of: Folder) -> None:
    folder = folder_of(red=3, blue=3)
    done = fewshot.evaluate(
        folder, methods=["mean", "scratch"], backbones=["palette"], shots=1, episodes=1,
        protocols=["all"],
    )  # fmt: skip
    found = done.result("scratch")
    assert found.backbone == "none"
    assert found.difference is not None
    assert found.beside == "palette"
