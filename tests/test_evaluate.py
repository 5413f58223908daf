"""evaluate: contenders on equal terms, leaks out, the same figures on any number of cores."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import fewshot
from fewshot.backbones.catalog import MOBILENETV2, PALETTE
from fewshot.backbones.choice import BackboneChoice
from fewshot.backbones.palette import Palette
from fewshot.evaluation.contender import Said
from fewshot.evaluation.errors import CannotEvaluate
from fewshot.evaluation.linear import FittedLinear
from fewshot.evaluation.ready import Ready
from fewshot.evaluation.report import Evaluation
from fewshot.interval import wilson
from tests.test_same_picture import scene

NAMES, PICTURES = 6, 8


def picture(name: int, seed: int) -> Image.Image:
    """Draw what the pictures of a name have in common, with more of its own."""
    return Image.blend(scene(name), scene(1_000 + 50 * name + seed), 0.62)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six drawn names with eight pictures each; one of them stands there twice."""
    root = tmp_path_factory.mktemp("pictures")
    for name in range(NAMES):
        (root / f"name{name}").mkdir()
        for seed in range(PICTURES):
            picture(name, seed).save(root / f"name{name}" / f"{seed}.png")
    (root / "name0" / "again.png").write_bytes((root / "name0" / "0.png").read_bytes())
    picture(1, 0).save(root / "name1" / "again.jpg", quality=60)
    return root


@pytest.fixture(scope="module")
def report(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FEWSHOT_CACHE", str(tmp_path_factory.mktemp("cache")))
        return fewshot.evaluate(
            folder, methods=["usual"], backbones=["palette"], shots=[1, 3], episodes=4,
            protocols=["all", "open", "queries", "growth"],
        )  # fmt: skip


def vectors(names: int = 6, each: int = 12, seed: int = 0) -> tuple[Any, list[str]]:
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(names), each)
    rows = rng.standard_normal((names, 30))[labels] + rng.standard_normal((len(labels), 30))
    return rows, [f"n{one}" for one in labels.tolist()]


def test_every_contender_is_asked_in_every_setting(report: Evaluation) -> None:
    found = {(one.setting.protocol, one.setting.shots, one.method.name) for one in report.results}
    for name in ("gallery", "nn", "mean", "mean-centered", "ridge", "logistic", "svm"):
        assert {("all classes", 1, name), ("all classes", 3, name), ("open set", 3, name)} <= found


def test_all_contenders_answer_the_same_queries(report: Evaluation) -> None:
    for shots in (1, 3):
        asked = [
            one.tally.asked.tolist()
            for one in report.results
            if one.setting.protocol == "all classes" and one.setting.shots == shots
        ]
        assert len(asked) > 5
        assert all(one == asked[0] for one in asked)


def test_more_pictures_a_name_are_better(report: Evaluation) -> None:
    one, three = (report.result("mean", shots=n, protocol="all classes") for n in (1, 3))
    assert three.accuracy.value > one.accuracy.value > one.chance


def test_copies_are_found_and_told(report: Evaluation) -> None:
    leaks = report.to_dict()["leaks"]
    assert (leaks["equal"], leaks["near"]) == (1, 1)
    kinds = {(pair["one"], pair["other"]): pair["kind"] for pair in leaks["pairs"]}
    assert sorted(kinds.values()) == ["equal", "near"]
    assert {name for pair in kinds for name in pair} == {
        "name0/0.png", "name0/again.png", "name1/0.png", "name1/again.jpg",
    }  # fmt: skip


def test_what_is_leaked_is_left_out_and_the_figure_given_both_ways(report: Evaluation) -> None:
    found = report.result("nn", shots=3, protocol="all classes")
    assert found.tally.leaked > 0
    assert found.with_leaks is not None
    assert found.with_leaks.value > found.accuracy.value
    assert found.n == 4 * (NAMES * PICTURES + 2 - NAMES * 3) - found.tally.leaked


def test_the_baseline_has_no_difference_and_the_others_a_paired_one(report: Evaluation) -> None:
    base, other = (report.result(name, shots=3) for name in ("gallery", "svm"))
    assert base.difference is None
    assert other.difference is not None
    gap = other.accuracy.value - base.accuracy.value
    assert other.difference.value == pytest.approx(gap)


