"""`fewshot info`: what stands in a gallery, in figures, and whether the file is whole."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from fewshot import Recognizer
from fewshot.backbones.catalog import COMPACT
from fewshot.correcting import correct_picture
from fewshot.corrections import correct
from fewshot.store import Store
from tests.conftest import Folder, Run, draw
from tests.test_corrections import shown


def test_it_counts_names_references_and_what_was_forgotten(fewshot: Run, enrolled: Path) -> None:
    fewshot("forget", "blue")
    (row,) = fewshot("info", "--json").json["info"]
    assert (row["names"], row["references"]) == (1, 2)
    assert (row["forgotten_names"], row["forgotten_references"]) == (1, 1)
    assert row["last"]["what"] == "forget"
    assert row["d"] == COMPACT.d
    assert row["index"] is None


def test_it_says_so_to_people(fewshot: Run, enrolled: Path) -> None:
    answer = fewshot("info")
    assert answer.code == 0
    lines = dict(line.split(maxsplit=1) for line in answer.out.splitlines())
    assert set(lines) == {"gallery", "enrolled", "names", "made", "index", "last"}
    assert lines["enrolled"] == "2 name(s), 3 reference(s)"
    assert lines["made"].startswith("with  compact (")
    assert lines["names"] == "by   nearest class mean (the usual one)"
    assert lines["index"] == "exact"
    assert re.fullmatch(r"enroll blue, red: 3 reference\(s\) \(20.*\+00:00\)", lines["last"])


def test_its_size_is_that_of_the_file_and_its_log(tmp_path: Path) -> None:
    with Recognizer.create(tmp_path / "own.db") as recognizer:
        recognizer.enroll(draw("red"), "red")
        files = [path for path in tmp_path.glob("own.db*") if path.suffix != ".db-shm"]
        assert recognizer.info().bytes == sum(path.stat().st_size for path in files)


def test_a_whole_gallery_is_called_whole(fewshot: Run, enrolled: Path) -> None:
    fewshot("forget", "red")
    answer = fewshot("info", "--verify")
    assert answer.code == 0
    assert "verified   whole" in answer.out


SPOILED = {
    "UPDATE picture_references SET vector = zeroblob(2008) WHERE id = 1": "reference 1: vectors",
    "UPDATE picture_references SET vector = x'00' WHERE id = 2": "reference 2: vectors must be",
    "UPDATE picture_references SET box = '1 2' WHERE id = 3": "reference 3: not enough values",
    "UPDATE picture_references SET digest = x'00' WHERE id = 3": "reference 3: its digest",
    "UPDATE picture_references SET identity = 77 WHERE id = 3": "belongs to nothing in identities",
    "UPDATE thumbnails SET jpeg = 'GIF89' WHERE reference = 2": "the thumbnail of reference 2",
    "DELETE FROM picture_references WHERE identity = 1": "blue has no references",
    "UPDATE identities SET name = x'00' WHERE id = 1": "of the wrong type",
}


@pytest.mark.parametrize("script", SPOILED)
def test_what_is_damaged_is_named(
    fewshot: Run, enrolled: Path, tmp_path: Path, script: str
) -> None:
    with closing(sqlite3.connect(tmp_path / "gallery.db")) as connection:
        connection.executescript(script)
    answer = fewshot("info", "--verify", "--json")
    assert answer.code == 4
    assert any(SPOILED[script] in problem for problem in answer.json["info"][0]["problems"])


def test_what_is_damaged_of_a_correction_is_named(
    fewshot: Run, enrolled: Path, tmp_path: Path
) -> None:
    with closing(Store.open(tmp_path / "gallery.db")) as store:
        correct(store, shown("x"), rejected=["red"])  # neither vector nor JPEG of a real one
    (row,) = fewshot("info", "--verify", "--json").json["info"]
    assert row["problems"] == [
        f"correction 1: vectors must be float32 of shape (n, {COMPACT.d}); "
        "got float32 of shape (1, 0)",
        "the thumbnail of correction 1 is no JPEG, or too large",
    ]


def test_a_name_that_has_references_in_quarantine_only_is_no_damage(
    fewshot: Run, enrolled: Path, tmp_path: Path
) -> None:
    with Recognizer.open(tmp_path / "gallery.db") as recognizer:
        store, picture = recognizer._store, enrolled / "blue" / "00.png"
        correct_picture(store, recognizer._embedder, picture, rejected="blue")
    answer = fewshot("info", "--verify")
    assert (answer.code, "verified   whole" in answer.out) == (0, True)
    assert "corrected  1 time(s)" in answer.out
    assert "not used   1 reference(s), until undo" in answer.out


def test_a_damaged_page_is_named(fewshot: Run, folder_of: Folder, tmp_path: Path) -> None:
    fewshot("enroll", folder_of(red=30))
    content = bytearray((tmp_path / "gallery.db").read_bytes())
    with closing(sqlite3.connect(tmp_path / "gallery.db")) as connection:
        (page,) = connection.execute(
            "SELECT max(rootpage) FROM sqlite_master WHERE name LIKE '%autoindex_operations%'"
        ).fetchone()
    content[(page - 1) * 16384 + 200 : page * 16384] = b"\x55" * (16384 - 200)
    (tmp_path / "gallery.db").write_bytes(content)
    answer = fewshot("info", "--verify", "--json")
    assert answer.code == 4
    assert answer.json["info"][0]["problems"]
