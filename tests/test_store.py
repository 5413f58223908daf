"""store and staging: what is put in comes out, all of it or nothing, and forgotten is gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from fewshot.changes import erase, forget, rename
from fewshot.errors import GalleryDamaged, GalleryUnavailable, NameTaken, UnknownName
from fewshot.recipe import Recipe
from fewshot.records import Forgotten
from fewshot.staging import Committed, Elsewhere, Staging, staging
from fewshot.store import Store

RECIPE = Recipe("whole", "palette", "ab", None, 4)


def arrive(room: Staging, name: str, picture: str) -> None:
    room.add(
        name,
        digest=sha256(picture.encode()).digest(),
        vector=picture.encode().ljust(16)[:16],
        source=f"/pictures/{picture}",
        box="0 0 10 20",
        thumbnail=b"jpeg of " + picture.encode(),
    )


def enroll(store: Store, **pictures: str) -> Committed:
    with staging(store) as room:
        for name, given in pictures.items():
            for picture in given.split():
                arrive(room, name, picture)
        return room.commit()


def read_all(path: Path) -> None:
    with closing(Store.open(path)) as store:
        store.identities()
        store.references("aqua")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    one = Store.create(tmp_path / "store.db", RECIPE)
    yield one
    one.close()


def test_the_recipe_travels_with_the_file(store: Store) -> None:
    again = Store.open(store.path)
    assert again.recipe == RECIPE
    again.close()


def test_an_enrolled_picture_comes_out_as_it_went_in(store: Store) -> None:
    enroll(store, aqua="one.png")
    (reference,) = store.references("aqua")
    assert reference.source == "/pictures/one.png"
    assert reference.box == (0, 0, 10, 20)
    assert reference.digest == sha256(b"one.png").hexdigest()
    ((number, owner, vector),) = store.vectors()
    assert (number, vector) == (reference.id, b"one.png         ")
    assert store.names_of([owner]) == {owner: "aqua"}
    assert store.thumbnail(reference.id) == b"jpeg of one.png"


def test_names_are_counted_with_their_references(store: Store) -> None:
    assert enroll(store, megumin="a b c", aqua="d").added == {"megumin": 3, "aqua": 1}
    assert [(one.name, one.references) for one in store.identities()] == [
        ("aqua", 1),
        ("megumin", 3),
    ]


def test_the_same_picture_again_under_one_name_adds_nothing(store: Store) -> None:
    enroll(store, aqua="a b")
    assert enroll(store, aqua="b c b").added == {"aqua": 1}
    assert store.count() == 3


def test_the_same_picture_under_two_names_is_kept_and_reported(store: Store) -> None:
    enroll(store, aqua="a")
    assert enroll(store, megumin="a b").elsewhere == [Elsewhere("/pictures/a", "megumin", "aqua")]
    assert store.count() == 3


def test_what_was_not_committed_is_gone(store: Store) -> None:
    with staging(store) as room:
        arrive(room, "aqua", "a")
    assert store.names() == []


def test_a_full_disk_leaves_the_store_as_it_was(store: Store) -> None:
    enroll(store, aqua="a")
    (pages,) = store.connection.execute("PRAGMA page_count").fetchone()
    store.connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(GalleryUnavailable, match="disk is full"):
        enroll(store, megumin=" ".join(f"picture-{number}" for number in range(500)))
    assert store.names() == ["aqua"]
    assert store.count() == 1


def test_rivals_are_not_locked_out_while_pictures_are_on_their_way(store: Store) -> None:
    rival = Store.open(store.path)
    with staging(store) as room:
        arrive(room, "aqua", "a")
        rival.connection.execute("PRAGMA busy_timeout = 0")
        enroll(rival, megumin="b")
        room.commit()
    rival.close()
    assert store.names() == ["aqua", "megumin"]


def test_another_process_s_change_shows_in_the_state(store: Store) -> None:
    rival, before = Store.open(store.path), store.state
    assert store.state == before
    enroll(rival, aqua="a")
    rival.close()
    assert store.state != before


def test_one_s_own_change_shows_in_the_state(store: Store) -> None:
    before = store.state
    enroll(store, aqua="a")
    assert store.state != before


def test_a_renamed_identity_keeps_its_references(store: Store) -> None:
    enroll(store, aqua="a b")
    ids = [one.id for one in store.references("aqua")]
    rename(store, "aqua", "water")
    assert [one.id for one in store.references("water")] == ids
    assert store.names() == ["water"]


def test_a_taken_name_is_not_given_twice(store: Store) -> None:
    enroll(store, aqua="a", megumin="b")
    with pytest.raises(NameTaken):
        rename(store, "aqua", "megumin")


@pytest.mark.parametrize("act", [Store.references, forget, erase])
def test_a_name_not_there_suggests_the_nearest(
    store: Store, act: Callable[[Store, str], object]
) -> None:
    enroll(store, megumin="a")
    with pytest.raises(UnknownName, match="did you mean megumin"):
        act(store, "megumim")


def test_forgetting_says_how_many_and_leaves_the_others(store: Store) -> None:
    enroll(store, aqua="a b", megumin="c")
    assert forget(store, "aqua") == Forgotten("aqua", 2, erased=False)
    assert store.names() == ["megumin"]
    assert store.count() == 1


def test_forgotten_bytes_stand_in_no_file(store: Store) -> None:
    enroll(store, secretname="hidden.png", aqua="a")
    erase(store, "secretname")
    for path in store.path.parent.iterdir():
        for trace in (b"secretname", b"hidden.png", sha256(b"hidden.png").digest()):
            assert trace not in path.read_bytes(), path


def test_an_id_is_never_used_again(store: Store) -> None:
    enroll(store, aqua="a")
    (old,) = store.references("aqua")
    forget(store, "aqua")
    enroll(store, megumin="b")
    (new,) = store.references("megumin")
    assert new.id > old.id


def test_a_vector_of_monstrous_length_is_called_damage(store: Store) -> None:
    enroll(store, aqua="a")
    store.connection.execute("UPDATE picture_references SET vector = zeroblob(200000000)")
    with pytest.raises(GalleryDamaged, match="has no vector of its d"):
        list(store.vectors())


def test_references_that_are_gone_are_left_out(store: Store) -> None:
    enroll(store, aqua="a")
    (one,) = store.references("aqua")
    assert list(store.references_by_id([one.id, one.id + 7])) == [one.id]


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE recipe SET json = 'nonsense'",
        "DELETE FROM recipe",
        "UPDATE picture_references SET box = 'left'",
        "UPDATE picture_references SET digest = 7",
        "UPDATE identities SET name = CAST(x'ff61' AS TEXT)",
        "UPDATE identities SET name = x'00'",
        "UPDATE recipe SET json = replace(hex(zeroblob(50000)), '00', '[')",
        "DROP TABLE identities",
    ],
)
def test_contents_that_contradict_themselves_are_called_damaged(store: Store, damage: str) -> None:
    enroll(store, aqua="a")
    store.connection.execute(damage)
    with pytest.raises(GalleryDamaged):
        read_all(store.path)
