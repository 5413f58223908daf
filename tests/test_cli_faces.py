"""Faces on the command line: enrolled, matched, all of them, drawn, and with a box of one's own."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from fewshot.backbones.cache import weights_folder
from fewshot.backbones.spec import PublishedWeights
from fewshot.detectors.catalog import ANIMEFACE, DETECTORS
from tests.conftest import Run, draw
from tests.drawn_faces import BACKGROUND, scene, write_cascade

PINK, GREEN, BLUE = (255, 150, 170), (150, 255, 170), (150, 170, 255)
Save = Callable[..., Path]


@pytest.fixture
def saved(tmp_path: Path) -> Save:
    """Save a picture with faces: saved("a.png", [(180, 60, 160)], PINK)."""

    def make(
        name: str,
        faces: list[tuple[int, int, int]],
        color: tuple[int, int, int] = PINK,
        size: tuple[int, int] = (400, 300),
    ) -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        scene(size, faces, color).save(path)
        return path

    return make


def own_animeface(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a tiny cascade of ours, in the cache, be the one for drawn faces."""
    path = write_cascade(weights_folder() / "own.xml")
    file = PublishedWeights("own.xml", "https://example.invalid/own.xml", path.stat().st_size)
    spec = replace(ANIMEFACE, files=(file,))
    monkeypatch.setattr("fewshot.detectors.loading.ANIMEFACE", spec)
    monkeypatch.setitem(DETECTORS, "animeface", spec)


@pytest.fixture
def gallery(fewshot: Run, saved: Save) -> None:
    """Pink and green people, two pictures each, enrolled by crop face."""
    for name, color in (("pink", PINK), ("green", GREEN)):
        pictures = [saved(f"{name}-{n}.png", [(60 * n, 40, 180)], color) for n in (1, 2)]
        assert fewshot("enroll", *pictures, "--name", name, "--crop", "face").code == 0


@pytest.fixture
def group(saved: Save) -> Path:
    """A large green person and a small pink one."""
    path = saved("group.png", [(20, 40, 220)], GREEN, (600, 300))
    image = Image.open(path)
    image.paste(scene((160, 160), [(0, 0, 160)], PINK), (400, 100))
    image.save(path)
    return path


@pytest.mark.usefixtures("gallery")
def test_a_face_is_matched_by_the_gallery_s_crop_and_said_to_be_one(
    fewshot: Run, saved: Save
) -> None:
    answer = fewshot("match", saved("asked.png", [(190, 90, 170)], PINK))
    assert answer.code == 0
    assert "asked.png (face 0." in answer.out
    assert ": pink " in answer.out


@pytest.mark.usefixtures("gallery")
def test_json_says_what_the_box_is_of_how_sure_and_how_many(fewshot: Run, saved: Save) -> None:
    (row,) = fewshot("match", saved("asked.png", [(190, 90, 170)], PINK), "--json").json["matches"]
    assert (row["crop"], row["crops"]) == ("face", 1)
    assert 0.5 < row["crop_score"] < 1.0
    x, y, width, height = row["box"]
    assert x < 240 < 310 < x + width  # the face lies in it
    assert y < 140 < 210 < y + height


@pytest.mark.usefixtures("gallery")
def test_of_several_faces_the_largest_is_matched_and_it_says_so(fewshot: Run, group: Path) -> None:
    answer = fewshot("match", group, "--max-false-name", "0.5")
    assert ": green " in answer.out
    assert "group.png: the largest was looked at; see --all-faces" in answer.err


@pytest.mark.usefixtures("gallery")
def test_all_faces_have_a_line_each_with_its_box(fewshot: Run, group: Path) -> None:
    answer = fewshot("match", group, "--all-faces", "--json", "--max-false-name", "0.5")
    first, second = answer.json["matches"]
    assert (first["guess"], second["guess"]) == ("green", "pink")
    assert first["box"][0] < second["box"][0]
    assert {first["query"], second["query"]} == {str(group)}


@pytest.mark.usefixtures("gallery")
def test_the_table_has_the_boxes_as_box_takes_them(fewshot: Run, group: Path) -> None:
    rows = list(csv.DictReader(fewshot("match", group, "--all-faces", "--csv").out.splitlines()))
    told = fewshot("match", group, "--all-faces").out
    assert len(rows) == 2
    for row in rows:
        assert f"box {','.join(row['box'].split())})" in told
        assert row["crops"] == "2"


def test_all_faces_of_a_gallery_that_looks_for_none_is_a_line(
    fewshot: Run, enrolled: Path, group: Path
) -> None:
    answer = fewshot("match", group, "--all-faces")
    assert answer.code == 2
    assert "crop whole looks for no faces" in answer.err


