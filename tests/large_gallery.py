"""A gallery that counts as large, and what it answers with and without its index."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from fewshot.gallery import Gallery
from fewshot.index import ExactIndex
from fewshot.index_building import build_index
from fewshot.location import index_beside
from fewshot.recipe import Recipe
from fewshot.staging import staging
from fewshot.store import Store
from fewshot.watch import Watch

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
def small_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
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
                [one.name for one in gallery.candidates(gallery.standing(query, 2))],
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
