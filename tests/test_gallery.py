"""gallery: the nearest references with their names, whoever changed the store last."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fewshot.changes import erase, forget, rename, undo
from fewshot.errors import GalleryDamaged, UsageError
from fewshot.evidence import Evidence
from fewshot.gallery import Gallery
from fewshot.nearness import Candidate, Neighbor
from fewshot.recipe import Recipe
from fewshot.scoring import NEVER
from fewshot.staging import staging
from fewshot.store import Store
from fewshot.strangers import Stranger, add_strangers

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
    with gallery.moment():
        return gallery


def near(gallery: Gallery, angle: float, k: int) -> tuple[Neighbor, ...]:
    with gallery.moment():
        return gallery.neighbors(direction(angle), k)


def named(gallery: Gallery, angle: float, k: int) -> tuple[Candidate, ...]:
    with gallery.moment():
        return gallery.candidates(gallery.standing(direction(angle), k))


def evidence(gallery: Gallery) -> Evidence:
    with gallery.moment():
        return gallery.evidence()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    one = Store.create(tmp_path / "store.db", Recipe("whole", "palette", "ab", None, D))
    put(one, "east", 0.0, 0.1, 0.2)
    put(one, "north", 1.5, 1.6)
    yield one
    one.close()


def test_neighbors_come_nearest_first_with_their_names(store: Store) -> None:
    found = near(seen(store), 1.55, 3)
    assert [one.name for one in found] == ["north", "north", "east"]
    assert found[0].similarity == pytest.approx(np.cos(0.05), abs=1e-5)
    assert found[2].source == "/east/0.2"


def test_there_are_no_more_neighbors_than_references(store: Store) -> None:
    assert len(near(seen(store), 0, 100)) == 5


def test_candidates_are_named_by_their_class_means(store: Store) -> None:
    best, other = named(seen(store), 1.55, 5)
    assert (best.name, other.name) == ("north", "east")
    assert best.similarity == pytest.approx(1.0, abs=1e-4)
    assert other.similarity == pytest.approx(np.cos(1.45), abs=1e-4)


def test_each_name_stands_in_for_a_stranger_to_the_rest(store: Store) -> None:
    known = evidence(seen(store))
    assert known.owners.tolist() == [1, 1, 1, 2, 2]
    east, north = known.stand_ins[:3], known.stand_ins[3:]
    assert east == pytest.approx(np.cos(1.55 - np.array([0.0, 0.1, 0.2])), abs=1e-4)
    assert north == pytest.approx(np.cos(np.array([1.4, 1.5])), abs=1e-4)


def test_one_name_alone_says_nothing_of_strangers(store: Store) -> None:
    gallery = seen(store)
    forget(store, "north")
    assert (evidence(gallery).stand_ins <= NEVER).all()


def test_what_it_knows_of_strangers_is_asked_again_only_when_something_has_changed(
    store: Store,
) -> None:
    gallery = seen(store)
    assert evidence(gallery) is evidence(gallery)
    before = evidence(gallery)
    put(store, "west", 3.1)
    assert evidence(gallery) is not before
    assert evidence(gallery).names == 3


def test_given_strangers_are_asked_against_all_names(store: Store) -> None:
    vector = direction(0.75).astype("<f4").tobytes()
    add_strangers(store, [Stranger("trip", b"d" * 32, vector, "/trip.jpg")])
    known = evidence(seen(store))
    to_east, to_north = np.cos(0.65), np.cos(0.8)
    assert known.strangers == pytest.approx([to_east - to_north / 2], abs=1e-4)
    assert known.stranger_blocks == 1


def test_names_that_share_a_picture_are_friends(store: Store) -> None:
    put(store, "nord", 1.5)
    with closing(sqlite3.connect(store.path)) as rival, rival:
        rival.execute("UPDATE picture_references SET digest = 'one' WHERE id IN (4, 6)")
    gallery = seen(store)
    with gallery.moment():
        assert gallery.names_of(gallery.friends(2)) == {"nord"}
        assert gallery.friends(1) == set()


def test_each_reference_says_what_it_adds_to_a_name(store: Store) -> None:
    gallery = seen(store)
    with gallery.moment():
        votes = gallery.votes(direction(0.1), "east")
        (best,) = gallery.candidates(gallery.standing(direction(0.1), 1))
    assert votes[0][0] == 2
    assert sum(weight for _, weight in votes) == pytest.approx(best.similarity, abs=1e-5)


def test_what_is_enrolled_later_is_found(store: Store) -> None:
    gallery = seen(store)
    assert len(gallery) == 5
    put(store, "west", 3.1)
    assert near(gallery, 3.1, 1)[0].name == "west"


def test_what_another_process_enrolls_is_found_at_the_next_call(store: Store) -> None:
    gallery = seen(store)
    assert len(gallery) == 5
    rival = Store.open(store.path)
    put(rival, "west", 3.1)
    rival.close()
    assert near(gallery, 3.1, 1)[0].name == "west"


def test_the_forgotten_are_not_found(store: Store) -> None:
    gallery = seen(store)
    assert len(gallery) == 5
    forget(store, "east")
    assert {one.name for one in near(gallery, 0, 9)} == {"north"}


def test_the_forgotten_are_found_again_after_an_undo(store: Store) -> None:
    gallery = seen(store)
    forget(store, "east")
    assert len(near(gallery, 0, 9)) == 2
    undo(store)
    assert near(gallery, 0, 1)[0].name == "east"
    assert named(gallery, 0.1, 1)[0].similarity == pytest.approx(1.0)


def test_what_was_enrolled_and_undone_is_not_found(store: Store) -> None:
    gallery = seen(store)
    put(store, "east", 0.6, 0.7)
    put(store, "west", 3.1)
    assert len(near(gallery, 0, 9)) == 8
    undo(store)
    undo(store)
    assert len(near(gallery, 0, 9)) == 5
    assert named(gallery, 0.1, 1)[0].similarity == pytest.approx(1.0)


CHANGES = st.lists(
    st.tuples(st.sampled_from(["put", "forget", "undo", "rename", "erase"]), st.integers(0, 3)),
    max_size=10,
)


@pytest.mark.parametrize("most_touched", [0, 1000])
@settings(
    deadline=None,
    max_examples=15,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(changes=CHANGES)
def test_a_gallery_that_follows_all_changes_answers_as_one_opened_anew(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    most_touched: int,
    changes: list[tuple[str, int]],
) -> None:
    monkeypatch.setattr("fewshot.gallery.MOST_TOUCHED", most_touched)
    path = tmp_path_factory.mktemp("follow") / "store.db"
    with closing(Store.create(path, Recipe("whole", "palette", "ab", None, D))) as store:
        following = seen(store)
        for number, (what, who) in enumerate(changes):
            name, other = f"name {who}", f"name {(who + 1) % 4}"
            with suppress(UsageError):
                if what == "put":
                    put(store, name, number * 0.3, number * 0.3 + 0.1)
                elif what == "rename":
                    rename(store, name, other)
                elif what == "undo":
                    undo(store)
                else:
                    {"forget": forget, "erase": erase}[what](store, name)
            anew = seen(store)
            for angle in (0.013, 1.027, 2.041):  # no two equally near
                assert near(following, angle, 5) == near(anew, angle, 5)
                assert [one.name for one in named(following, angle, 3)] == [
                    one.name for one in named(anew, angle, 3)
                ]


def test_a_forgotten_and_an_enrolled_at_once_are_both_seen(store: Store) -> None:
    gallery = seen(store)
    assert len(gallery) == 5
    forget(store, "north")
    put(store, "west", 3.1, 3.2)
    assert {one.name for one in near(gallery, 0, 9)} == {"east", "west"}


def test_a_new_name_is_seen(store: Store) -> None:
    gallery = seen(store)
    assert len(gallery) == 5
    rename(store, "north", "nord")
    assert near(gallery, 1.5, 1)[0].name == "nord"
    assert named(gallery, 1.5, 1)[0].name == "nord"


def test_a_gallery_larger_than_one_reading_is_whole(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "many.db", Recipe("whole", "palette", "ab", None, D))
    put(store, "many", *np.linspace(0, 3, 5000))
    gallery = seen(store)
    assert len(gallery) == 5000
    assert near(gallery, 3.0, 1)[0].source == "/many/3.0"
    store.close()


@pytest.mark.parametrize("vector", [b"short", b"\0" * 4 * D, b"\xff" * 4 * D])
def test_a_vector_that_is_none_is_called_damage(store: Store, vector: bytes) -> None:
    put(store, "bad", 2.0, vector=vector)
    with pytest.raises(GalleryDamaged):
        near(seen(store), 0, 1)


def test_a_refresh_that_failed_fails_until_it_succeeds(store: Store) -> None:
    gallery = seen(store)
    put(store, "bad", 2.0, vector=b"short")
    for _ in range(2):
        with pytest.raises(GalleryDamaged):
            near(gallery, 0, 1)
    forget(store, "bad")
    assert near(gallery, 0, 1)[0].name == "east"


def test_a_reference_of_nobody_is_called_damage(store: Store) -> None:
    store.connection.execute("PRAGMA foreign_keys = OFF")
    store.connection.execute("DELETE FROM identities WHERE name = 'north'")
    with pytest.raises(GalleryDamaged, match="belongs to nobody"):
        near(seen(store), 1.5, 1)


def test_a_rename_by_another_process_between_two_answers_changes_neither(store: Store) -> None:
    gallery = seen(store)
    with gallery.moment(), closing(Store.open(store.path)) as rival:
        rename(rival, "north", "nord")
        assert gallery.candidates(gallery.standing(direction(1.5), 1))[0].name == "north"
        assert gallery.neighbors(direction(1.5), 1)[0].name == "north"
    assert near(gallery, 1.5, 1)[0].name == "nord"


def test_names_with_pictures_nearly_alike_are_no_strangers(store: Store) -> None:
    put(store, "nord", 1.501)  # beside north's 1.5: else a stranger at 0.99
    known = evidence(seen(store))
    assert known.stand_ins.max() < 0.3
