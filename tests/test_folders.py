"""folders: which pictures stand in a folder, and under which name each is enrolled."""

from __future__ import annotations

import io
import os
import sys
import tempfile
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fewshot.errors import AmbiguousFolder, NameNotInFolder, NoImagesFound
from fewshot.folders import SUFFIXES, each_picture, find_pictures, plan_enrollment
from tests.conftest import draw

NAMES = ["two words", "めぐみん", "two\nlines", "🧙‍♀️", 'it\'s #1, "best"']
ONES = [b"bytes", bytearray(b"b"), io.BytesIO(), draw("red"), np.zeros((2, 2, 3), np.uint8)]
posix = pytest.mark.skipif(sys.platform == "win32", reason="file systems of POSIX")


@pytest.fixture
def root() -> Iterator[Path]:
    """A folder that another user may read: pytest's own is private."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        yield Path(folder)


@contextmanager
def without_privileges() -> Iterator[None]:
    """Root reads every folder: be nobody for a while."""
    me = os.geteuid()
    os.seteuid(me or 65_534)
    try:
        yield
    finally:
        os.seteuid(me)


def put(root: Path, *names: str) -> None:
    """Lay files there; what they hold does not matter, folders know pictures by their suffix."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def found(root: Path) -> list[str]:
    return [path.relative_to(root).as_posix() for path in find_pictures(root)]


def planned(root: Path, name: str | None = None) -> list[tuple[str, str]]:
    pictures = plan_enrollment(root, name).pictures
    return [(name, path.relative_to(root).as_posix()) for name, path in pictures]


def test_pictures_come_in_the_order_of_names(root: Path) -> None:
    put(root, "10.png", "2.png", "b.png", "a.png", "aa/z.png", "aa/c.png")
    assert found(root) == ["10.png", "2.png", "a.png", "aa/c.png", "aa/z.png", "b.png"]


def test_hidden_files_and_folders_are_passed_over(root: Path) -> None:
    put(root, ".hidden.png", "._a.png", ".thumbnails/a.png", "a.png")
    assert found(root) == ["a.png"]


def test_files_of_other_suffixes_are_passed_over(root: Path) -> None:
    put(root, "a.txt", "Thumbs.db", "png", "a.png.part", "a.svg", "a.eps", "a.png")
    assert found(root) == ["a.png"]


@pytest.mark.parametrize("suffix", sorted(SUFFIXES))
def test_a_suffix_is_seen_in_upper_case_too(root: Path, suffix: str) -> None:
    put(root, f"a{suffix.upper()}", f"b{suffix}")
    assert found(root) == [f"a{suffix.upper()}", f"b{suffix}"]


@posix
def test_a_loop_of_links_ends_and_each_picture_comes_once(root: Path) -> None:
    put(root, "a/1.png", "b/2.png")
    (root / "a" / "up").symlink_to(root)
    (root / "b" / "across").symlink_to(root / "a")
    assert found(root) == ["a/1.png", "b/2.png"]


@posix
def test_links_are_followed(root: Path) -> None:
    put(root, "elsewhere/1.png", "elsewhere/folder/2.png", "here/0.png")
    (root / "here" / "file.png").symlink_to(root / "elsewhere" / "1.png")
    (root / "here" / "folder").symlink_to(root / "elsewhere" / "folder")
    assert found(root / "here") == ["0.png", "file.png", "folder/2.png"]


@posix
@pytest.mark.parametrize("mode", [0o000, 0o444], ids=oct)
def test_a_folder_that_cannot_be_entered_is_yielded_itself(root: Path, mode: int) -> None:
    put(root, "a/1.png", "locked/2.png", "z/3.png")
    (root / "locked").chmod(mode)
    with without_privileges():
        first, refused, last = found(root)
    assert (first, refused.split("/")[0], last) == ("a/1.png", "locked", "z/3.png")


def test_a_file_stands_for_itself(root: Path) -> None:
    assert list(each_picture(root / "none.png")) == [root / "none.png"]


def test_a_folder_stands_for_its_pictures(root: Path) -> None:
    put(root, "b.png", "sub/a.png")
    assert list(each_picture(root)) == [root / "b.png", root / "sub" / "a.png"]


def test_a_folder_without_pictures_stands_for_itself(root: Path) -> None:
    put(root, "notes.txt")
    assert list(each_picture(root)) == [root]


@posix
def test_a_file_in_a_folder_that_cannot_be_entered_stands_for_itself(root: Path) -> None:
    put(root, "locked/1.png")
    (root / "locked").chmod(0o000)
    with without_privileges():
        assert list(each_picture(root / "locked" / "1.png")) == [root / "locked" / "1.png"]


@pytest.mark.parametrize("one", ONES, ids=lambda one: type(one).__name__)
def test_one_picture_gives_itself(one: object) -> None:
    (only,) = each_picture(one)
    assert only is one


def test_an_iterable_gives_its_pictures_one_by_one_however_nested(root: Path) -> None:
    put(root, "a.png", "sub/b.png")
    pictures = list(each_picture([iter(ONES), [[str(root)], root / "c.png"]]))
    assert [id(one) for one in pictures[:-3]] == [id(one) for one in ONES]
    assert pictures[-3:] == [root / "a.png", root / "sub" / "b.png", root / "c.png"]


