"""training/: what `compact` was made by; on pictures drawn here, the real ones where they are."""

from __future__ import annotations

import json
import os
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from training.batches import chances
from training.pictures import Pictures, class_of, list_pictures, read
from training.recipe import Recipe, plan
from training.validation import HELD_OUT, held_out, looked_at, nearest_mean, scores
from training.views import VIEWS, cut, student_view, views_of

DATA = Path(os.environ.get("FEWSHOT_TEST_DATA", ""))
real = pytest.mark.skipif(not (DATA / "train").is_dir(), reason="FEWSHOT_TEST_DATA is not set")

SETS = {"hololive20": 4, "pokemon150": 5, "ourcar_photo": 5, "ourcar_caric": 5}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SET/CLASS/*.png: 7 pictures a class, each class of one color."""
    folder = tmp_path_factory.mktemp("train")
    rng = np.random.default_rng(0)
    for name, classes in SETS.items():
        for one in range(classes):
            color = rng.integers(0, 255, 3)
            place = folder / name / f"c{one}"
            place.mkdir(parents=True)
            for picture in range(7):
                noise = rng.normal(color, 30, (40 + picture, 60, 3))
                pixels = np.clip(noise, 0, 255).astype(np.uint8)
                Image.fromarray(pixels).save(place / f"{picture}.png")
    return folder


@pytest.fixture(scope="module")
def pictures(root: Path) -> Pictures:
    return read(list_pictures(root))


def test_pictures_come_with_their_set_and_class(pictures: Pictures) -> None:
    assert len(pictures) == 7 * sum(SETS.values())
    assert pictures.sets[0] == "hololive20"
    assert pictures.pixels[0].shape == (40, 60, 3)


def test_a_photograph_and_a_caricature_of_one_person_share_a_class() -> None:
    one, other = (Path(f"train/ourcar_{kind}/Ann/1.jpg") for kind in ("photo", "caric"))
    assert class_of(one) == class_of(other) == "ourcar/Ann"


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no picture"):
        list_pictures(tmp_path)


def test_the_crops_of_a_picture_are_the_same_for_the_same_bytes() -> None:
    assert views_of(b"one") == views_of(b"one") != views_of(b"other")


def test_the_first_crop_is_the_picture_whole_and_all_lie_within_it() -> None:
    boxes = views_of(b"a picture")
    assert len(boxes) == VIEWS
    assert boxes[0] == (0.0, 0.0, 1.0, 1.0)
    assert all(0 <= left < right <= 1 and 0 <= top < low <= 1 for left, top, right, low in boxes)


def test_a_crop_keeps_a_pixel_of_the_smallest_picture() -> None:
    assert cut(np.zeros((1, 1, 3), np.uint8), (0.4, 0.4, 0.6, 0.6)).size


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (90, 40)])
def test_a_student_sees_a_square_within_bounds(size: tuple[int, int]) -> None:
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, 255, (*size, 3), dtype=np.uint8)
    for box in views_of(b"x"):
        seen = student_view(pixels, box, 64, rng)
        assert seen.shape == (64, 64, 3)
        assert seen.dtype == np.float32
        assert np.abs(seen).max() <= 1.0


def test_each_set_is_drawn_by_its_weight_and_each_class_by_the_root_of_its_size() -> None:
    sets = ["hololive20"] * 5 + ["genshin89"]
    classes = ["a"] * 4 + ["b", "c"]
    found = chances(Pictures([], sets, classes, []))
    assert found[:5].sum() / found[5] == pytest.approx(11 / 7)
    assert found[:4].sum() / found[4] == pytest.approx(2.0)  # four pictures against one


def test_held_out_classes_are_the_same_each_time_and_a_part_of_their_set() -> None:
    classes = [f"pokemon150/{one}" for one in range(20)]
    found = held_out(classes)
    assert found == held_out(classes[::-1])
    assert len(found) == HELD_OUT["pokemon150"] * 20


def test_somebody_held_out_of_one_set_is_held_out_of_the_other() -> None:
    classes = [f"ourcar/person_{one}" for one in range(10)]
    found = held_out([*classes, *(f"lfw/Person_{one}" for one in range(10))])
    assert {one.partition("_")[2] for one in found if one.startswith("lfw")} == {
        one.partition("_")[2] for one in found if one.startswith("ourcar")
    }


def test_sets_that_are_not_chosen_on_lose_no_class() -> None:
    assert not held_out(["emoji_styles/1", "emoji_styles/2"])


def test_a_held_out_class_is_looked_at_forty_times_at_most() -> None:
    many = Pictures([], ["lol148"] * 50, ["lol148/a"] * 50, [])
    assert len(looked_at(many, {"lol148/a"})) == 40


def test_vectors_that_tell_classes_apart_are_always_right() -> None:
    names = np.repeat(np.arange(3), 4)
    vectors = np.eye(3, dtype=np.float32)[names]
    assert nearest_mean(vectors, names, vectors, names) == 1.0


def test_scores_are_by_set_both_ways_across_and_in_the_mean(pictures: Pictures) -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(len(pictures), 400)).astype(np.float32)
    found = scores(pictures, vectors)
    assert set(found) == {*SETS, "photo_to_caric", "caric_to_photo", "mean_drawn", "mean_other"}
    assert found["mean_drawn"] == pytest.approx(
        (found["hololive20"] + found["pokemon150"]) / 2, abs=1e-9
    )
    assert found["pokemon150"] < 0.5  # numbers at random name nobody


def test_the_learning_rate_rises_then_falls_to_nothing() -> None:
    recipe = Recipe(samples=128_000)
    rates = [recipe.rate_at(step) for step in range(recipe.steps)]
    top = rates.index(max(rates))
    assert 0 < top < 50
    assert max(rates) == pytest.approx(recipe.rate, rel=0.01)
    assert rates[-1] < 1e-3 * recipe.rate


def test_pictures_grow_over_the_training() -> None:
    recipe = Recipe(samples=128_000)
    sides = [recipe.side_at(step) for step in range(recipe.steps)]
    assert sides == sorted(sides)
    assert set(sides) == {side for side, _ in recipe.sides}


def test_a_recipe_that_was_written_is_read_back(tmp_path: Path) -> None:
    recipe = Recipe().changed({"samples": 5, "sides": [[64, 1.0]], "shape": {"widths": [8, 8]}})
    (tmp_path / "recipe.json").write_text(recipe.to_json())
    assert Recipe.read(tmp_path / "recipe.json") == recipe
    assert recipe.shape.widths == (8, 8)


def test_a_recipe_has_no_other_parts() -> None:
    with pytest.raises(TypeError):
        Recipe().changed({"sample": 5})


def test_the_first_run_holds_classes_out_and_the_second_does_not() -> None:
    assert [(name, one.held_out) for name, one in plan({})] == [("-held-out", True), ("", False)]
    assert [name for name, _ in plan({}, only_first=True)] == ["-held-out"]


def test_what_is_asked_for_is_changed_in_both_runs() -> None:
    assert [one.margin for _, one in plan({"margin": 0.4})] == [0.4, 0.4]


def test_which_run_holds_classes_out_can_not_be_changed() -> None:
    with pytest.raises(ValueError, match="held_out"):
        plan({"held_out": False})


@real
def test_no_picture_that_is_trained_on_stands_in_dev() -> None:
    trained = {sha256(one.read_bytes()).digest() for one in list_pictures(DATA / "train")}
    judged = {
        sha256(one.read_bytes()).digest() for one in (DATA / "dev").rglob("*") if one.is_file()
    }
    assert len(trained) > 1000
    assert not trained & judged


@real
def test_no_class_that_is_trained_on_stands_in_dev() -> None:
    trained = {class_of(one) for one in list_pictures(DATA / "train")}
    judged = {class_of(one) for one in (DATA / "dev").glob("*/*/*") if one.is_file()}
    assert len(judged) > 100
    assert not trained & judged


@real
def test_nobody_who_is_trained_on_in_one_set_of_people_stands_in_another_of_dev() -> None:
    def people(part: str) -> set[str]:
        return {
            one.name.casefold()
            for name in ("lfw", "ourcar_photo", "ourcar_caric")
            for one in (DATA / part / name).iterdir()
        }

    assert len(people("train")) > 1000
    assert not people("train") & people("dev")


@real
def test_the_pictures_that_it_was_trained_on_are_those_of_train() -> None:
    from fewshot.backbones.shipped import FOLDER
    from training.package import TRAINED
    from training.pictures import digest_of

    said = json.loads((FOLDER / "compact" / TRAINED).read_text())
    files = list_pictures(DATA / "train")
    assert said == {"pictures": len(files), "sha256": digest_of(files)}