@pytest.mark.usefixtures("gallery")
def test_a_face_that_match_shows_is_corrected_by_the_box_it_prints(
    fewshot: Run, group: Path
) -> None:
    (row,) = fewshot("match", group, "--json").json["matches"]
    box = ",".join(map(str, row["box"]))
    assert fewshot("correct", group, "--not", "green", "--box", box).code == 0
    (again,) = fewshot("match", group, "--json").json["matches"]
    assert again["corrected"] == ["green"]


@pytest.mark.usefixtures("gallery")
def test_an_enrolled_face_is_corrected_by_its_box(fewshot: Run, group: Path) -> None:
    fewshot("enroll", group, "--name", "pink")  # the large one is green
    box = fewshot("show", "pink", "--json").json["references"][-1]["box"]
    answer = fewshot("correct", group, "--not", "pink", "--box", ",".join(map(str, box)), "--json")
    assert answer.json["corrected"][0]["confined"] == 1


@pytest.mark.usefixtures("gallery")
def test_correcting_says_which_face_is_meant_and_what_stays(fewshot: Run, group: Path) -> None:
    fewshot("enroll", group, "--name", "pink", "--box", "400,100,160,160")
    answer = fewshot("correct", group, "--not", "pink")
    assert "2 faces are in it, the largest is meant (box " in answer.err
    assert "pink is enrolled with another part of it too, which stays: --box 400,100" in answer.err


@pytest.mark.usefixtures("gallery")
def test_a_box_says_which_face(fewshot: Run, group: Path) -> None:
    answer = fewshot("match", group, "--box", "400,100,160,160", "--json")
    (row,) = answer.json["matches"]
    assert (row["guess"], row["crop"], row["box"]) == ("pink", "given", [400, 100, 160, 160])


@pytest.mark.usefixtures("gallery")
def test_a_picture_without_a_face_is_answered_by_a_line_that_says_so(
    fewshot: Run, tmp_path: Path
) -> None:
    Image.new("RGB", (300, 200), (BACKGROUND,) * 3).save(tmp_path / "empty.png")
    answer = fewshot("match", tmp_path / "empty.png")
    assert answer.code == 3
    assert "no face was found in it by crop face" in answer.out
    assert "--box" in answer.out
    (row,) = fewshot("match", tmp_path / "empty.png", "--json").json["matches"]
    assert (row["status"], row["crops"]) == ("unreadable", 0)


@pytest.mark.usefixtures("gallery")
def test_boxes_and_names_are_drawn_on_the_picture(
    fewshot: Run, group: Path, tmp_path: Path
) -> None:
    target = tmp_path / "drawn.png"
    answer = fewshot("match", group, "--all-faces", "--draw", target, "--max-false-name", "0.5")
    assert f"drawn into {target}" in answer.err
    with Image.open(target) as drawn, Image.open(group) as plain:
        assert drawn.size == plain.size
        assert drawn.tobytes() != plain.tobytes()


@pytest.mark.usefixtures("gallery")
def test_it_is_not_drawn_over_the_picture_itself(fewshot: Run, group: Path) -> None:
    before = group.read_bytes()
    answer = fewshot("match", group, "--draw", group)
    assert answer.code == 2
    assert group.read_bytes() == before


@pytest.mark.usefixtures("gallery")
def test_one_picture_is_drawn_on_not_two(fewshot: Run, group: Path, tmp_path: Path) -> None:
    answer = fewshot("match", group, group, "--draw", tmp_path / "drawn.png")
    assert answer.code == 2
    assert "--montage" in answer.err


@pytest.mark.usefixtures("gallery")
def test_another_crop_at_match_is_taken_where_it_is_asked_for_and_said(
    fewshot: Run, group: Path
) -> None:
    answer = fewshot("match", group, "--crop", "whole", "--json")
    (row,) = answer.json["matches"]
    assert (row["crop"], row["box"]) == ("whole", [0, 0, 600, 300])
    assert "looking by crop whole, where the gallery was enrolled by crop face" in answer.err


@pytest.mark.usefixtures("gallery")
def test_another_crop_at_enrollment_is_refused(fewshot: Run, saved: Save) -> None:
    answer = fewshot(
        "enroll", saved("more.png", [(60, 40, 180)]), "--name", "pink", "--crop", "auto"
    )
    assert answer.code == 5
    assert "crop face by haar" in answer.err
    assert "not with crop auto" in answer.err


