"""gallery: the nearest references with their names, whoever changed the store last."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from fewshot.errors import GalleryDamaged
from fewshot.gallery import Gallery
from fewshot.recipe import Recipe
from fewshot.staging import staging
from fewshot.store import Store

D = 8


def direction(angle: float) -> NDArray[np.float32]:
    vector = np.zeros(D, np.float32)
    vector[:2] = np.cos(angle), np.sin(angle)
    return vector


def put(store: Store, name: str, *angles: float, vector: bytes | None = None) -> None:
    with staging(store) as room:
        for angle in angles:
            room.add(
                name,
                digest=f"{name}{angle}".encode(),
                vector=vector or direction(angle).astype("<f4").tobytes(),
                source=f"/{name}/{angle}",
                box="0 0 1 1",
                thumbnail=b"",
            )
        room.commit()


def seen(store: Store) -> Gallery:
    gallery = Gallery(store)
    gallery.refresh()
    return gallery


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    one = Store.create(tmp_path / "store.db", Recipe("whole", "palette", "ab", None, D))
    put(one, "east", 0.0, 0.1, 0.2)
    put(one, "north", 1.5, 1.6)
    yield one
    one.close()


def test_neighbors_come_nearest_first_with_their_names(store: Store) -> None:
    found = seen(store).neighbors(direction(1.55), 3)
    assert [one.name for one in found] == ["north", "north", "east"]
    assert found[0].similarity == pytest.approx(np.cos(0.05), abs=1e-5)
    assert found[2].source == "/east/0.2"


def test_there_are_no_more_neighbors_than_references(store: Store) -> None:
    assert len(seen(store).neighbors(direction(0), 100)) == 5


def test_candidates_are_named_by_their_class_means(store: Store) -> None:
    best, other = seen(store).candidates(direction(1.55), 5)
    assert (best.name, other.name) == ("north", "east")
    assert best.similarity == pytest.approx(1.0, abs=1e-4)
    assert other.similarity == pytest.approx(np.cos(1.45), abs=1e-4)


def test_each_name_stands_in_for_a_stranger_to_the_rest(store: Store) -> None:
    sample = seen(store).strangers()
    assert sample is not None
    east, north = sample.similarities[:3], sample.similarities[3:]
    assert east == pytest.approx(np.cos(1.55 - np.array([0.0, 0.1, 0.2])), abs=1e-4)
    assert north == pytest.approx(np.cos(np.array([1.4, 1.5])), abs=1e-4)


def test_one_name_alone_says_nothing_of_strangers(store: Store) -> None:
    gallery = seen(store)
    assert gallery.strangers() is not None
    store.forget("north")
    gallery.refresh()
    assert gallery.strangers() is None


def test_what_is_enrolled_later_is_found(store: Store) -> None:
    gallery = seen(store)
    assert len(gallery) == 5
    put(store, "west", 3.1)
    gallery.refresh()
    assert gallery.neighbors(direction(3.1), 1)[0].name == "west"


def test_what_another_process_enrolls_is_found_at_the_next_call(store: Store) -> None:
    gallery = seen(store)
    assert len(gallery) == 5
    rival = Store.open(store.path)
    put(rival, "west", 3.1)
    rival.close()
    gallery.refresh()
    assert gallery.neighbors(direction(3.1), 1)[0].name == "west"


def test_the_forgotten_are_not_found(store: Store) -> None:
    gallery = seen(store)
    assert len(gallery) == 5
    store.forget("east")
    gallery.refresh()
    assert {one.name for one in gallery.neighbors(direction(0), 9)} == {"north"}


def test_a_forgotten_and_an_enrolled_at_once_are_both_seen(store: Store) -> None:
    gallery = seen(store)
    assert len(gallery) == 5
    store.forget("north")
    put(store, "west", 3.1, 3.2)
    gallery.refresh()
    assert {one.name for one in gallery.neighbors(direction(0), 9)} == {"east", "west"}


def test_a_new_name_is_seen(store: Store) -> None:
    gallery = seen(store)
    assert len(gallery) == 5
    store.rename("north", "nord")
    gallery.refresh()
    assert gallery.neighbors(direction(1.5), 1)[0].name == "nord"
    assert gallery.candidates(direction(1.5), 1)[0].name == "nord"


def test_a_gallery_larger_than_one_reading_is_whole(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "many.db", Recipe("whole", "palette", "ab", None, D))
    put(store, "many", *np.linspace(0, 3, 5000))
    gallery = seen(store)
    assert len(gallery) == 5000
    assert gallery.neighbors(direction(3.0), 1)[0].source == "/many/3.0"
    store.close()


@pytest.mark.parametrize("vector", [b"short", b"\0" * 4 * D, b"\xff" * 4 * D])
def test_a_vector_that_is_none_is_called_damage(store: Store, vector: bytes) -> None:
    put(store, "bad", 2.0, vector=vector)
    with pytest.raises(GalleryDamaged):
        seen(store).neighbors(direction(0), 1)


def test_a_refresh_that_failed_fails_until_it_succeeds(store: Store) -> None:
    gallery = seen(store)
    put(store, "bad", 2.0, vector=b"short")
    for _ in range(2):
        with pytest.raises(GalleryDamaged):
            gallery.refresh()
    store.forget("bad")
    gallery.refresh()
    assert gallery.neighbors(direction(0), 1)[0].name == "east"


def test_a_reference_of_nobody_is_called_damage(store: Store) -> None:
    store.connection.execute("PRAGMA foreign_keys = OFF")
    store.connection.execute("DELETE FROM identities WHERE name = 'north'")
    with pytest.raises(GalleryDamaged, match="belongs to nobody"):
        seen(store)


def test_a_rename_between_two_answers_changes_neither(store: Store) -> None:
    gallery = seen(store)
    store.rename("north", "nord")
    assert gallery.candidates(direction(1.5), 1)[0].name == "north"
    assert gallery.neighbors(direction(1.5), 1)[0].name == "north"


def test_names_with_pictures_nearly_alike_are_no_strangers(store: Store) -> None:
    put(store, "nord", 1.501)  # beside north's 1.5: else a stranger at 0.99
    sample = seen(store).strangers()
    assert sample is not None
    assert sample.similarities.max() == pytest.approx(np.cos(1.501 - 0.2), abs=1e-4)
