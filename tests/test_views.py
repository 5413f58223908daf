"""views: folders that other programs read, and no name that leads out of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fewshot import Recognizer
from fewshot.errors import CannotWrite
from fewshot.views import folder_names
from tests.conftest import Run, draw

NAMES = st.lists(st.text(min_size=1, max_size=300), unique=True, max_size=8)


@settings(deadline=None, max_examples=200, derandomize=True)
@given(NAMES)
def test_a_folder_s_name_is_one_step_down_and_nobody_else_s(names: list[str]) -> None:
    folders = folder_names([name.replace("\ud800", "") for name in names])
    assert len({one.casefold() for one in folders}) == len(names)
    for one in folders:
        assert one not in ("", ".", "..")
        assert not set(one) & set("/\\\0\n:")
        assert len(one.encode()) <= 255


@pytest.mark.parametrize(
    "name", ["megumin", "めぐみん", "Ælf 青", "../../etc", "a/b", ".x", "con", "50 %"]
)
def test_a_name_can_be_read_back_from_its_folder(name: str) -> None:
    assert unquote(folder_names([name])[0]) == name


def test_names_that_differ_in_case_alone_have_two_folders() -> None:
    one, other = folder_names(["Aqua", "aqua"])
    assert one.casefold() != other.casefold()


def export(tmp_path: Path, kind: str) -> Path:
    with Recognizer.create(tmp_path / "own.db") as recognizer:
        recognizer.enroll([draw("red", 0), draw("red", 1)], "../red")
        recognizer.enroll(draw("blue"), "blue\tand green")
        assert recognizer.export(tmp_path / "out", kind) == 3
    return tmp_path / "out"


def test_thumbnails_are_a_folder_that_can_be_enrolled(tmp_path: Path, fewshot: Run) -> None:
    folder = export(tmp_path, "thumbnails")
    files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*.jpg"))
    assert files == [
        "%2E./".replace("%2E.", "%2E.%2Fred") + "1.jpg",
        "%2E.%2Fred/2.jpg",
        "blue%09and green/3.jpg",
    ]
    assert fewshot("enroll", folder, "-g", tmp_path / "again.db").out == (
        "%2E.%2Fred: 2 added\nblue%09and green: 1 added\n"
    )


def test_the_projector_gets_a_row_a_reference(tmp_path: Path) -> None:
    folder = export(tmp_path, "projector")
    vectors = np.loadtxt(folder / "vectors.tsv", delimiter="\t")
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(3), abs=1e-5)
    assert (folder / "metadata.tsv").read_text(encoding="utf-8") == (
        "name\treference\tsource\n"
        "../red\t1\t<image>\n../red\t2\t<image>\nblue and green\t3\t<image>\n"
    )


def occupied(folder: Path) -> None:
    folder.mkdir()
    (folder / "letter.txt").write_text("mine")


@pytest.mark.parametrize("kind", ["thumbnails", "projector"])
@pytest.mark.parametrize("spoil", [occupied, lambda folder: folder.write_text("mine")])
def test_what_is_there_is_left_alone(
    tmp_path: Path, kind: str, spoil: Callable[[Path], object]
) -> None:
    spoil(tmp_path / "out")
    with pytest.raises(CannotWrite):
        export(tmp_path, kind)
    assert "mine" in [
        path.read_text()
        for path in (tmp_path / "out", tmp_path / "out" / "letter.txt")
        if path.is_file()
    ]