@pytest.mark.usefixtures("gallery")
def test_without_the_detector_it_was_made_with_a_gallery_says_what_to_install(
    fewshot: Run, group: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    answer = fewshot("match", group)
    assert answer.code == 5
    assert "pip install 'fewshot[vision]'" in answer.err


def test_a_gallery_of_whole_pictures_needs_no_detector(
    fewshot: Run, photo: Callable[..., Path], enrolled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    assert fewshot("match", photo("red")).out.startswith(str(photo("red")) + ": red")


def test_enrolling_takes_the_largest_face_and_says_so(fewshot: Run, group: Path) -> None:
    answer = fewshot("enroll", group, "--name", "green", "--crop", "face")
    assert answer.code == 0
    assert "group.png: 2 faces, the largest is enrolled" in answer.err


def test_one_face_refuses_a_picture_with_more(fewshot: Run, group: Path) -> None:
    answer = fewshot("enroll", group, "--name", "green", "--crop", "face", "--one-face", "--json")
    assert answer.code == 3
    (account,) = answer.json["enrolled"]
    assert account["added"] == 0
    assert "2 faces are in it" in account["refused"][0]["reason"]


def test_json_says_what_was_enrolled_of_each_picture(fewshot: Run, group: Path) -> None:
    answer = fewshot("enroll", group, "--name", "green", "--crop", "face", "--json")
    ((crop,),) = [account["crops"] for account in answer.json["enrolled"]]
    assert (crop["kind"], crop["found"], crop["source"]) == ("face", 2, str(group))
    (reference,) = fewshot("show", "green", "--json").json["references"]
    assert (reference["kind"], reference["box"]) == ("face", crop["box"])
    assert reference["score"] == pytest.approx(crop["score"], rel=1e-3)


def test_two_people_of_one_picture_are_enrolled_by_their_boxes(fewshot: Run, group: Path) -> None:
    first = fewshot("enroll", group, "--name", "green", "--box", "20,40,220,220")
    second = fewshot("enroll", group, "--name", "pink", "--box", "400,100,160,160")
    assert (first.code, second.code) == (0, 0)
    assert "forget one" not in second.err
    rows = fewshot("match", group, "--box", "400,100,160,160", "--json").json["matches"]
    assert [row["name"] for row in rows] == ["pink"]


@pytest.mark.usefixtures("gallery")
def test_a_correction_of_the_largest_face_is_none_of_the_others(fewshot: Run, group: Path) -> None:
    assert fewshot("correct", group, "--not", "pink").code == 0
    boxed = fewshot("match", group, "--box", "400,100,160,160", "--json").json["matches"]
    assert boxed[0]["corrected"] == []
    each = fewshot("match", group, "--all-faces", "--json").json["matches"]
    assert [row["corrected"] for row in each] == [["pink"], []]


@pytest.mark.parametrize("box", ["1,2,3", "a,b,c,d", "-1,0,5,5", "0,0,0,5", "0,0,5,99999999999"])
def test_a_box_that_is_none_is_a_line(fewshot: Run, group: Path, box: str) -> None:
    assert fewshot("match", group, "--box", box).code == 2


def test_a_box_is_of_one_picture(fewshot: Run, enrolled: Path) -> None:
    answer = fewshot("enroll", enrolled / "red", "--name", "more", "--box", "0,0,9,9")
    assert answer.code == 2
    assert "--box is of one picture" in answer.err


def test_auto_takes_the_whole_picture_where_it_finds_no_face(
    fewshot: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_animeface(monkeypatch)
    draw("red").save(tmp_path / "a.png")
    answer = fewshot("enroll", tmp_path / "a.png", "--name", "red", "--crop", "auto")
    assert "red: taken 1 whole" in answer.err
    (row,) = fewshot("match", tmp_path / "a.png", "--json").json["matches"]
    assert (row["name"], row["crop"]) == ("red", "whole")


def test_a_detector_of_one_s_own_enrolls_and_matches(
    fewshot: Run, group: Path, tmp_path: Path
) -> None:
    from tests.drawn_faces import bright_square

    cascade = write_cascade(tmp_path / "own.xml")
    for name, box in (("left", (20, 20, 100, 100)), ("right", (250, 90, 290, 130))):
        picture = tmp_path / f"{name}.png"
        bright_square((400, 300), box).save(picture)
        answer = fewshot("enroll", picture, "--name", name, "--crop", f"file:{cascade}")
        assert answer.code == 0, answer.err
    (row,) = fewshot("match", tmp_path / "left.png", "--json").json["matches"]
    assert (row["name"], row["crop"]) == ("left", "file")


def test_a_model_has_no_use_for_crops(fewshot: Run, group: Path, tmp_path: Path) -> None:
    answer = fewshot("match", group, "--model", tmp_path / "m.fewshot", "--all-faces")
    assert answer.code == 2
    assert "--all-faces is of galleries" in answer.err
