"""`fewshot correct`: what was named wrongly once is never named so again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from fewshot import Recognizer
from tests.conftest import Folder, Run
from tests.test_architecture import HEAVY, loaded
from tests.test_same_picture import CHANGES, scene

Save = Callable[[Image.Image, str], Path]


@pytest.fixture
def save(tmp_path: Path) -> Save:
    def make(image: Image.Image, name: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        image.save(path)
        return path

    return make


@pytest.fixture
def wrong(save: Save, fewshot: Run) -> Path:
    """Scene 1, which is enrolled as megumin though it is aqua; it is all that megumin has."""
    save(scene(1), "pictures/megumin/1.png")
    for seed in (2, 3):
        save(scene(seed), f"pictures/aqua/{seed}.png")
    assert fewshot("enroll", save(scene(2), "pictures/aqua/2.png").parents[1]).code == 0
    return save(scene(1), "photo.png")


def named(fewshot: Run, *paths: Path) -> list[str | None]:
    """Return the names given where nearly all that is guessed is named."""
    rows = fewshot("match", *paths, "--threshold", "-1", "--json").json["matches"]
    return [row["name"] for row in rows]


def test_before_it_is_corrected_the_name_is_wrong(fewshot: Run, wrong: Path, save: Save) -> None:
    assert named(fewshot, wrong) == ["megumin"]


@pytest.mark.parametrize("change", CHANGES)
def test_the_picture_never_gets_the_name_again_also_when_it_is(
    fewshot: Run, wrong: Path, save: Save, change: str
) -> None:
    fewshot("enroll", save(scene(4), "more/4.png"), "--name", "megumin")
    fewshot("correct", wrong, "--not", "megumin")
    assert named(fewshot, wrong) == ["aqua"]
    copy = save(CHANGES[change](scene(1)), "copy.png")
    assert named(fewshot, copy) == ["aqua"]


def test_other_pictures_keep_the_name(fewshot: Run, wrong: Path, save: Save) -> None:
    save(scene(4), "more/4.png")
    fewshot("enroll", save(scene(5), "more/5.png").parent, "--name", "megumin")
    fewshot("correct", wrong, "--not", "megumin")
    assert named(fewshot, save(scene(4), "4.png"), save(scene(5), "5.png")) == ["megumin"] * 2


def test_it_says_what_it_did(fewshot: Run, wrong: Path) -> None:
    answer = fewshot("correct", wrong, "--not", "megumin", "--is", "aqua")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out == (
        f"{wrong}: not megumin, but aqua; 1 reference(s) put out of use; enrolled\n"
    )
    again = fewshot("correct", wrong, "--not", "megumin", "--is", "aqua")
    assert again.out == f"{wrong}: not megumin, but aqua; that was known already\n"


def test_it_says_so_in_json(fewshot: Run, wrong: Path) -> None:
    answer = fewshot("correct", wrong, "--not", "megumin", "--not", "aqua", "--json")
    assert answer.json["corrected"] == [
        {
            **{"source": str(wrong), "rejected": ["megumin", "aqua"], "truth": None},
            **{"added": 0, "confined": 1, "already": False, "new_name": False, "elsewhere": []},
            **{"box": [0, 0, 360, 300], "crops": 1},
        }
    ]


def test_who_it_is_is_named_from_then_on(fewshot: Run, wrong: Path, save: Save) -> None:
    fewshot("correct", wrong, "--not", "megumin", "--is", "bruna")
    assert named(fewshot, wrong, save(CHANGES["mirrored"](scene(1)), "m.png")) == ["bruna"] * 2


def test_no_name_is_left_where_all_are_rejected(fewshot: Run, wrong: Path) -> None:
    fewshot("correct", wrong, "--not", "megumin", "--not", "aqua")
    answer = fewshot("match", wrong, "--threshold", "-1", "--json")
    assert (answer.code, answer.json["matches"][0]["name"]) == (1, None)


LATER: dict[str, Callable[[Run, Path, Path], object]] = {
    "renamed": lambda run, _, __: (run("rename", "megumin", "x"), run("rename", "x", "megumin")),
    "forgotten and enrolled again": lambda run, pictures, _: (
        run("forget", "megumin"),
        run("enroll", pictures),
    ),
    "enrolled again": lambda run, pictures, _: run("enroll", pictures),
    "exported and imported": lambda run, _, gallery: (
        run("export", gallery.with_name("all.npz")),
        gallery.rename(gallery.with_name("old.db")),
        run("import", gallery.with_name("all.npz")),
    ),
}


@pytest.mark.parametrize("later", LATER)
def test_a_correction_outlasts_that_the_name_or_gallery_is(
    fewshot: Run, wrong: Path, save: Save, tmp_path: Path, later: str
) -> None:
    pictures = save(scene(4), "pictures/megumin/4.png").parents[1]
    fewshot("enroll", pictures)
    fewshot("correct", wrong, "--not", "megumin")
    LATER[later](fewshot, pictures, tmp_path / "gallery.db")
    mirrored = save(CHANGES["mirrored"](scene(1)), "mirrored.png")
    assert named(fewshot, wrong, mirrored) == ["aqua"] * 2


def test_undo_takes_it_back(fewshot: Run, wrong: Path) -> None:
    fewshot("correct", wrong, "--not", "megumin", "--is", "aqua")
    answer = fewshot("undo")
    assert answer.out.startswith("undone: correct aqua, megumin: 2 reference(s)")
    assert named(fewshot, wrong) == ["megumin"]


def test_history_tells_of_it(fewshot: Run, wrong: Path) -> None:
    fewshot("correct", wrong, "--not", "megumin")
    assert "correct  megumin: 1 reference(s)" in fewshot("history").out


def test_corrections_are_listed(fewshot: Run, wrong: Path) -> None:
    assert "nothing was corrected" in fewshot("correct", "--list").err
    fewshot("correct", wrong, "--not", "megumin", "--is", "aqua")
    assert fewshot("correct", "--list").out.endswith(f"  {wrong}: not megumin, but aqua\n")
    (row,) = fewshot("correct", "--list", "--json").json["corrections"]
    assert (row["source"], row["rejected"], row["truth"]) == (str(wrong), "megumin", "aqua")
    assert row["in_force"]


def test_listing_loads_no_heavy_package(fewshot: Run, folder_of: Folder) -> None:
    fewshot("enroll", folder_of(red=1))
    assert loaded("correct", "--list").isdisjoint(HEAVY)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "name the picture"),
        (["photo.png"], "--not NAME"),
        (["photo.png", "--is", "aqua"], "--not NAME"),
        (["photo.png", "--not", "aqua", "--is", "aqua"], "cannot be aqua and not aqua"),
        (["photo.png", "--not", "nobody"], "nobody is enrolled as 'nobody'"),
        (["--list", "--not", "aqua"], "--list takes neither"),
    ],
)
def test_what_makes_no_sense_is_a_usage_error(
    fewshot: Run, wrong: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], words: str
) -> None:
    monkeypatch.chdir(wrong.parent)
    answer = fewshot("correct", *arguments)
    assert (answer.code, answer.out) == (2, "")
    assert words in answer.err


def test_a_picture_that_cannot_be_read_is_an_error_of_pictures(fewshot: Run, wrong: Path) -> None:
    assert fewshot("correct", wrong.with_name("none.png"), "--not", "megumin").code == 3


def test_enrolling_the_folder_again_passes_the_picture_over(fewshot: Run, wrong: Path) -> None:
    fewshot("correct", wrong, "--not", "megumin")
    answer = fewshot("enroll", wrong.with_name("pictures"))
    assert answer.code == 0
    assert answer.out == "aqua: 0 added, 2 already there\nmegumin: 0 added, 1 corrected before\n"
    assert "1 picture(s) were corrected, not megumin, and are passed over" in answer.err


def test_python_corrects_too(wrong: Path, tmp_path: Path) -> None:
    with Recognizer.open(tmp_path / "gallery.db") as recognizer:
        assert recognizer.match(wrong, threshold=-1).name == "megumin"
        done = recognizer.correct(wrong, rejected="megumin", truth="aqua")
        assert (done.added, done.confined) == (1, 1)
        assert recognizer.match(wrong, threshold=-1).name == "aqua"
        assert recognizer.match(scene(1), threshold=-1).name == "aqua"
        recognizer.undo()
        assert recognizer.match(wrong, threshold=-1).name == "megumin"


def test_an_explained_answer_says_what_was_corrected(fewshot: Run, wrong: Path, save: Save) -> None:
    fewshot("enroll", save(scene(4), "more/4.png"), "--name", "megumin")
    fewshot("correct", wrong, "--not", "megumin")
    assert "    not megumin, as it was corrected\n" in fewshot("match", wrong, "--explain").out
    (row,) = fewshot("match", wrong, "--json").json["matches"]
    assert row["corrected"] == ["megumin"]


def test_a_correction_made_while_others_are_answered_holds_from_then_on(
    wrong: Path, tmp_path: Path, save: Save
) -> None:
    with Recognizer.open(tmp_path / "gallery.db", threads=1) as recognizer:
        recognizer.enroll(save(scene(4), "more/4.png"), name="megumin")
        answers = recognizer.match_all((wrong for _ in range(6)), threshold=-1)
        assert next(answers).name == "megumin"
        recognizer.correct(wrong, rejected="megumin")
        assert {one.name for one in answers} == {"aqua"}


def test_a_strip_is_known_again_too(fewshot: Run, save: Save) -> None:
    strip = scene(5).resize((2000, 20))
    fewshot("enroll", save(strip, "strip.png"), "--name", "strip")
    fewshot("enroll", save(scene(6), "other.png"), "--name", "other")
    fewshot("correct", save(strip, "strip.png"), "--not", "strip")
    mirrored = save(strip.transpose(Image.Transpose.FLIP_LEFT_RIGHT), "mirrored.png")
    fewshot("enroll", mirrored, "--name", "strip")
    assert "strip" not in named(fewshot, save(strip, "strip.png"))


def test_a_new_name_and_another_that_the_picture_has_are_told(fewshot: Run, wrong: Path) -> None:
    answer = fewshot("correct", wrong, "--not", "aqua", "--is", "magumin")
    assert "magumin is a new name; fewshot undo, if that was not meant" in answer.err
    assert "the picture is enrolled as megumin too" in answer.err
