"""strangers: pictures of nobody enrolled are kept once each, and taken out again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from fewshot.changes import erase, forget, undo
from fewshot.errors import CannotUndo, GalleryDamaged
from fewshot.gallery import Gallery
from fewshot.operations import history
from fewshot.recipe import Recipe
from fewshot.store import Store
from fewshot.strangers import Stranger, add_strangers, read_strangers, strangers_kept
from tests.test_gallery import direction, put
from tests.test_store import RECIPE, enroll


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store.create(tmp_path / "store.db", RECIPE)) as one:
        yield one


def of(picture: str, block: str = "trip", vector: bytes | None = None) -> Stranger:
    """Return a stranger in a picture; `enroll(store, aqua="a")` enrolls the picture "a"."""
    unit = np.eye(4, dtype="<f4")[len(picture) % 4].tobytes()
    return Stranger(block, sha256(picture.encode()).digest(), vector or unit, f"/{picture}.png")


def kept(store: Store) -> int:
    return len(read_strangers(store).vectors)


def test_they_are_read_as_they_were_given(store: Store) -> None:
    assert add_strangers(store, [of("a", "trip"), of("bb", "inn"), of("ccc", "trip")]) == 3
    strangers = read_strangers(store)
    assert strangers.vectors.tolist() == np.eye(4)[[1, 2, 3]].tolist()
    assert strangers.blocks.tolist() == [0, 1, 0]


def test_a_store_without_any_has_none(store: Store) -> None:
    strangers = read_strangers(store)
    assert strangers.vectors.shape == (0, 4)
    assert strangers.blocks.dtype == np.int64


def test_each_picture_counts_once(store: Store) -> None:
    assert add_strangers(store, [of("a"), of("a", "inn"), of("b")]) == 2
    assert add_strangers(store, [of("b"), of("c")]) == 1
    assert kept(store) == 3


def test_they_are_one_operation_that_says_how_many_pictures(store: Store) -> None:
    add_strangers(store, [of("a"), of("b")])
    ((one),) = history(store)
    assert (one.what, one.references, one.name_count) == ("calibrate", 2, 0)


def test_what_adds_none_is_no_operation(store: Store) -> None:
    add_strangers(store, [of("a")])
    assert add_strangers(store, [of("a")]) == 0
    assert add_strangers(store, []) == 0
    assert len(history(store)) == 1


def test_undo_takes_out_what_the_last_brought_and_no_more(store: Store) -> None:
    add_strangers(store, [of("a")])
    add_strangers(store, [of("a"), of("b"), of("c")])
    assert undo(store).what == "calibrate"
    assert kept(store) == 1
    undo(store)
    assert kept(store) == 0
    with pytest.raises(CannotUndo):
        undo(store)


def test_undone_strangers_can_be_given_again(store: Store) -> None:
    add_strangers(store, [of("a")])
    undo(store)
    assert add_strangers(store, [of("a")]) == 1


def test_a_picture_that_is_enrolled_is_no_stranger(store: Store) -> None:
    enroll(store, aqua="a")
    assert add_strangers(store, [of("a"), of("b")]) == 1
    assert add_strangers(store, [of("a")]) == 0


def test_a_stranger_who_is_enrolled_is_none_as_long_as_that_holds(store: Store) -> None:
    add_strangers(store, [of("a"), of("b")])
    before = strangers_kept(store)
    enroll(store, aqua="a")
    assert kept(store) == 1
    assert strangers_kept(store) != before
    forget(store, "aqua")
    assert kept(store) == 2
    undo(store), undo(store)
    assert strangers_kept(store) == before


def test_a_gallery_that_is_open_asks_those_who_are_strangers_now(tmp_path: Path) -> None:
    vector = direction(0.3).tobytes()
    with closing(Store.create(tmp_path / "8.db", Recipe("whole", "palette", "ab", None, 8))) as one:
        put(one, "megumin", 0.1)
        digests = (b"aqua0.5", b"other")
        add_strangers(one, [Stranger(str(key), key, vector, "/x.png") for key in digests])
        gallery = Gallery(one)

        def strangers() -> int:
            with gallery.moment():
                return gallery.evidence().stranger_blocks

        assert strangers() == 2
        put(one, "aqua", 0.5)  # of the digest "aqua0.5"
        assert strangers() == 1
        undo(one)
        assert strangers() == 2


def test_a_gallery_in_which_nobody_is_left_knows_nothing_of_strangers(tmp_path: Path) -> None:
    with closing(Store.create(tmp_path / "8.db", Recipe("whole", "palette", "ab", None, 8))) as one:
        put(one, "megumin", 0.1)
        add_strangers(one, [Stranger("trip", bytes(32), direction(0.3).tobytes(), "/x.png")])
        forget(one, "megumin")
        gallery = Gallery(one)
        with gallery.moment():
            assert gallery.evidence().stranger_blocks == 0


def test_erasing_somebody_erases_what_was_kept_of_the_same_pictures(store: Store) -> None:
    add_strangers(store, [of("a"), of("b")])
    enroll(store, aqua="a")
    erase(store, "aqua")
    assert store.all("SELECT source FROM strangers", (str,)) == [("/b.png",)]


def test_no_more_are_kept_than_there_is_room_for(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fewshot.strangers.MOST_STRANGERS", 3)
    assert add_strangers(store, [of("a"), of("b")]) == 2
    assert add_strangers(store, [of("c"), of("d"), of("e")]) == 1
    assert kept(store) == 3
    assert history(store)[0].references == 1
    assert add_strangers(store, [of("f")]) == 0


def test_names_of_files_that_are_no_text_are_kept_as_text(store: Store) -> None:
    add_strangers(store, [of("a", "trip \udcff")])
    assert kept(store) == 1


@pytest.mark.parametrize(
    "vector",
    ["zeroblob(15)", "zeroblob(16)", "x'0000c07f' || zeroblob(12)", "x''", "'text'", "7"],
    ids=["short", "zero", "NaN", "empty", "text", "number"],
)
def test_a_stranger_without_a_vector_is_damage(store: Store, vector: str) -> None:
    add_strangers(store, [of("a"), of("b")])
    store.connection.execute(f"UPDATE strangers SET vector = {vector} WHERE id = 2")
    with pytest.raises(GalleryDamaged):
        read_strangers(store)


@pytest.mark.parametrize("column", ["block", "vector"])
def test_a_value_of_another_type_is_damage(store: Store, column: str) -> None:
    add_strangers(store, [of("a")])
    store.connection.execute(f"UPDATE strangers SET {column} = 1.5")
    store.connection.execute("UPDATE strangers SET block = CAST(block AS BLOB)")
    with pytest.raises(GalleryDamaged):
        read_strangers(store)


def test_a_lens_sees_which_strangers_there_are_not_only_how_many(store: Store) -> None:
    """Their ids once were summed up: 1 and 4 gone, or 2 and 3, looked the same."""
    add_strangers(store, [of(one) for one in "abcd"])
    enroll(store, aqua="a d")
    before = strangers_kept(store)
    undo(store)
    enroll(store, aqua="b c")
    assert strangers_kept(store) != before
