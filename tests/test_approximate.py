"""approximate: a large gallery's index finds nearly all, and follows what is done."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest

from fewshot.approximate import ApproximateIndex, Codebook
from fewshot.changes import forget, rename, undo
from fewshot.inspection import info
from fewshot.store import Store
from tests.large_gallery import (
    EACH,
    NAMES,
    QUERIES,
    VECTORS,
    D,
    agreement,
    answers,
    clustered,
    exact,
    indexed,
    looked_at,
    made,
    put,
    small_is_large,
    store,
)

__all__ = ["indexed", "made", "small_is_large", "store"]  # fixtures


def test_a_gallery_with_an_index_answers_nearly_as_one_without(indexed: Store) -> None:
    gallery = looked_at(indexed)
    assert isinstance(gallery._index, ApproximateIndex)
    assert len(gallery) == NAMES * EACH
    assert agreement(indexed, gallery) > 0.97
    names = [of_names for _, of_names in answers(gallery)]
    assert names == [of_names for _, of_names in answers(exact(indexed))]


def test_similarities_are_exact_whatever_the_codes_say(indexed: Store) -> None:
    gallery = looked_at(indexed)
    with gallery.moment():
        for neighbor in gallery.neighbors(QUERIES[0], 20):
            expected = float(VECTORS[neighbor.reference - 1] @ QUERIES[0])
            assert neighbor.similarity == pytest.approx(expected, abs=1e-6)


def test_its_recall_is_measured_and_shown(indexed: Store) -> None:
    shown = info(indexed).index
    assert shown is not None
    assert shown.references == NAMES * EACH
    assert shown.queries == 200
    assert 0.95 < shown.recall_interval[0] <= shown.recall <= shown.recall_interval[1] <= 1.0
    assert re.fullmatch(rf"RR{D},PQ{D // 2}x4fs, \d+ ranked exactly", shown.kind)


def test_the_recall_shown_is_that_of_a_plain_count(indexed: Store) -> None:
    gallery, shown = looked_at(indexed), info(indexed).index
    assert shown is not None
    rng, found = np.random.default_rng(5), []
    for row in rng.choice(len(VECTORS), 300, replace=False):
        similar = VECTORS @ VECTORS[row]
        similar[row] = -np.inf
        right = set((np.argsort(-similar)[:10] + 1).tolist())
        ids = gallery._index.search(VECTORS[row : row + 1], 11).ids[0].tolist()
        found.append(len(right & set(ids)) / 10)
    assert np.mean(found) == pytest.approx(shown.recall, abs=0.02)


CHANGES: dict[str, Callable[[Store], object]] = {
    "nothing": lambda store: None,
    "enroll": lambda store: put(store, "new", clustered(1, 5, seed=9)),
    "enroll more": lambda store: put(store, "name 3", clustered(1, 5, seed=9)[:, ::-1].copy()),
    "forget": lambda store: [forget(store, f"name {n}") for n in range(0, 60, 2)],
    "rename": lambda store: rename(store, "name 7", "somebody"),
    "undo": lambda store: undo(store),
    "forget and undo": lambda store: (forget(store, "name 5"), undo(store)),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("live", [True, False], ids=["looking on", "opened after"])
def test_it_follows_what_is_done_after_it_was_built(
    indexed: Store, change: str, live: bool
) -> None:
    gallery = looked_at(indexed)
    CHANGES[change](indexed)
    if not live:
        gallery = looked_at(indexed)
    names = [of_names for _, of_names in answers(gallery)]
    assert isinstance(gallery._index, ApproximateIndex)
    assert len(gallery) == indexed.count()
    assert agreement(indexed, gallery) > 0.97
    assert names == [of_names for _, of_names in answers(exact(indexed))]


@pytest.mark.parametrize("live", [True, False], ids=["looking on", "opened after"])
def test_where_too_much_was_done_since_all_is_read_anew(
    indexed: Store, monkeypatch: pytest.MonkeyPatch, live: bool
) -> None:
    monkeypatch.setattr("fewshot.gallery.MOST_TOUCHED", 3)
    gallery = looked_at(indexed)
    for number in range(5):
        forget(indexed, f"name {number}")
    if not live:
        gallery = looked_at(indexed)
    assert answers(gallery) == answers(exact(indexed))
    assert len(gallery) == (NAMES - 5) * EACH


def test_with_nearly_all_forgotten_the_few_are_still_found(indexed: Store) -> None:
    gallery = looked_at(indexed)
    for name in range(NAMES - 1):
        forget(indexed, f"name {name}")
    with gallery.moment():
        found = gallery.neighbors(QUERIES[0], 50)
    assert {one.name for one in found} == {f"name {NAMES - 1}"}
    assert len(found) == EACH


@pytest.mark.parametrize("d", [1, 2, 5, 33])
def test_any_width_has_codes(d: int) -> None:
    vectors = clustered(100, 7, d, seed=3)
    book = Codebook.train(vectors)
    ids = np.arange(len(vectors))
    index = ApproximateIndex(
        d, book, book.encode(vectors), ids, ids, ranked=700, fetch=lambda some: vectors[some]
    )
    found = index.search(vectors[:3], 4).similarities
    assert found == pytest.approx(np.sort(vectors[:3] @ vectors.T, axis=1)[:, :-5:-1], abs=1e-6)


def test_wide_vectors_are_not_rotated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fewshot.approximate.MOST_ROTATED", 8)
    assert Codebook.train(VECTORS).rotation.shape == (0, D)
    assert Codebook.train(VECTORS[:, :8]).rotation.shape == (8, 8)
