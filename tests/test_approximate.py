"""approximate and cached: a large gallery's index, its recall, and that it never lies."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from fewshot import Recognizer
from fewshot.approximate import ApproximateIndex, Codebook
from fewshot.cached import kept
from fewshot.changes import erase, forget, rename, undo
from fewshot.gallery import Gallery
from fewshot.index import ExactIndex
from fewshot.index_building import build_index
from fewshot.inspection import info
from fewshot.location import index_beside
from fewshot.npz import NpzReader
from fewshot.recipe import Recipe
from fewshot.staging import staging
from fewshot.store import Store
from fewshot.verification import verify
from fewshot.watch import Watch
from tests.conftest import Run

D, NAMES, EACH = 24, 150, 8
Vectors = NDArray[np.float32]


def clustered(names: int, each: int, d: int = D, seed: int = 0) -> Vectors:
    """Draw vectors (names * each, d) of length 1, each name's about a center of its own."""
    rng = np.random.default_rng(seed)
    centers = np.repeat(rng.normal(size=(names, d)), each, axis=0)
    vectors = (centers + 0.5 * rng.normal(size=centers.shape)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


VECTORS = clustered(NAMES, EACH)
QUERIES = clustered(40, 1, seed=1)


def put(store: Store, name: str, vectors: Vectors) -> None:
    with staging(store) as room:
        for row, vector in enumerate(vectors):
            room.add(
                name,
                digest=f"{name} {row}".encode().ljust(32)[:32],
                vector=vector.tobytes(),
                source=f"/{name}/{row}.png",
                box="0 0 1 1",
                thumbnail=b"",
            )
        room.commit()


@pytest.fixture(autouse=True)
def _small_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fewshot.index_building.APPROXIMATE_FROM", 1000)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("large") / "large.db"
    with closing(Store.create(path, Recipe("whole", "palette", "ab", None, D))) as store:
        for name in range(NAMES):
            put(store, f"name {name}", VECTORS[name * EACH : (name + 1) * EACH])
    return path.read_bytes()


@pytest.fixture
def store(made: bytes, tmp_path: Path) -> Iterator[Store]:
    (tmp_path / "large.db").write_bytes(made)
    with closing(Store.open(tmp_path / "large.db")) as one:
        yield one


@pytest.fixture
def indexed(store: Store) -> Store:
    assert build_index(store, Watch())
    return store


def looked_at(store: Store) -> Gallery:
    gallery = Gallery(store)
    with gallery.moment():
        return gallery


def answers(gallery: Gallery) -> list[tuple[list[int], list[str]]]:
    """The nearest references and names of some queries."""
    with gallery.moment():
        return [
            (
                [one.reference for one in gallery.neighbors(query, 5)],
                [one.name for one in gallery.candidates(query, 2)],
            )
            for query in QUERIES
        ]


def exact(store: Store) -> Gallery:
    hidden = index_beside(store.path).with_suffix(".hidden")
    index_beside(store.path).rename(hidden)
    gallery = looked_at(store)
    hidden.rename(index_beside(store.path))
    assert isinstance(gallery._index, ExactIndex)
    return gallery


def agreement(store: Store, gallery: Gallery) -> float:
    pairs = zip(answers(gallery), answers(exact(store)), strict=True)
    return float(np.mean([len(set(a[0]) & set(b[0])) / 5 for a, b in pairs]))


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
    assert shown.kind == f"RR{D},PQ{D // 2}x4fs, 100 ranked exactly"


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


def test_with_nearly_all_forgotten_the_few_are_still_found(indexed: Store) -> None:
    gallery = looked_at(indexed)
    for name in range(NAMES - 1):
        forget(indexed, f"name {name}")
    with gallery.moment():
        found = gallery.neighbors(QUERIES[0], 50)
    assert {one.name for one in found} == {f"name {NAMES - 1}"}
    assert len(found) == EACH


def test_after_an_erasure_there_is_no_index_and_no_trace(indexed: Store) -> None:
    erase(indexed, "name 4")
    assert not index_beside(indexed.path).exists()
    assert info(indexed).index is None
    assert len(looked_at(indexed)) == (NAMES - 1) * EACH


def test_who_is_erased_while_it_is_built_is_not_in_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fewshot import cached, index_building

    def late(some: Store, *arguments: object) -> bool:
        with closing(Store.open(store.path)) as rival:
            erase(rival, "name 4")
        return cached.keep(some, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(index_building, "keep", late)
    with pytest.raises(Exception, match="erased while its index was built"):
        build_index(store, Watch())
    assert not index_beside(store.path).exists()


def to_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def changed(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


SPOILED: dict[str, Callable[[Path], object]] = {
    "gone": lambda path: path.unlink(),
    "cut": lambda path: os.truncate(path, 1000),
    "changed": changed,
    "empty": lambda path: path.write_bytes(b""),
    "a folder": to_folder,
}


@pytest.mark.parametrize("kind", SPOILED)
def test_an_index_file_that_is_not_the_one_built_is_not_believed(indexed: Store, kind: str) -> None:
    SPOILED[kind](index_beside(indexed.path))
    assert kept(indexed) is None
    assert isinstance(looked_at(indexed)._index, ExactIndex)
    assert "fewshot index builds it" in verify(indexed, Watch())[-1]


def test_another_gallery_s_index_is_not_believed(indexed: Store, tmp_path: Path) -> None:
    index = index_beside(indexed.path).read_bytes()
    with closing(Store.create(tmp_path / "other.db", indexed.recipe)) as other:
        put(other, "x", VECTORS)
        index_beside(other.path).write_bytes(index)
        assert kept(other) is None


def test_it_holds_plain_numbers_and_no_name(indexed: Store) -> None:
    path = index_beside(indexed.path)
    assert b"name 4" not in path.read_bytes()
    with path.open("rb") as file:
        assert NpzReader(path, file).manifest["format"] == "fewshot-index"
    assert path.stat().st_mode & 0o077 == 0


def test_a_small_gallery_has_none(tmp_path: Path) -> None:
    with closing(
        Store.create(tmp_path / "few.db", Recipe("whole", "palette", "ab", None, D))
    ) as few:
        put(few, "x", VECTORS[:999])
        assert build_index(few, Watch()) is None
        assert not index_beside(few.path).exists()


def test_where_ranking_does_not_find_enough_there_is_none(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fewshot.index_building.RANKED", (1, 2))
    assert build_index(store, Watch()) is None
    assert info(store).index is None


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


def test_the_command_builds_it_and_says_what_it_finds(
    fewshot: Run, store: Store, tmp_path: Path
) -> None:
    answer = fewshot("index", "-g", store.path)
    assert answer.code == 0
    assert "recall at 10 " in answer.out
    assert "(n = 200), of 1,200 reference(s)" in answer.out
    assert "recall at 10 " in fewshot("info", "-g", store.path).out
    with Recognizer.create(tmp_path / "small.db") as small:
        assert small.build_index() is None
    assert "the search is exact" in fewshot("index", "-g", tmp_path / "small.db").err
