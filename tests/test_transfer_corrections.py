"""export, import, merge: what was corrected stays corrected in the gallery it comes to."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from fewshot import Corrected, Recognizer
from fewshot.correcting import correct_picture
from fewshot.errors import FileDamaged
from fewshot.records import Brought
from fewshot.rejections import corrections
from fewshot.store import Store
from tests.test_same_picture import scene
from tests.test_transfer import Change, put, rebuilt, say

Take = Callable[[Path, Path], Brought]  # a gallery takes in what stands in another


def reject(
    recognizer: Recognizer, image: Image.Image, *names: str, truth: str | None = None
) -> Corrected:
    return correct_picture(
        recognizer._store, recognizer._embedder, image, rejected=names, truth=truth
    )


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A gallery in which scene 1 was enrolled as red, and is not; and a stranger."""
    path = tmp_path / "mine.db"
    with Recognizer.create(path) as recognizer:
        recognizer.enroll([scene(1), scene(2)], "red")
        recognizer.enroll(scene(3), "blue")
        reject(recognizer, scene(1), "red", truth="blue")
        reject(recognizer, scene(9), "blue")
        ask = recognizer._store.connection.execute
        ask(
            """INSERT INTO strangers SELECT 7, 1, 'trip', zeroblob(32), vector, '/stranger.png'
               FROM picture_references WHERE id = 2"""
        )
    return path


def said(path: Path) -> list[tuple[Any, ...]]:
    with closing(Store.open(path)) as store:
        return [
            (one.digest, one.rejected, one.truth, one.corrected_at, one.source, one.in_force)
            for one in corrections(store)
        ]


def bytes_of(path: Path) -> list[tuple[Any, ...]]:
    """Vectors and thumbnails of what was corrected, and the strangers."""
    with closing(Store.open(path)) as store:
        ask = store.connection.execute
        pictures = ask("SELECT vector, thumbnail FROM corrections ORDER BY id").fetchall()
        return pictures + ask("SELECT block, digest, vector, source FROM strangers").fetchall()


def by_export(path: Path, other: Path) -> Brought:
    with Recognizer.open(other) as recognizer:
        recognizer.export(other.with_suffix(".npz"))
    with Recognizer.create_for(other.with_suffix(".npz"), path) as recognizer:
        return recognizer.import_from(other.with_suffix(".npz"))


def by_merge(path: Path, other: Path) -> Brought:
    with Recognizer.create(path) as recognizer:
        return recognizer.merge(other)


both = pytest.mark.parametrize("take", [by_export, by_merge])


@both
def test_corrections_and_strangers_come_along_as_they_were(
    mine: Path, tmp_path: Path, take: Take
) -> None:
    brought = take(tmp_path / "new.db", mine)
    assert (brought.references, brought.corrections, brought.strangers) == (3, 2, 1)
    assert said(tmp_path / "new.db") == said(mine)
    assert bytes_of(tmp_path / "new.db") == bytes_of(mine)
    with Recognizer.open(tmp_path / "new.db") as recognizer:
        assert recognizer.verify() == []


@both
def test_a_second_time_nothing_comes(mine: Path, tmp_path: Path, take: Take) -> None:
    take(tmp_path / "new.db", mine)
    again = take(tmp_path / "new.db", mine)
    assert (again.references, again.corrections, again.strangers, again.already) == (0, 0, 0, 3)
    with Recognizer.open(tmp_path / "new.db") as recognizer:
        assert len(recognizer.history()) == 1


@both
def test_a_picture_enrolled_there_under_the_rejected_name_goes_out_of_use_until_undo(
    mine: Path, tmp_path: Path, take: Take
) -> None:
    path = tmp_path / "new.db"
    with Recognizer.create(path) as recognizer:
        recognizer.enroll([scene(1), scene(5)], "red")
    assert take(path, mine).corrected == 1
    with Recognizer.open(path) as recognizer:
        assert len(recognizer.references("red")) == 2  # 5, and 2 that came
        recognizer.undo()
        assert len(recognizer.references("red")) == 2  # 1 and 5
        assert recognizer.corrections() == []
        assert recognizer.info().confined == 0


@both
def test_somebody_who_looks_on_sees_what_went_out_of_use(
    mine: Path, tmp_path: Path, take: Take
) -> None:
    path = tmp_path / "new.db"
    with Recognizer.create(path) as watching:
        watching.enroll([scene(1), scene(5)], "red")
        before = watching.search(scene(1), 1)[0]
        assert (before.name, round(before.similarity, 3)) == ("red", 1.0)
        take(path, mine)
        assert watching.search(scene(1), 1)[0].name == "blue"
        watching.undo()
        assert watching.search(scene(1), 1)[0].name == "red"


@both
def test_a_picture_that_was_corrected_here_does_not_come_back(
    mine: Path, tmp_path: Path, take: Take
) -> None:
    other = tmp_path / "other.db"
    with Recognizer.create(other) as recognizer:
        recognizer.enroll([scene(1), scene(6)], "red")
    brought = take(mine, other)
    assert (brought.references, brought.already, brought.corrected) == (1, 0, 1)


