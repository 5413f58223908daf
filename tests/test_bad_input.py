"""The command as a user meets it: odd pictures and names, bad files; nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from tests.conftest import Folder, Run, draw, listed, process, says_one_line
from tests.test_folders import NAMES, posix, root, without_privileges
from tests.test_images import BOMBS, CUT_JPEG, FACE, animated, saved, turned

__all__ = ["root"]  # a fixture
Photo = Callable[..., Path]

BAD: dict[str, tuple[bytes | None, str]] = {
    "empty.png": (b"", "the file is empty"),
    "cut.jpg": (CUT_JPEG, "image file is truncated"),
    "text.jpg": (b"Dear diary\n" * 99, "it is not a picture"),
    "bomb.png": (BOMBS["PNG"], "it has more than 80 million pixels"),
    "missing.png": (None, "no such file"),
    "x" * 300 + ".png": (None, "file name too long"),
}
ODD: dict[str, bytes] = {
    "cmyk.jpg": saved(FACE.convert("CMYK"), "JPEG"),
    "deep.png": saved(FACE.convert("I;16")),
    "palette.png": saved(FACE.quantize(8), transparency=0),
    "animated.gif": animated("GIF"),
    "animated.webp": animated("WEBP"),
    "turned.jpg": turned(FACE, 6, "JPEG"),
    "one pixel.png": saved(Image.new("RGB", (1, 1), "red")),
    "broken exif.jpg": saved(FACE, "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\xff"),
}


@pytest.fixture(params=BAD, ids=lambda name: name[:12])
def bad(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, str]:
    """A path that gives no picture, and why."""
    content, reason = BAD[request.param]
    if content is not None:
        (tmp_path / request.param).write_bytes(content)
    return tmp_path / request.param, reason


def test_match_names_a_bad_picture_and_answers_the_others(
    fewshot: Run, enrolled: Path, bad: tuple[Path, str]
) -> None:
    path, reason = bad
    answer = fewshot("match", path, enrolled / "red" / "00.png", "--json")
    first, second = answer.json["matches"]
    assert (answer.code, first["query"], first["status"]) == (3, str(path), "unreadable")
    assert reason in first["error"]
    assert second["name"] == "red"


def test_enroll_refuses_a_bad_picture_by_name_and_enrolls_the_others(
    fewshot: Run, enrolled: Path, photo: Photo, bad: tuple[Path, str]
) -> None:
    path, reason = bad
    answer = fewshot("enroll", path, photo("red"), "--name", "red", "--csv")
    assert (answer.code, answer.out.splitlines()[1]) == (3, "red,1,0,1")
    assert says_one_line(answer, f"refused {path}: {reason}")


@pytest.mark.parametrize(
    "content", [ODD["broken exif.jpg"], BOMBS["PNG just above"]], ids=["exif", "bomb"]
)
def test_no_warning_of_pillow_reaches_the_user(
    enrolled: Path, tmp_path: Path, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FEWSHOT_DEBUG")  # it lets LiteRT speak
    (tmp_path / "odd.jpg").write_bytes(content)
    assert process("match", tmp_path / "odd.jpg").err == ""


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
@pytest.mark.parametrize("file", ODD)
def test_an_odd_picture_is_enrolled_and_matches_itself(
    fewshot: Run, tmp_path: Path, file: str
) -> None:
    (tmp_path / file).write_bytes(ODD[file])
    assert fewshot("enroll", tmp_path / file, "--name", "odd").code == 0
    answer = fewshot("match", tmp_path / file, "--json")
    assert (answer.code, answer.json["matches"][0]["name"]) == (0, "odd")


@pytest.fixture(params=NAMES)
def named(request: pytest.FixtureRequest, fewshot: Run, tmp_path: Path) -> tuple[str, Path]:
    """An odd name, enrolled from a folder of that name, and its picture."""
    folder = tmp_path / "named" / request.param
    folder.mkdir(parents=True)
    draw("red").save(folder / f"{request.param}.png")
    answer = fewshot("enroll", folder.parent)
    assert (answer.code, answer.out.count("\n")) == (0, 1)
    return request.param, folder / f"{request.param}.png"


def test_an_odd_name_stays_itself_until_it_is_forgotten(
    fewshot: Run, named: tuple[str, Path]
) -> None:
    name, path = named
    assert listed(fewshot) == [(name, 1)]
    assert fewshot("match", path, "--json").json["matches"][0]["name"] == name
    assert fewshot("show", name, "--json").json["references"][0]["source"] == str(path)
    assert fewshot("rename", name, "plain").code == fewshot("rename", "plain", name).code == 0
    assert fewshot("forget", name, "--json").json["forgotten"][0] == {
        "name": name,
        "references": 1,
        "erased": False,
    }
    assert listed(fewshot) == []


def test_a_name_never_breaks_a_line_of_text(fewshot: Run, named: tuple[str, Path]) -> None:
    commands: list[tuple[str | Path, ...]] = [("list",), ("match", named[1]), ("show", named[0])]
    commands += [("rename", named[0], f"{named[0]}!"), ("forget", f"{named[0]}!")]
    assert [fewshot(*command).out.count("\n") for command in commands] == [1] * 5


@posix
def test_a_loop_of_links_in_a_folder_ends(fewshot: Run, folder_of: Folder) -> None:
    folder = folder_of(red=2, blue=1)
    (folder / "red" / "loop").symlink_to(folder / "red")
    assert fewshot("enroll", folder).code == 0
    assert listed(fewshot) == [("blue", 1), ("red", 2)]


@posix
@pytest.mark.parametrize("mode", [0o000, 0o444], ids=oct)
def test_a_folder_that_cannot_be_read_is_refused_by_name(
    fewshot: Run, root: Path, mode: int
) -> None:
    for name in ("red", "locked"):
        (root / name).mkdir()
        draw("red").save(root / name / "1.png")
    (root / "locked").chmod(mode)
    with without_privileges():
        answer = fewshot("enroll", root, "-g", root / "gallery.db")
        assert (answer.code, listed(fewshot, "-g", root / "gallery.db")) == (3, [("red", 1)])
    assert f"refused {root / 'locked'}" in answer.err


def test_a_picture_under_two_names_is_reported(fewshot: Run, photo: Photo, tmp_path: Path) -> None:
    fewshot("enroll", photo("red"), "--name", "red")
    answer = fewshot("enroll", photo("red"), "--name", "blue", "--json")
    (account,) = answer.json["enrolled"]
    assert account["elsewhere"] == [{"source": str(photo("red")), "name": "red"}]
    assert says_one_line(answer, "1 picture(s) of blue are enrolled as red too; forget one")


def test_a_picture_twice_under_one_name_is_already_there(fewshot: Run, photo: Photo) -> None:
    answer = fewshot("enroll", photo("red"), photo("red"), "--name", "red", "--csv")
    assert answer.out.splitlines()[1] == "red,1,1,0"


def test_a_gallery_of_one_name_has_no_runner_up(fewshot: Run, photo: Photo) -> None:
    fewshot("enroll", photo("red"), "--name", "red")
    (match,) = fewshot("match", photo("red"), "--json").json["matches"]
    assert (match["name"], match["runner_up"]) == ("red", None)


def test_match_before_any_enrollment_says_how_to_enroll(fewshot: Run, photo: Photo) -> None:
    answer = fewshot("match", photo("red"))
    assert answer.code == 4
    assert says_one_line(answer, "fewshot enroll FOLDER --gallery")


def test_match_after_all_are_forgotten_says_how_to_enroll(fewshot: Run, photo: Photo) -> None:
    fewshot("enroll", photo("red"), "--name", "red")
    fewshot("forget", "red")
    answer = fewshot("match", photo("red"))
    assert answer.code == 4
    assert says_one_line(answer, "fewshot enroll FOLDER --gallery")
