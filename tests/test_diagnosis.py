"""diagnosis: what is wrong is found, what is right is left alone."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from fewshot.copies import copies
from fewshot.diagnosis import COPY, COPY_ACROSS, MISLABELED, OUTLIER, SAME_IDENTITY, Sign, signs
from fewshot.images import thumbnail
from fewshot.leave_one_out import Means, standing
from fewshot.mislabeling import suspect
from fewshot.removals import Removals
from fewshot.sharpness import blurred, sharpness, tiny
from tests.conftest import draw

Vectors = NDArray[np.float32]
Codes = NDArray[np.int64]

NAMES, EACH, D = 8, 6, 24


def unit(vectors: NDArray[np.float64]) -> Vectors:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def gallery(spread: float = 0.6, seed: int = 0) -> tuple[Vectors, Codes]:
    """Draw vectors about a center each name has for itself, and whose they are."""
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(NAMES), EACH)
    return unit(
        rng.normal(size=(NAMES, D))[codes] + spread * rng.normal(size=(len(codes), D))
    ), codes


def found(vectors: Vectors, codes: Codes) -> list[Sign]:
    return signs(vectors, codes, same_picture=0.999).found


def of_kind(kind: str, vectors: Vectors, codes: Codes) -> list[Sign]:
    return [one for one in found(vectors, codes) if one.kind == kind]


def test_a_clean_gallery_of_names_well_apart_has_no_findings() -> None:
    assert found(*gallery(spread=0.3)) == []


@pytest.mark.parametrize("row", [0, 9, 47])
def test_a_swapped_reference_is_found_and_the_name_it_stands_with(row: int) -> None:
    vectors, codes = gallery(spread=0.4)
    true = int(codes[row])
    codes[row] = (true + 3) % NAMES
    (sign,) = of_kind(MISLABELED, vectors, codes)
    assert (sign.rows, sign.names) == ((row,), ((true + 3) % NAMES, true))


def test_where_vectors_tell_nothing_nobody_is_accused() -> None:
    rng = np.random.default_rng(0)
    codes = np.repeat(np.arange(30), 10)
    assert of_kind(MISLABELED, unit(rng.normal(size=(300, 100))), codes) == []


def test_the_order_of_rows_changes_no_finding() -> None:
    vectors, codes = gallery(spread=1.0)
    codes[[2, 20]] = [5, 1]
    order = np.random.default_rng(1).permutation(len(codes))
    straight, mixed = found(vectors, codes), found(vectors[order], codes[order])
    assert straight
    assert {(one.kind, one.rows, one.names) for one in straight} == {
        (one.kind, tuple(int(order[row]) for row in one.rows), one.names) for one in mixed
    }


def test_which_number_a_name_has_changes_no_finding() -> None:
    vectors, codes = gallery(spread=1.0)
    codes[[2, 20]] = [5, 1]
    other = np.random.default_rng(2).permutation(NAMES)
    assert {(one.kind, one.rows) for one in found(vectors, codes)} == {
        (one.kind, one.rows) for one in found(vectors, other[codes])
    }


def test_one_that_is_alone_under_its_name_is_never_accused() -> None:
    vectors, codes = gallery()
    codes[0] = NAMES
    assert suspect(vectors, codes).wrong[0] == 0.0
    assert of_kind(MISLABELED, vectors, codes) == []


@pytest.mark.parametrize("count", [1, 2, 6])
def test_one_name_alone_has_nobody_to_be_mistaken_for(count: int) -> None:
    vectors, codes = gallery()
    assert found(vectors[:count], codes[:count]) == []


def test_one_far_from_everybody_is_an_outlier() -> None:
    vectors, codes = gallery(spread=0.3)
    rest = vectors.astype(np.float64).sum(axis=0)
    free = np.linalg.svd(np.vstack([Means(vectors, codes).sums, rest]))[2][-1]
    vectors[10] = unit(free[np.newaxis])[0]
    assert [one.rows for one in of_kind(OUTLIER, vectors, codes)] == [(10,)]


def test_a_name_cut_in_two_is_said_to_be_one() -> None:
    vectors, codes = gallery(spread=0.3)
    codes[:3] = NAMES
    (sign,) = of_kind(SAME_IDENTITY, vectors, codes)
    assert (sign.rows, sign.names) == ((), (0, NAMES))


def test_a_copy_under_one_name_is_told_from_one_under_two() -> None:
    vectors, codes = gallery(spread=0.3)
    vectors[3], vectors[40] = vectors[1], vectors[1]
    assert [(one.rows, one.names) for one in of_kind(COPY, vectors, codes)] == [((3, 1), (0,))]
    (across,) = of_kind(COPY_ACROSS, vectors, codes)
    assert (across.rows[0], across.names) == (40, (6, 0))


def test_of_many_copies_each_but_the_first_is_named_once() -> None:
    vectors = np.tile(unit(np.ones((1, D))), (1200, 1))  # more than are compared at once
    pairs = copies(vectors, np.zeros(1200, np.int64), 0.99)
    assert sorted(later for _, later, _ in pairs) == list(range(1, 1200))


def test_leave_one_out_is_the_cosine_to_the_mean_of_the_others() -> None:
    vectors, codes = gallery()
    stands = standing(vectors, codes, Means(vectors, codes))
    for row in (0, 17):
        others = np.flatnonzero(codes == codes[row])
        mean = vectors[others[others != row]].mean(axis=0)
        assert stands.own[row] == pytest.approx(
            vectors[row] @ mean / np.linalg.norm(mean), abs=1e-5
        )
        assert stands.name[row] != codes[row]


@pytest.mark.parametrize("case", range(4))
def test_what_one_removal_changes_is_what_leaving_it_out_changes(case: int) -> None:
    vectors, codes = gallery(spread=2.0, seed=case)
    codes[:2] = NAMES, NAMES + 1  # one alone,
    codes[2] = NAMES + 1  # and one of two
    removals = Removals(vectors, codes)
    rows = range(0, len(codes), 3)
    for row, effect in zip(rows, removals.alone(rows), strict=True):
        whole = removals.together([row])
        for figure in ("accuracy_before", "accuracy_after", "strangers_before", "strangers_after"):
            assert getattr(effect, figure) == pytest.approx(getattr(whole, figure)), (row, figure)


def test_removing_a_swapped_reference_raises_the_accuracy_of_the_others() -> None:
    vectors, codes = gallery(spread=1.2)
    swaps = [0, 1, 13, 14, 25]
    codes[swaps] = (codes[swaps] + 1) % NAMES
    effect = Removals(vectors, codes).together(swaps)
    assert effect.accuracy_after > effect.accuracy_before


def test_a_threshold_that_is_given_is_the_one_strangers_are_held_to() -> None:
    vectors, codes = gallery(spread=1.0)
    assert Removals(vectors, codes, -1.0).alone([0])[0].strangers_before == 1.0
    assert Removals(vectors, codes, 1.0).alone([0])[0].strangers_before == 0.0


def test_a_blurred_picture_is_found_beside_sharp_ones() -> None:
    pictures = [draw("red", seed) for seed in range(9)]
    pictures[4] = pictures[4].reduce(8).resize(pictures[4].size)
    sharp = np.array([sharpness(thumbnail(np.asarray(one))) for one in pictures])
    assert np.flatnonzero(blurred(sharp)).tolist() == [4]


def test_a_gallery_of_soft_pictures_is_not_all_blurred() -> None:
    pictures = [draw("red", seed).reduce(8).resize((120, 100)) for seed in range(9)]
    sharp = np.array([sharpness(thumbnail(np.asarray(one))) for one in pictures])
    assert not blurred(sharp).any()


@pytest.mark.parametrize("jpeg", [None, b"", b"GIF89a", b"\xff\xd8\xff"])
def test_a_thumbnail_that_cannot_be_read_is_neither_sharp_nor_blurred(jpeg: bytes | None) -> None:
    assert np.isnan(sharpness(jpeg))
    assert not blurred(np.array([sharpness(jpeg), 1.0, 1.0])).any()


def test_a_tiny_crop_is_found_unless_all_are_small() -> None:
    assert tiny(np.array([200.0, 200, 30, 49])).tolist() == [False, False, True, False]
    assert not tiny(np.array([32.0, 32, 30, 32])).any()
