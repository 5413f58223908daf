"""What is learned from and what is scored on: fair halves, and leaks and lone classes refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from fewshot.training.errors import CannotTrain
from fewshot.training.examples import Examples, read_examples
from tests.conftest import Folder, draw


def split(folder: Path, share: float = 0.25, seed: int = 0) -> Examples:
    return read_examples(folder, None, split=share, seed=seed)[0]


def refusal(folder: Path, validation: Path | None = None) -> CannotTrain:
    with pytest.raises(CannotTrain) as refused:
        read_examples(folder, validation, split=0.25, seed=0)
    return refused.value


def test_a_split_takes_its_share_of_each_class(folder_of: Folder) -> None:
    made = split(folder_of(red=8, blue=4))
    assert [one.name for one in made.validation].count("red") == 2
    assert [one.name for one in made.validation].count("blue") == 1


def test_a_class_of_two_pictures_has_one_on_each_side(folder_of: Folder) -> None:
    made = split(folder_of(red=2, blue=2), share=0.9)
    assert len(made.train) == len(made.validation) == 2


def test_no_picture_stands_on_both_sides(folder_of: Folder) -> None:
    made = split(folder_of(red=8, blue=8))
    assert {one.digest for one in made.train}.isdisjoint(one.digest for one in made.validation)


def test_the_same_seed_splits_alike_wherever_the_pictures_lie(
    folder_of: Folder, tmp_path: Path
) -> None:
    folder = folder_of(red=6, blue=6)
    moved = tmp_path / "elsewhere"
    shutil.copytree(folder, moved)
    for number, file in enumerate(sorted(moved.rglob("*.png"))):
        file.rename(file.with_name(f"{99 - number}.png"))
    assert split(folder).digest == split(moved).digest


def test_another_seed_splits_otherwise(folder_of: Folder) -> None:
    folder = folder_of(red=8, blue=8)
    assert split(folder).digest != split(folder, seed=1).digest


def test_classes_are_numbered_by_the_alphabet(folder_of: Folder) -> None:
    made = split(folder_of(red=2, blue=2))
    assert made.names == ("blue", "red")
    assert made.labels(made.train).tolist() == [
        ("blue", "red").index(one.name) for one in made.train
    ]


def test_one_class_is_refused(folder_of: Folder) -> None:
    assert "one class only, red" in str(refusal(folder_of(red=5)))


def test_one_picture_a_class_is_refused_by_name(folder_of: Folder) -> None:
    refused = refusal(folder_of(red=5, blue=1))
    assert "blue has one picture only" in str(refused)
    assert refused.things == ("blue",)


def test_a_class_missing_in_validation_is_refused_by_name(folder_of: Folder) -> None:
    folder, other = folder_of(red=3, blue=3), folder_of("other", green=1)
    (other / "red").mkdir()
    draw("red", 50).save(other / "red" / "1.png")
    shutil.rmtree(other / "green")
    assert "blue has no picture to validate on" in str(refusal(folder, other))


def test_a_class_missing_in_training_is_refused_by_name(folder_of: Folder) -> None:
    folder, other = folder_of(red=3, blue=3), folder_of("other", green=1)
    for color in ("red", "blue"):
        (other / color).mkdir()
        draw(color, 50).save(other / color / "1.png")
    assert "green has pictures to validate on, none to learn from" in str(refusal(folder, other))


def test_pictures_in_both_folders_are_refused_and_listed(folder_of: Folder) -> None:
    folder, other = folder_of(red=3, blue=3), folder_of("other", red=1, blue=1)
    refused = refusal(folder, other)
    assert "2 picture(s) stand in" in str(refused)
    for color in ("red", "blue"):
        same = f"{folder / color / '00.png'} = {other / color / '00.png'}"
        assert same in refused.things
        assert same in str(refused)


def test_a_leak_under_another_name_is_found_too(folder_of: Folder) -> None:
    folder, other = folder_of(red=3, blue=3), folder_of("other", green=1)
    for color in ("red", "blue"):
        (other / color).mkdir()
        draw(color, 50).save(other / color / "1.png")
    shutil.rmtree(other / "green")
    shutil.copy(folder / "red" / "00.png", other / "blue" / "renamed.png")
    assert "1 picture(s) stand in" in str(refusal(folder, other))


def test_the_same_picture_twice_in_a_class_counts_once(folder_of: Folder) -> None:
    folder = folder_of(red=3, blue=3)
    shutil.copy(folder / "red" / "00.png", folder / "red" / "again.png")
    made, notes = read_examples(folder, None, split=0.25, seed=0)
    assert len(made.train) + len(made.validation) == 6
    assert any("again.png is 00.png once more" in note for note in notes)


def test_the_same_picture_in_two_classes_is_refused(folder_of: Folder) -> None:
    folder = folder_of(red=3, blue=3)
    shutil.copy(folder / "red" / "00.png", folder / "blue" / "wrong.png")
    assert "the same picture in two classes" in str(refusal(folder))


def test_what_could_not_be_read_is_left_out(folder_of: Folder) -> None:
    made = split(folder_of(red=4, blue=4))
    lost = made.train[0].file
    assert lost not in {one.file for one in made.without({lost}).train}


@pytest.mark.parametrize("share", [0.0, 1.0, float(np.nan)])
def test_a_split_lies_between_none_and_all(folder_of: Folder, share: float) -> None:
    with pytest.raises(CannotTrain, match="between 0 and 1"):
        split(folder_of(red=4, blue=4), share)
