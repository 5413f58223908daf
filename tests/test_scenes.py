"""scenes: what a page shows is what was answered."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import fewshot
from fewshot.evaluation.episodes import ALL, Drawn, Setting
from fewshot.evaluation.gallery_map import laid_out
from fewshot.evaluation.report import Evaluation
from fewshot.evaluation.scene import Scene
from fewshot.evaluation.scenes import risk_against_coverage, scene_of
from tests.test_evaluate import picture, vectors
from tests.test_tally import answers, episode


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    root = tmp_path_factory.mktemp("pictures")
    for name in range(5):
        (root / f"name{name}").mkdir()
        for seed in range(6):
            picture(name, seed).save(root / f"name{name}" / f"{seed}.png")
    return fewshot.evaluate(
        root, methods=["gallery", "nn"], backbones="palette", shots=1, episodes=6, cache=False,
        protocols=["all"],
    )  # fmt: skip


@pytest.fixture(scope="module")
def scene(done: Evaluation) -> Scene:
    return scene_of(done)


def test_risk_is_the_share_of_wrong_answers_among_the_surest() -> None:
    asked = Drawn(Setting(ALL, 1), (episode(0, 1, 2, 3),), 0)
    said = answers(0, 1, 1, 1, rank=[0, 1, 0, 0], sureness=[0.9, 0.8, 0.7, 0.1])
    curve = risk_against_coverage("mean", asked, [said])
    at = dict(zip(np.round(curve.coverage, 2).tolist(), curve.risk.tolist(), strict=True))
    assert at[0.25] == 0.0
    assert at[0.5] == 0.5
    assert at[0.75] == pytest.approx(1 / 3)
    assert at[1.0] == 0.25


def test_what_is_leaked_has_no_part_in_risk() -> None:
    asked = Drawn(Setting(ALL, 1), (episode(0, 1, leaked=(0,)),), 0)
    curve = risk_against_coverage("mean", asked, [answers(0, 1, rank=[1, 0])])
    assert curve.risk.tolist() == [0.0] * len(curve.risk)


def test_at_full_coverage_risk_is_one_less_the_accuracy(done: Evaluation, scene: Scene) -> None:
    for curve in scene.curves:
        title = curve.title.split(" · ")[0]
        found = next(one for one in done.results if one.method.title == title)
        counted = found.tally
        assert curve.risk[-1] == pytest.approx(1 - counted.right.sum() / counted.asked.sum())


def test_a_mistake_is_shown_once_with_what_it_was_taken_for(scene: Scene) -> None:
    assert scene.mistakes
    assert len({one.source for one in scene.mistakes}) == len(scene.mistakes)
    for one in scene.mistakes:
        assert one.source.startswith(f"{one.truth}/")
        assert one.answer != one.truth
        assert all((one.picture, one.truth_picture, one.answer_picture))
        assert one.picture not in (one.truth_picture, one.answer_picture)


def test_the_confusion_is_that_of_the_best(done: Evaluation, scene: Scene) -> None:
    best = max(done.heading(), key=lambda one: one.accuracy.value)
    assert scene.confusion is not None
    assert (scene.confusion == best.tally.confusion).all()
    assert scene.confusion.sum() == best.n


def test_every_picture_has_a_place_on_the_map(done: Evaluation, scene: Scene) -> None:
    assert scene.map is not None
    assert len(scene.map.places) == len(scene.map.pictures) == len(done.samples)
    assert scene.map.places.min() == 0.0
    assert scene.map.places.max() == 1.0


def test_vectors_have_a_map_and_no_faces() -> None:
    scene = scene_of(fewshot.evaluate(*vectors(), methods=["mean"], shots=2, episodes=2))
    assert scene.map is not None
    assert scene.map.pictures == ()
    assert not scene.faces
    assert not scene.mistakes


@pytest.mark.parametrize(("n", "method"), [(3, "principal components"), (40, "t-SNE")])
def test_few_vectors_are_laid_out_by_principal_components(n: int, method: str) -> None:
    rows = np.random.default_rng(0).standard_normal((n, 8)).astype(np.float32)
    places, how = laid_out(rows, 0)
    assert (places.shape, how) == ((n, 2), method)
    assert np.isfinite(places).all()


def test_the_same_vectors_have_the_same_map() -> None:
    rows = np.random.default_rng(0).standard_normal((30, 8)).astype(np.float32)
    assert (laid_out(rows, 1)[0] == laid_out(rows, 1)[0]).all()


def test_the_page_names_the_folder_nowhere(done: Evaluation) -> None:
    assert str(Path(str(done.samples.folder))) not in done.to_html()