@both
def test_a_name_that_nobody_bears_there_is_kept_for_when_it_is_enrolled(
    tmp_path: Path, take: Take
) -> None:
    mine, path = tmp_path / "mine.db", tmp_path / "new.db"
    with Recognizer.create(mine) as recognizer:
        recognizer.enroll(scene(1), "red")
        recognizer.enroll(scene(3), "blue")
        reject(recognizer, scene(1), "red")  # the only one that red had
    assert take(path, mine).corrections == 1
    assert take(tmp_path / "newer.db", path).corrections == 1  # and so on
    with Recognizer.open(tmp_path / "newer.db") as recognizer:
        assert [one.name for one in recognizer.identities()] == ["blue"]
        assert recognizer.verify() == []
        account = recognizer.enroll([scene(1), scene(2)], "red")
        assert (account.added, len(account.corrected)) == (1, 1)
        recognizer.undo()
        recognizer.undo()
        assert recognizer.corrections() == []
        count = "SELECT count(*) FROM identities"
        assert recognizer._store.all(count, (int,)) == [(0,)]


@both
def test_the_undo_of_a_later_import_keeps_what_an_earlier_one_brought(
    mine: Path, tmp_path: Path, take: Take
) -> None:
    path, later = tmp_path / "new.db", tmp_path / "later.db"
    for gallery, image in ((mine, scene(21)), (later, scene(22))):
        with Recognizer.create(gallery) as recognizer:
            recognizer.enroll(image, "only")
            recognizer.enroll(scene(3), "blue")
            reject(recognizer, image, "only")
    take(path, mine)
    before = said(path)
    take(path, later)
    assert len(said(path)) == len(before) + 1
    with Recognizer.open(path) as recognizer:
        recognizer.undo()
    assert said(path) == before


@both
def test_of_the_forgotten_nothing_comes_along(mine: Path, tmp_path: Path, take: Take) -> None:
    with Recognizer.open(mine) as recognizer:
        recognizer.forget("red")
    assert take(tmp_path / "new.db", mine).corrections == 1
    assert [row[1] for row in said(tmp_path / "new.db")] == ["blue"]
    assert b"red" not in (tmp_path / "new.db").read_bytes()


@both
def test_a_stranger_who_is_enrolled_there_is_none(mine: Path, tmp_path: Path, take: Take) -> None:
    path = tmp_path / "new.db"
    with Recognizer.create(path) as recognizer:
        recognizer.enroll(scene(8), "known")
        statement = "UPDATE picture_references SET digest = zeroblob(32)"
        recognizer._store.connection.execute(statement)
    assert take(path, mine).strangers == 0


def test_an_export_of_version_1_is_read(mine: Path, tmp_path: Path) -> None:
    with Recognizer.open(mine) as recognizer:
        recognizer.export(tmp_path / "mine.npz")

    def as_it_was(columns: dict[str, Any], manifest: dict[str, Any]) -> None:
        manifest["version"] = 1
        for name in [one for one in columns if one.startswith(("corrections.", "strangers."))]:
            del columns[name]

    old = rebuilt(tmp_path / "mine.npz", as_it_was)
    with Recognizer.create_for(old, tmp_path / "new.db") as recognizer:
        brought = recognizer.import_from(old)
    assert (brought.references, brought.corrections, brought.strangers) == (3, 0, 0)


SPOILED: dict[str, tuple[Change, str]] = {
    "no corrections": (lambda columns, _: columns.pop("corrections.truth"), "cannot be read"),
    "a vector not of length 1": (put("corrections.vectors", lambda v: v * 2), "length 1"),
    "a stranger's vector too": (put("strangers.vectors", lambda v: v * np.nan), "length 1"),
    "a name out of bounds": (put("corrections.rejected", lambda v: v + 9), "out of bounds"),
    "a negative name": (put("corrections.rejected", lambda v: v - 9), "out of bounds"),
    "a truth out of bounds": (put("corrections.truth", lambda v: v + 9), "out of bounds"),
    "fewer rows": (put("corrections.digests", lambda v: v[:1]), "not of one length"),
    "ends beyond the end": (put("strangers.blocks.ends", lambda v: v + 9), "ends too early"),
    "a thumbnail too large": (
        put("corrections.thumbnails.ends", lambda v: v + (1 << 21)),
        "out of bounds",
    ),
    "text that is none": (put("strangers.blocks", lambda v: v | 0x80), "utf-8"),
    "version 0": (say("version", 0), "later version"),
    "a version that is none": (say("version", "2"), "later version"),
}


@pytest.mark.parametrize("kind", SPOILED)
def test_a_spoiled_correction_is_refused_and_nothing_changed(
    mine: Path, tmp_path: Path, kind: str
) -> None:
    with Recognizer.open(mine) as recognizer:
        recognizer.export(tmp_path / "mine.npz")
    change, words = SPOILED[kind]
    spoiled = rebuilt(tmp_path / "mine.npz", change)
    with pytest.raises(FileDamaged, match=words):
        Recognizer.create_for(spoiled, tmp_path / "new.db")
    assert not (tmp_path / "new.db").exists()
    before = said(mine)
    with Recognizer.open(mine) as recognizer, pytest.raises(FileDamaged, match=words):
        recognizer.import_from(spoiled)
    assert said(mine) == before