def test_a_damaged_pillow_image_gives_itself() -> None:
    draw("red").save(buffer := io.BytesIO(), "JPEG")
    image = Image.open(io.BytesIO(buffer.getvalue()[:1000]))
    assert list(each_picture(image)) == [image]


def test_each_sub_folder_is_a_name(root: Path) -> None:
    put(root, "red/1.png", "blue/2.png", "blue/3.png")
    assert planned(root) == [("blue", "blue/2.png"), ("blue", "blue/3.png"), ("red", "red/1.png")]


def test_folders_below_a_name_belong_to_it(root: Path) -> None:
    put(root, "red/1.png", "red/side/2.png", "red/side/left/3.png")
    assert {name for name, _ in planned(root)} == {"red"}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_that_of_its_folder_exactly(root: Path, name: str) -> None:
    put(root, f"{name}/1.png")
    assert planned(root) == [(name, f"{name}/1.png")]


@posix
def test_a_link_back_to_the_whole_puts_no_picture_under_another_name(root: Path) -> None:
    put(root, "red/1.png", "blue/2.png")
    (root / "red" / "up").symlink_to(root)
    assert planned(root) == [("blue", "blue/2.png"), ("red", "red/1.png")]


def test_loose_pictures_beside_names_are_passed_over_with_a_note(root: Path) -> None:
    put(root, "red/1.png", "loose.png", "other.png")
    plan = plan_enrollment(root, None)
    assert plan.pictures == [("red", root / "red" / "1.png")]
    assert plan.notes == [f"2 picture(s) lying in {root} itself have no name: passed over"]


def test_a_sub_folder_without_pictures_is_noted(root: Path) -> None:
    put(root, "red/1.png", "blue/notes.txt")
    assert plan_enrollment(root, None).notes == [f"{root / 'blue'} holds no pictures"]


def test_loose_pictures_alone_need_a_name(root: Path) -> None:
    put(root, "1.png", "2.png")
    with pytest.raises(AmbiguousFolder, match=rf"2 picture\(s\) .* add --name '{root.name}'"):
        plan_enrollment(root, None)


def test_a_single_picture_needs_a_name(root: Path) -> None:
    put(root, "1.png")
    with pytest.raises(AmbiguousFolder, match="a single picture needs a name; add --name NAME"):
        plan_enrollment(root / "1.png", None)


def test_a_folder_that_is_not_there_is_said_to_be_missing(root: Path) -> None:
    with pytest.raises(Exception, match=r"(?i)no such"):
        plan_enrollment(root / "typo", None)


@pytest.mark.parametrize("inside", [[], ["red/notes.txt"], [".git/a.png"]])
@pytest.mark.parametrize("name", [None, "red"])
def test_a_folder_without_any_picture_is_refused(
    root: Path, inside: list[str], name: str | None
) -> None:
    put(root, *inside)
    with pytest.raises(NoImagesFound, match=f"^no pictures in {root}"):
        plan_enrollment(root, name)


def test_a_name_takes_the_sub_folder_of_that_name(root: Path) -> None:
    put(root, "red/1.png", "blue/2.png")
    assert planned(root, "red") == [("red", "red/1.png")]


def test_a_name_finds_its_sub_folder_however_its_accents_are_encoded(root: Path) -> None:
    put(root, unicodedata.normalize("NFD", "Amélie") + "/1.png", "blue/2.png")
    ((_, path),) = planned(root, unicodedata.normalize("NFC", "Amélie"))
    assert path.endswith("/1.png")


def test_a_name_without_a_sub_folder_takes_the_loose_pictures(root: Path) -> None:
    put(root, "1.png", "2.png")
    assert planned(root, "red") == [("red", "1.png"), ("red", "2.png")]


def test_sub_folders_beside_the_loose_pictures_of_a_name_are_noted(root: Path) -> None:
    put(root, "1.png", "blue/2.png")
    assert planned(root, "red") == [("red", "1.png")]
    assert plan_enrollment(root, "red").notes == [f"sub-folders of {root} passed over"]


def test_a_name_that_could_mean_both_is_refused_with_the_two_readings(root: Path) -> None:
    put(root, "red/1.png", "2.png", "3.png")
    both = rf"sub-folder {root / 'red'} and there are 2 picture\(s\) lying beside it"
    with pytest.raises(AmbiguousFolder, match=both):
        plan_enrollment(root, "red")


def test_a_name_not_among_the_sub_folders_suggests_the_nearest(root: Path) -> None:
    put(root, "megumin/1.png", "aqua/2.png")
    with pytest.raises(NameNotInFolder, match=r"did you mean megumin\?$"):
        plan_enrollment(root, "megumi")


def test_a_name_makes_a_file_its_picture_there_or_not(root: Path) -> None:
    assert planned(root / "none.png", "red") == [("red", ".")]


@posix
def test_a_folder_of_any_depth_is_walked(tmp_path: Path) -> None:
    levels = [tmp_path / "/".join("d" * depth) for depth in range(1, 1200)]
    picture = levels[-1] / "deep.png"
    try:
        for level in levels:
            level.mkdir()
        draw("red").save(picture)
        assert list(find_pictures(tmp_path)) == [picture]
    finally:  # by hand: what removes folders for pytest goes down by recursion
        picture.unlink(missing_ok=True)
        for level in filter(Path.is_dir, reversed(levels)):
            level.rmdir()
