"""upgrades: a gallery of every released version opens, whole; a newer one is left alone."""

from __future__ import annotations

import gzip
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from fewshot import Recognizer
from fewshot.upgrades import UPGRADES, VERSION
from tests.conftest import draw

RELEASED = Path(__file__).parent / "released"
NOW = list(range(1, VERSION))  # the versions before this one


@pytest.fixture(params=NOW)
def released(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A gallery as that version wrote it: "red" (3), "Ælf 青" (2, one shared), one forgotten."""
    return unpacked(request.param, tmp_path)


def unpacked(version: int, tmp_path: Path) -> Path:
    path = tmp_path / "old.db"
    content = (RELEASED / f"gallery-v{version}.db.gz").read_bytes()
    path.write_bytes(gzip.decompress(content))
    return path


def test_there_is_a_fixture_of_every_version_before_this_one() -> None:
    assert {path.name for path in RELEASED.iterdir()} == {f"gallery-v{n}.db.gz" for n in NOW}
    assert len(UPGRADES) == VERSION


def test_an_older_gallery_has_all_that_stood_in_it(released: Path) -> None:
    with Recognizer.open(released) as recognizer:
        names = [(one.name, one.references) for one in recognizer.identities()]
        assert names == [("red", 3), ("Ælf 青", 2)]
        first = recognizer.references("red")[0]
        assert (first.id, first.source, first.box) == (1, "<bytes>", (0, 0, 120, 100))
        assert (recognizer.thumbnail(first.id) or b"").startswith(b"\xff\xd8")


def test_an_older_gallery_answers_and_goes_on(released: Path) -> None:
    with Recognizer.open(released) as recognizer:
        assert recognizer.match(draw("red", 1)).name == "red"
        recognizer.enroll(draw("green", 5), "green")
        assert recognizer.references("green")[0].id > 6  # 6 was forgotten: never used again
        recognizer.forget("red")
        assert recognizer.undo().names == ("red",)
        assert len(recognizer.references("red")) == 3


def test_what_a_gallery_did_before_there_was_a_history_cannot_be_undone(tmp_path: Path) -> None:
    with Recognizer.open(unpacked(1, tmp_path)) as recognizer:
        assert recognizer.history() == []


def test_what_a_gallery_did_since_can_be_undone(tmp_path: Path) -> None:
    with Recognizer.open(unpacked(2, tmp_path)) as recognizer:
        assert [recognizer.undo().what for _ in range(2)] == ["forget", "enroll"]


def test_an_upgrade_that_fails_leaves_the_file_as_it_was(
    released: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM thumbnails")
        raise KeyboardInterrupt

    before = dump(released)
    monkeypatch.setattr("fewshot.upgrades.UPGRADES", [*UPGRADES[:-1], half])
    with pytest.raises(KeyboardInterrupt):
        Recognizer.open(released)
    assert dump(released) == before


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [*connection.iterdump(), str(connection.execute("PRAGMA user_version").fetchone())]


def test_an_upgraded_gallery_has_the_tables_of_a_new_one(released: Path, tmp_path: Path) -> None:
    Recognizer.open(released).close()
    Recognizer.create(tmp_path / "new.db").close()
    schemas = []
    for path in (released, tmp_path / "new.db"):
        with closing(sqlite3.connect(path)) as connection:
            rows = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master")
            schemas.append(sorted(rows, key=str))
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert schemas[0] == schemas[1]