def test_strangers_are_named_at_a_rate_by_our_matching_alone(report: Evaluation) -> None:
    ours, other = (report.result(name, protocol="open set").strangers for name in ("gallery", "nn"))
    assert ours is not None
    assert other is not None
    assert ours.false_names is not None
    assert other.false_names is None
    assert 0.5 < other.auroc.value <= 1.0


def test_queries_without_color_are_harder_for_palette(report: Evaluation) -> None:
    color, gray = (
        next(
            one
            for one in report.results
            if (one.setting.protocol, one.setting.view, one.method.name)
            == ("queries", view, "mean")
        )
        for view in ("color", "gray")
    )
    assert gray.accuracy.value < color.accuracy.value


def test_a_growing_gallery_is_asked_at_each_size(report: Evaluation) -> None:
    sizes = [
        one.ways
        for one in report.results
        if one.setting.protocol == "growth" and one.method.name == "gallery"
    ]
    assert sizes == [4]  # two of six names are strangers


def test_few_names_are_said_to_be_too_few(report: Evaluation) -> None:
    assert any("6 names are too few" in one for one in report.to_dict()["verdict"])


def test_json_is_the_same_on_any_number_of_cores(folder: Path) -> None:
    def told(threads: int) -> str:
        done = fewshot.evaluate(
            folder, backbones=["palette"], shots=3, episodes=3, threads=threads, cache=False
        )
        return json.dumps(done.to_dict())

    assert told(1) == told(2)


def test_another_seed_gives_other_draws() -> None:
    one, same, other = (
        fewshot.evaluate(*vectors(), shots=2, methods=["mean"], seed=seed).to_dict()["results"]
        for seed in (1, 1, 2)
    )
    assert one == same
    assert one != other


@pytest.mark.parametrize(("each", "shots"), [(5, [1, 4]), (7, [1, 5, 6]), (30, [1, 5, 10])])
def test_as_many_shots_are_usual_as_leave_a_query(each: int, shots: list[int]) -> None:
    told = fewshot.evaluate(*vectors(4, each), methods=["mean"], episodes=2).to_dict()["results"]
    assert [one["shots"] for one in told if one["protocol"] == "all classes"] == shots


def test_a_test_folder_is_asked_as_it_is(folder: Path, tmp_path: Path) -> None:
    for name in range(NAMES):
        (tmp_path / "test" / f"name{name}").mkdir(parents=True)
        picture(name, 40).save(tmp_path / "test" / f"name{name}" / "a.png")
    (tmp_path / "test" / "name0" / "leaked.png").write_bytes(
        (folder / "name0" / "3.png").read_bytes()
    )
    done = fewshot.evaluate(
        folder, test=tmp_path / "test", methods=["nn", "mean"], backbones=["palette"]
    )
    found = done.result("nn")
    assert (found.setting.protocol, found.n, found.tally.leaked) == ("given", NAMES, 1)
    assert found.plain is not None
    assert found.plain.n == NAMES
    assert found.plain_with_leaks is not None
    assert found.plain_with_leaks.n == NAMES + 1


def test_names_that_are_not_asked_about_compete_and_those_not_enrolled_are_strangers() -> None:
    rows, labels = vectors(names=8, each=6)
    enrolled = [at for at, name in enumerate(labels) if name != "n7"]
    asked = [at for at, name in enumerate(labels) if name in ("n0", "n1", "n7")]
    done = fewshot.evaluate(
        rows[enrolled], [labels[at] for at in enrolled], methods=["gallery", "mean"],
        test=(rows[asked] * 1.5 + 0.4, [labels[at] for at in asked]),
    )  # fmt: skip
    found = done.result("gallery")
    assert (found.ways, found.classes, found.n) == (7, 2, 12)
    assert found.strangers is not None
    assert found.strangers.strangers == 6


def test_strangers_do_not_count_where_shots_are_chosen() -> None:
    rows, labels = vectors(12, 11)
    enrolled = [at for at, name in enumerate(labels) if name not in ("n8", "n9", "n10", "n11")]
    done = fewshot.evaluate(
        rows[enrolled], [labels[at] for at in enrolled], test=(rows + 0.3, labels),
        methods=["mean"], protocols=["all", "episodes"], episodes=2,
    )  # fmt: skip
    assert {one.setting.shots for one in done.results} == {1, 5, 10}


