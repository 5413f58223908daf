"""The lens over corrections: which picture may not bear which name, however it was saved."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fewshot.changes import erase, forget, rename, undo
from fewshot.corrected_pictures import Corrections
from fewshot.corrections import Shown, correct
from fewshot.images import thumbnail
from fewshot.store import Store
from tests.test_same_picture import cut, flip, saved, scene
from tests.test_store import RECIPE, enroll


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store.create(tmp_path / "store.db", RECIPE)) as one:
        enroll(one, aqua="a b", megumin="c d")
        yield one


def jpeg(image: Image.Image) -> bytes:
    return thumbnail(np.asarray(image.convert("RGB")))


def shown(image: Image.Image) -> Shown:
    file = io.BytesIO()
    image.save(file, "PNG")
    digest = sha256(file.getvalue()).digest()
    return Shown(digest, bytes(12) + b"\0\0\x80\x3f", "/new.png", "0 0 9 9", jpeg(image))


def reject(store: Store, image: Image.Image, name: str, truth: str | None = None) -> None:
    correct(store, shown(image), rejected=[name], truth=truth)


def test_it_rejects_the_picture_and_its_copies_and_no_other(store: Store) -> None:
    reject(store, scene(1), "megumin")
    lens = Corrections(store)
    assert lens.names == {"megumin"}
    for copy in (scene(1), flip(scene(1)), saved(scene(1)), cut(0.2, 0.1, 1, 1)(scene(1))):
        assert lens.rejects("megumin", jpeg(copy))
        assert not lens.rejects("aqua", jpeg(copy))
    assert not lens.rejects("megumin", jpeg(scene(2)))


def test_it_knows_the_file_itself_without_a_thumbnail(store: Store) -> None:
    one = shown(scene(1))
    reject(store, scene(1), "megumin")
    assert Corrections(store).rejects("megumin", b"", digest=one.digest)
    assert not Corrections(store).rejects("megumin", b"", digest=bytes(32))
    assert not Corrections(store).rejects("megumin", b"")


def test_it_follows_the_name(store: Store) -> None:
    reject(store, scene(1), "megumin")
    rename(store, "megumin", "Megumin")
    assert Corrections(store).names == {"Megumin"}
    forget(store, "Megumin")
    enroll(store, Megumin="e")
    assert Corrections(store).rejects("Megumin", jpeg(flip(scene(1))))


def test_what_was_undone_or_erased_rejects_nothing(store: Store) -> None:
    reject(store, scene(1), "megumin")
    undo(store)
    assert Corrections(store).names == frozenset()
    reject(store, scene(1), "megumin")
    erase(store, "megumin")
    assert not Corrections(store).rejects("megumin", jpeg(scene(1)))


def test_the_last_word_on_a_picture_holds_also_where_a_copy_was_shown(store: Store) -> None:
    reject(store, scene(1), "megumin")
    reject(store, flip(scene(1)), "aqua", truth="megumin")
    lens = Corrections(store)
    assert not lens.rejects("megumin", jpeg(scene(1)))
    assert lens.rejects("aqua", jpeg(scene(1)))


def test_a_thumbnail_that_cannot_be_read_is_like_no_picture(store: Store) -> None:
    reject(store, scene(1), "megumin")
    store.connection.execute("UPDATE corrections SET thumbnail = x'ffd8'")
    lens = Corrections(store)
    assert not lens.rejects("megumin", jpeg(scene(1)))
    assert lens.rejects("megumin", jpeg(scene(1)), digest=shown(scene(1)).digest)


def test_a_newer_look_takes_over_what_was_prepared(store: Store) -> None:
    reject(store, scene(1), "megumin")
    before = Corrections(store)
    assert before.rejects("megumin", jpeg(scene(1)))
    reject(store, scene(2), "aqua")
    after = Corrections(store, before)
    (kept,) = before._pictures.values()
    assert kept in after._pictures.values()
    assert after.rejects("aqua", jpeg(scene(2)))
