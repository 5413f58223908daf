"""training.finishing: the two matrices by which the network and palette are joined."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from training.finishing import A_CLASS, A_SET, chosen, evening, find, tightening, within
from training.recipe import Finish, Recipe


@pytest.mark.parametrize("power", [0.0, 0.25, 0.5])
def test_evening_divides_each_component_by_a_power_of_its_variance(power: float) -> None:
    rng = np.random.default_rng(0)
    vectors = (rng.normal(size=(500, 4)) * [1, 2, 4, 8] + 3).astype(np.float32)
    mean, matrix = evening(vectors, power)
    even = (vectors - mean) @ matrix
    covariance = even.T @ even / len(even)
    before = np.linalg.eigvalsh(np.cov(vectors.T, bias=True))
    assert np.diag(covariance) == pytest.approx(before ** (1 - 2 * power), rel=1e-3)
    assert covariance - np.diag(np.diag(covariance)) == pytest.approx(0.0, abs=1e-2)


def test_tightening_divides_each_direction_by_a_power_of_how_much_a_class_differs() -> None:
    rng = np.random.default_rng(0)
    classes = [f"a/{n // 50}" for n in range(1000)]
    means = np.repeat(rng.normal(size=(20, 3)) * 10, 50, axis=0)
    vectors = (means + rng.normal(size=(1000, 3)) * [1, 2, 4]).astype(np.float32)
    before = within(vectors, ["a"] * 1000, classes)
    assert np.linalg.eigvalsh(before) == pytest.approx([1, 4, 16], rel=0.15)
    after = within(vectors @ tightening(before, 0.5, 1e-4), ["a"] * 1000, classes)
    assert after == pytest.approx(np.eye(3), abs=1e-3)


def test_each_set_counts_alike_however_many_classes_it_has() -> None:
    rng = np.random.default_rng(0)
    large = rng.normal(size=(300, 2)).astype(np.float32)
    small = rng.normal(size=(10, 2)).astype(np.float32)
    sets, classes = ["a"] * 300 + ["b"] * 10, [f"a/{n // 10}" for n in range(300)] + ["b/0"] * 10
    alone = [
        within(one, names, labels)
        for one, names, labels in (
            (large, sets[:300], classes[:300]), (small, sets[300:], classes[300:]),
        )
    ]  # fmt: skip
    both = within(np.vstack([large, small]), sets, classes)
    assert both == pytest.approx(np.mean(alone, axis=0), abs=1e-5)


def test_a_picture_alone_in_its_class_says_nothing() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(5, 2)).astype(np.float32)
    classes = ["a/0", "a/0", "a/0", "a/0", "a/1"]
    assert within(vectors, ["a"] * 5, classes) == pytest.approx(
        within(vectors[:4], ["a"] * 4, classes[:4]), abs=1e-6
    )


def test_classes_of_one_picture_each_are_refused() -> None:
    with pytest.raises(ValueError, match="no class has two pictures"):
        within(np.eye(2, dtype=np.float32), ["a", "a"], ["a/0", "a/1"])


def test_what_is_joined_has_length_one_and_palettes_share_before_it_is_tightened() -> None:
    rng = np.random.default_rng(0)
    own, palette = (rng.normal(size=(40, d)).astype(np.float32) for d in (3, 5))
    own, palette = (one / np.linalg.norm(one, axis=1, keepdims=True) for one in (own, palette))
    found = find(own, palette, ["a"] * 40, [f"a/{n // 4}" for n in range(40)], Finish(share=0.3))
    assert (found.joined(own, palette)[:, 3:] ** 2).sum(axis=1) == pytest.approx(0.3, abs=1e-5)
    assert np.linalg.norm(found(own, palette), axis=1) == pytest.approx(1.0, abs=1e-5)


def files_of(**sets: list[int]) -> list[Path]:
    """Paths SET/CLASS/picture; a number for each class says how many pictures it has."""
    return [
        Path(name) / f"c{at}" / f"{n}.jpg"
        for name, sizes in sets.items()
        for at, size in enumerate(sizes)
        for n in range(size)
    ]


def test_the_matrices_are_found_on_classes_of_two_and_more_up_to_a_bound_a_set() -> None:
    files = files_of(many=[20] * 60, few=[1, 3])
    taken = [files[row] for row in chosen(files, Recipe())]
    of_many = [one for one in taken if one.parts[0] == "many"]
    counts = {label: sum(one.parts[1] == label for one in of_many) for label in {
        one.parts[1] for one in of_many
    }}  # fmt: skip
    assert set(counts.values()) == {A_CLASS}
    assert A_SET <= len(of_many) < A_SET + A_CLASS
    assert [one.parts[1] for one in taken if one.parts[0] == "few"] == ["c1"] * 3


def test_they_are_not_found_on_classes_that_the_run_held_out() -> None:
    files = files_of(pokemon150=[3] * 8)
    everything = {files[row].parts[1] for row in chosen(files, Recipe())}
    learned = {files[row].parts[1] for row in chosen(files, Recipe(held_out=True))}
    assert len(everything) == 8
    assert len(learned) == 6
