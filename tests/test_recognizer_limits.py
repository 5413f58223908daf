"""recognizer: what it promises at its edges."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fewshot import Recognizer
from fewshot.errors import GalleryUnavailable, NameNotInFolder
from tests.conftest import COLORS, Folder, draw


def test_enrolled_copies_under_two_names_silence_nobody(tmp_path: Path) -> None:
    draw("red").save(tmp_path / "red.png")
    draw("red").save(tmp_path / "red.bmp")
    with Recognizer.create(tmp_path / "own.db") as recognizer:
        for color in COLORS:
            recognizer.enroll(draw(color), color)
        recognizer.enroll(tmp_path / "red.png", "png")
        recognizer.enroll(tmp_path / "red.bmp", "bmp")
        for color in set(COLORS) - {"red"}:
            assert recognizer.match(draw(color)).name == color
        assert recognizer.match(draw("red")).known


@pytest.fixture
def recognizer(tmp_path: Path, folder_of: Folder) -> Iterator[Recognizer]:
    folder = folder_of(red=3, blue=3)
    with Recognizer.create(tmp_path / "own.db") as one:
        one.enroll_folder(folder)
        yield one


def test_a_closed_recognizer_says_so(tmp_path: Path) -> None:
    with Recognizer.create(tmp_path / "own.db") as recognizer:
        pass
    with pytest.raises(GalleryUnavailable, match="it was closed"):
        recognizer.identities()


def test_a_recognizer_of_a_path_says_how_to_make_one() -> None:
    with pytest.raises(TypeError, match=r"Recognizer.create\(path\)"):
        Recognizer("my.db")  # type: ignore[arg-type]


def test_a_threshold_that_is_no_similarity_is_refused(recognizer: Recognizer) -> None:
    with pytest.raises(ValueError, match="similarity in"):
        recognizer.match(draw("red"), threshold=2)


def test_a_folder_of_names_is_not_poured_into_one(
    recognizer: Recognizer, folder_of: Folder
) -> None:
    folder = folder_of("two", green=1, yellow=1)
    assert recognizer.enroll(folder, name="green").added == 1
    with pytest.raises(NameNotInFolder, match="green, yellow"):
        recognizer.enroll(folder, name="everybody")