def test_few_strangers_are_said_to_be_too_few() -> None:
    rows, labels = vectors(30, 4)
    enrolled = [at for at, name in enumerate(labels) if name != "n29"]
    told = fewshot.evaluate(
        rows[enrolled], [labels[at] for at in enrolled], test=(rows + 0.3, labels), methods=["mean"]
    ).to_dict()
    assert any("AUROC and OSCR rest on 1 names on one side" in one for one in told["verdict"])
    assert told["results"][0]["open"]["names"] == 1


def test_a_growing_gallery_is_held_beside_what_is_asked_of_it() -> None:
    done = fewshot.evaluate(
        *vectors(8, 4), methods=["gallery", "mean"], baseline="ridge", shots=2, episodes=2,
        protocols=["growth"],
    )  # fmt: skip
    assert done.result("mean").difference is not None
    assert any("growth: held beside our matching" in one for one in done.notes)
    assert any("From 5 names to 6, our matching" in one for one in done.to_dict()["verdict"])


def test_three_names_are_too_few_to_grow_and_it_is_said() -> None:
    done = fewshot.evaluate(
        *vectors(3, 6), methods=["mean"], shots=2, protocols=["all", "growth"], episodes=2
    )
    assert any(one.startswith("growth") and "not asked" in one for one in done.notes)


def test_a_baseline_that_was_not_asked_is_asked_too() -> None:
    done = fewshot.evaluate(*vectors(), methods=["mean"], baseline="nn", shots=2)
    assert done.result("mean").difference is not None
    assert done.result("nn").difference is None


def test_a_baseline_that_cannot_be_fitted_leaves_no_differences() -> None:
    done = fewshot.evaluate(*vectors(), methods=["mean"], baseline="lda", shots=1)
    assert done.result("mean").difference is None
    assert "(the baseline)" not in done.to_markdown()


def test_a_gain_of_all_names_alike_is_no_certainty() -> None:
    rows = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32)
    names = ["a", "b", "c"]
    done = fewshot.evaluate(
        np.concatenate([rows, rows]), names * 2, test=(rows + 0.01, names), methods=["nn", "mean"],
        baseline="nn",
    )  # fmt: skip
    assert done.result("mean").macro_f1.low < 0.9
    difference = done.result("mean").difference
    assert difference is not None
    assert not difference.apart


def test_near_all_right_the_interval_is_that_of_so_many_pictures_at_least() -> None:
    done = fewshot.evaluate(*vectors(8, 12), methods=["mean"], shots=8, episodes=4)
    found = done.result("mean", protocol="all classes")
    low, high = wilson(found.accuracy.value * found.pictures, found.pictures)
    assert found.accuracy.low <= low
    assert found.accuracy.high >= high


def test_a_contender_that_gives_no_finite_scores_is_left_out_and_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        FittedLinear, "ask", lambda self, queries: Said(np.full((len(queries.vectors), 6), np.nan))
    )
    done = fewshot.evaluate(*vectors(), methods=["mean", "ridge"], shots=2, protocols=["all"])
    assert [one.method.name for one in done.results] == ["mean"]
    assert any("ridge: left out" in one and "not finite" in one for one in done.notes)


def test_numbers_of_numpy_are_numbers() -> None:
    given: dict[str, Any] = {
        "shots": np.array([1, 2]),
        "seed": np.int64(3),
        "episodes": np.int64(2),
    }
    done = fewshot.evaluate(*vectors(), methods="mean", **given)
    assert json.dumps(done.to_dict())


def test_queries_in_opposite_hues_are_harder_for_palette(report: Evaluation) -> None:
    color, hue = (
        next(
            one
            for one in report.results
            if (one.setting.protocol, one.setting.view, one.method.name) == ("queries", view, "nn")
        )
        for view in ("color", "hue")
    )
    assert hue.accuracy.value < color.accuracy.value


def test_the_verdict_speaks_of_few_pictures_and_of_many() -> None:
    told = fewshot.evaluate(*vectors(8, 14), methods=["gallery", "ridge"], episodes=3).to_dict()
    assert "5 pictures a name: our matching" in told["verdict"][0]
    assert "10 pictures a name: our matching" in told["verdict"][1]
    assert {one["shots"] for one in told["results"] if one["headline"]} == {5}


