"""cached: the index beside a gallery is believed where the gallery vouches for it alone."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from fewshot import Recognizer
from fewshot.cached import kept
from fewshot.changes import erase
from fewshot.index import ExactIndex
from fewshot.index_building import build_index
from fewshot.inspection import info
from fewshot.location import index_beside
from fewshot.npz import NpzReader
from fewshot.recipe import Recipe
from fewshot.store import Store
from fewshot.verification import verify
from fewshot.watch import Watch
from tests.conftest import Run, draw
from tests.large_gallery import (
    EACH,
    NAMES,
    VECTORS,
    D,
    clustered,
    indexed,
    looked_at,
    made,
    put,
    small_is_large,
    store,
)

__all__ = ["indexed", "made", "small_is_large", "store"]  # fixtures


def test_after_an_erasure_there_is_no_index_and_no_trace(indexed: Store) -> None:
    erase(indexed, "name 4")
    assert not index_beside(indexed.path).exists()
    assert info(indexed).index is None
    assert len(looked_at(indexed)) == (NAMES - 1) * EACH


def test_an_erasure_takes_what_a_killed_build_left(indexed: Store) -> None:
    part = indexed.path.with_name(f".{index_beside(indexed.path).name}.abcd1234")
    part.write_bytes(b"traces")
    erase(indexed, "name 4")
    assert not part.exists()


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


def test_matching_says_where_an_index_would_help(
    fewshot: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw("red").save(tmp_path / "red.png")
    fewshot("enroll", tmp_path / "red.png", "--name", "red")
    assert "fewshot index" not in fewshot("match", tmp_path / "red.png").err
    monkeypatch.setattr("fewshot.gallery.APPROXIMATE_FROM", 1)
    assert "fewshot index makes it open and answer faster" in (
        fewshot("match", tmp_path / "red.png").err
    )


def test_an_index_is_not_asked_for_where_there_is_one_until_a_tenth_is_new(
    indexed: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fewshot.gallery.APPROXIMATE_FROM", 1000)
    gallery = looked_at(indexed)
    assert not gallery.wants_index
    put(indexed, "many", clustered(1, len(VECTORS) // 8, seed=5))
    with gallery.moment():
        assert gallery.wants_index


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
