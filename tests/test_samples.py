"""samples: what may be enrolled and asked about, by content, whatever the paths."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from fewshot.evaluation.errors import CannotEvaluate
from fewshot.evaluation.samples import read_samples, vector_samples
from tests.conftest import Folder


def test_each_sub_folder_is_a_name(folder_of: Folder) -> None:
    samples = read_samples(folder_of(red=2, blue=3))
    assert samples.names == ("blue", "red")
    assert np.bincount(samples.labels).tolist() == [3, 2]


def test_of_one_folder_everything_may_be_enrolled_and_asked(folder_of: Folder) -> None:
    samples = read_samples(folder_of(red=2, blue=2))
    assert samples.enrolls.all()
    assert samples.asks.all()


def test_with_a_folder_to_test_on_the_first_is_enrolled_and_the_other_asked(
    folder_of: Folder,
) -> None:
    samples = read_samples(folder_of(red=2, blue=2), folder_of("test", red=1, blue=1))
    assert samples.enrolls.sum() == 4
    assert (samples.enrolls ^ samples.asks).all()


def test_a_name_that_is_not_asked_about_competes_and_one_not_enrolled_is_a_stranger(
    folder_of: Folder,
) -> None:
    samples = read_samples(
        folder_of(red=2, blue=2, green=2), folder_of("test", red=1, blue=1, yellow=1)
    )
    assert samples.names == ("blue", "green", "red", "yellow")
    assert samples.notes == ("green: enrolled only", "yellow: strangers")


def test_a_folder_that_is_moved_has_the_same_digest(folder_of: Folder, tmp_path: Path) -> None:
    folder = folder_of(red=2, blue=2)
    before = read_samples(folder).digest
    moved = Path(shutil.move(folder, tmp_path / "elsewhere"))
    (moved / "red" / "00.png").rename(moved / "red" / "zz.png")
    assert read_samples(moved).digest == before


def test_a_picture_in_another_folder_changes_the_digest(folder_of: Folder) -> None:
    folder = folder_of(red=2, blue=2)
    before = read_samples(folder).digest
    (folder / "red" / "00.png").rename(folder / "blue" / "zz.png")
    assert read_samples(folder).digest != before


def test_one_name_is_nothing_to_tell_apart(folder_of: Folder) -> None:
    with pytest.raises(CannotEvaluate, match="two names are needed"):
        read_samples(folder_of(red=3))


def test_loose_pictures_have_no_names(tmp_path: Path, folder_of: Folder) -> None:
    with pytest.raises(CannotEvaluate, match="no sub-folders"):
        read_samples(folder_of(red=3) / "red")


@pytest.mark.parametrize(
    ("names", "said"),
    [(("n01443537", "n01629819"), True), (("n01443537", "aqua"), False), (("aqua", "mio"), False)],
)
def test_folders_called_as_in_imagenet_are_known(
    tmp_path: Path, folder_of: Folder, names: tuple[str, str], said: bool
) -> None:
    folder = folder_of(red=1, blue=1)
    for color, name in zip(("red", "blue"), names, strict=True):
        (folder / color).rename(folder / name)
    assert read_samples(folder).from_imagenet is said


def test_a_folder_that_says_imagenet_is_known(folder_of: Folder) -> None:
    assert read_samples(folder_of("tiny-imagenet", red=1, blue=1)).from_imagenet


def test_it_does_not_matter_from_where_a_folder_is_named(
    folder_of: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = folder_of("imagenet-tools/deep/photos", red=1, blue=1)
    assert not read_samples(folder).from_imagenet  # only its own name and its parent's count
    inside = folder_of("imagenet/photos", red=1, blue=1)
    monkeypatch.chdir(inside.parent)
    assert read_samples(Path("photos")).from_imagenet


def test_vectors_are_ordered_by_name_and_content() -> None:
    rows = np.random.default_rng(0).standard_normal((6, 4)).astype(np.float32)
    labels = ["b", "a", "b", "a", "b", "a"]
    one, first = vector_samples(rows, labels)
    other, second = vector_samples(rows[::-1], labels[::-1])
    assert one.digest == other.digest
    assert (first == second).all()
    assert one.names == ("a", "b")


@pytest.mark.parametrize("labels", [[["a"], ["b"]], ["a", None], ["a"]])
def test_labels_that_are_none_are_refused(labels: list[Any]) -> None:
    with pytest.raises(ValueError, match="a label each"):
        vector_samples(np.ones((2, 3)), labels)


@pytest.mark.parametrize(
    "vectors", [np.ones(3), np.ones((2, 4)), np.full((3, 4), np.nan), np.ones((3, 4, 1))]
)
def test_vectors_that_are_none_are_refused(vectors: NDArray[Any]) -> None:
    with pytest.raises(ValueError, match=r"\(n, d\) numbers|not finite"):
        vector_samples(vectors, ["a", "b", "a"])