def test_the_verdict_speaks_of_what_was_asked(report: Evaluation) -> None:
    told = " ".join(report.to_dict()["verdict"])
    assert "Queries by their colors, palette: color 0." in told
    assert "From 4 names to 4, our matching, palette: accuracy" in told


def test_a_result_is_looked_for_where_the_report_is_headed_by() -> None:
    done = fewshot.evaluate(*vectors(8, 14), methods=["mean"], episodes=2)
    assert done.result("mean").setting.shots == 5
    with pytest.raises(KeyError, match="there is mean, shots 1; mean, shots 10; mean, shots 5"):
        done.result("ridge")


def test_palette_has_no_layers_to_fine_tune(folder: Path) -> None:
    done = fewshot.evaluate(
        folder, methods=["mean", "finetune"], backbones="palette", shots=1, episodes=1
    )
    assert {one.method.name for one in done.results} == {"mean"}
    assert "fine-tuned: palette has no layers to train" in done.notes


def test_a_name_whose_test_pictures_are_all_enrolled_is_told() -> None:
    rows, labels = vectors(3, 6)
    first = [at for at, name in enumerate(labels) if name == "n0"][:2]
    others = [at for at, name in enumerate(labels) if name != "n0"][:3]
    asked = np.concatenate([rows[first], rows[others] + 0.3]), [labels[at] for at in first + others]
    done = fewshot.evaluate(rows, labels, methods=["mean"], test=asked)
    assert any(one.startswith("n0: not asked about") for one in done.notes)


def test_where_every_answer_is_right_the_interval_is_that_of_so_many_pictures() -> None:
    rows, labels = vectors()
    one_of_each = [labels.index(name) for name in sorted(set(labels))]
    done = fewshot.evaluate(
        rows, labels, test=(rows[one_of_each] * 1.01, sorted(set(labels))), methods=["nn"]
    )
    found = done.result("nn").accuracy
    assert found.value == 1.0
    assert found.low == pytest.approx(0.61, abs=0.01)  # Wilson, 6 of 6


def test_any_vectors_can_be_judged() -> None:
    done = fewshot.evaluate(*vectors(), methods=["mean", "ridge"], shots=(1, 5))
    assert [one.backbone for one in done.results[:1]] == ["vectors"]
    assert "nearest class mean" in done.to_markdown()


def test_markdown_holds_every_result_but_no_time(report: Evaluation) -> None:
    text = report.to_markdown()
    assert "| our matching |" in text
    assert "ms" not in text
    for one in report.results:
        assert one.accuracy.said() in text


def test_the_page_shows_mistakes_and_a_map(report: Evaluation) -> None:
    html = report.to_html()
    assert html == report.to_html()
    assert html.count("data:image/jpeg") > NAMES * PICTURES


def test_times_are_kept_apart(report: Evaluation) -> None:
    assert all(one["fit_ms"] is None or one["fit_ms"] >= 0 for one in report.times)
    assert not {"fit_ms", "query_ms", "milliseconds"} & set(report.to_dict()["results"][0])


def test_imagenet_backbones_are_stamped_on_pictures_of_imagenet() -> None:
    posing, palette = Palette(PALETTE), Palette(PALETTE)
    posing.spec = MOBILENETV2
    stamped = Ready("mobilenetv2", posing, BackboneChoice("mobilenetv2")).stamp(from_imagenet=True)
    assert stamped is not None
    assert "ImageNet" in stamped
    assert (
        Ready("mobilenetv2", posing, BackboneChoice("mobilenetv2")).stamp(from_imagenet=False)
        is None
    )
    assert Ready("palette", palette, BackboneChoice("palette")).stamp(from_imagenet=True) is None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"protocols": ["al"]}, "there is all, episodes, given, open, growth, queries"),
        ({"shots": 0}, "from 1 to 100,000"),
        ({"ways": 1}, "2 names"),
        ({"baseline": "best"}, "there is gallery"),
        ({"protocols": ["given"]}, "--test"),
        ({"protocols": ["queries"]}, "no colors"),
        ({"seed": -1}, "from 0"),
    ],
)
def test_what_cannot_be_measured_is_said(given: dict[str, Any], said: str) -> None:
    with pytest.raises(CannotEvaluate, match=said):
        fewshot.evaluate(*vectors(), **given)


def test_vectors_without_labels_are_refused() -> None:
    with pytest.raises(ValueError, match="labels"):
        fewshot.evaluate(vectors()[0])
