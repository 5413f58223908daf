"""`fewshot crop`: a folder of faces out of a folder of pictures, resumable, nothing overwritten."""

from __future__ import annotations

import json
import shutil
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fewshot.crop_account import Account, Cut, CutSettings
from fewshot.crop_folder import crop_folder
from fewshot.errors import CannotWrite
from tests.conftest import Run
from tests.drawn_faces import scene, write_cascade

FACE = CutSettings(crop="face")


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Make two people: ada, one of whose pictures has no face, bo with two faces and a bad file."""
    folder = tmp_path / "pictures"
    (folder / "ada").mkdir(parents=True)
    (folder / "bo").mkdir()
    scene((400, 300), [(180, 60, 160)]).save(folder / "ada/one.jpg", quality=95)
    scene((300, 400), [(60, 60, 180)]).save(folder / "ada/two.png")
    Image.new("RGB", (300, 200), (30, 30, 30)).save(folder / "ada/empty.png")
    scene((600, 300), [(20, 40, 220), (400, 100, 160)]).save(folder / "bo/both.png")
    (folder / "bo/bad.jpg").write_text("no picture")
    return folder


def written(out: Path) -> list[str]:
    return sorted(path.relative_to(out).as_posix() for path in out.rglob("*.png"))


def test_each_face_goes_to_its_picture_s_place(
    fewshot: Run, pictures: Path, tmp_path: Path
) -> None:
    answer = fewshot("crop", pictures, tmp_path / "out", "--crop", "face")
    assert answer.code == 3  # one cannot be read
    assert written(tmp_path / "out") == ["ada/one.png", "ada/two.png", "bo/both.png"]
    assert "ada/one.jpg -> ada/one.png (face 0." in answer.out
    assert "bo/both.png -> bo/both.png (face 0." in answer.out
    assert "of 2 faces" in answer.out


def test_a_crop_has_96_pixels_a_side_or_as_many_as_asked(pictures: Path, tmp_path: Path) -> None:
    for size in (96, 40):
        out = tmp_path / f"out-{size}"
        crop_folder(pictures, out, CutSettings(crop="face", size=size))
        with Image.open(out / "ada/one.png") as image:
            assert image.size == (size, size)


def test_size_0_leaves_the_pixels_as_they_are(pictures: Path, tmp_path: Path) -> None:
    with Image.open(pictures / "ada/two.png") as small:
        small.resize((3000, 4000)).save(pictures / "ada/two.png")
    done = crop_folder(pictures, tmp_path / "out", CutSettings(crop="face", size=0))
    (cut,) = [one for one in done.cuts if one.source == "ada/two.png"]
    assert cut.box is not None
    x, y, width, height = cut.box
    with (
        Image.open(tmp_path / "out/ada/two.png") as image,
        Image.open(pictures / "ada/two.png") as whole,
    ):
        inside = np.asarray(whole.convert("RGB"))[y : y + height, x : x + width]
        assert np.array_equal(np.asarray(image), inside)


def test_a_margin_makes_the_crop_wider(pictures: Path, tmp_path: Path) -> None:
    widths = []
    for margin in (0.0, 0.4):
        done = crop_folder(
            pictures, tmp_path / f"{margin}", CutSettings(crop="face", margin=margin)
        )
        (cut,) = [one for one in done.cuts if one.source == "ada/one.jpg"]
        assert cut.box is not None
        widths.append(cut.box[2])
    assert widths[1] == pytest.approx(1.8 * widths[0], rel=0.05)


def test_names_can_be_numbers_in_each_folder(pictures: Path, tmp_path: Path) -> None:
    crop_folder(pictures, tmp_path / "out", CutSettings(crop="face", names="number"))
    assert written(tmp_path / "out") == ["ada/0001.png", "ada/0002.png", "bo/0001.png"]


def test_all_faces_are_written_on_request(pictures: Path, tmp_path: Path) -> None:
    crop_folder(pictures, tmp_path / "out", CutSettings(crop="face", all_faces=True))
    assert written(tmp_path / "out")[-2:] == ["bo/both-2.png", "bo/both.png"]


def test_pictures_of_one_stem_do_not_take_each_other_s_place(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name in ("a.png", "a.jpg"):
        scene((400, 300), [(180, 60, 160)]).save(folder / name)
    crop_folder(folder, tmp_path / "out", FACE)
    assert written(tmp_path / "out") == ["a.png", "a.png.png"]


def test_all_faces_of_one_picture_do_not_take_the_place_of_another_s(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    scene((400, 300), [(180, 60, 160)]).save(folder / "a-2.png")
    scene((600, 300), [(20, 40, 220), (400, 100, 160)]).save(folder / "a.png")
    crop_folder(folder, tmp_path / "out", CutSettings(crop="face", all_faces=True))
    assert written(tmp_path / "out") == ["a-2.png", "a.png-2.png", "a.png.png"]


def test_what_has_nothing_to_be_found_in_it_is_listed(
    fewshot: Run, pictures: Path, tmp_path: Path
) -> None:
    (pictures / "bo/bad.jpg").unlink()
    answer = fewshot("crop", pictures, tmp_path / "out", "--crop", "face")
    assert answer.code == 1
    assert (tmp_path / "out/not_found.txt").read_text() == "ada/empty.png\n"
    assert "1 with nothing found" in answer.err


def test_a_second_run_does_what_is_left_and_writes_nothing_anew(
    pictures: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    crop_folder(pictures, out, FACE)
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.png")}
    scene((400, 300), [(100, 60, 160)]).save(pictures / "bo/new.png")
    again = crop_folder(pictures, out, FACE)
    assert [one.source for one in again.cuts] == ["bo/bad.jpg", "bo/new.png"]
    assert (again.before, again.missing) == (4, 1)
    assert {path: path.stat().st_mtime_ns for path in before} == before


@pytest.mark.parametrize("names", ["keep", "number"])
@pytest.mark.parametrize("all_faces", [False, True])
def test_a_run_that_was_killed_at_any_moment_is_gone_on_with(
    pictures: Path, tmp_path: Path, names: str, all_faces: bool
) -> None:
    settings = CutSettings(crop="face", names=names, all_faces=all_faces)
    whole = tmp_path / "whole"
    crop_folder(pictures, whole, settings)
    account = (whole / "crops.jsonl").read_bytes()
    ends = [at + 1 for at, one in enumerate(account) if one == 10][1:]
    for end in ends:
        for torn in (0, 7):  # the line was written, or a part of it; its files were there before
            out = tmp_path / f"out-{end}-{torn}"
            shutil.copytree(whole, out)
            (out / "crops.jsonl").write_bytes(account[: end - torn])
            begun = (account[: end - torn]).decode().split("\n")[:-1]
            kept = {file for line in begun[1:] for file in json.loads(line).get("begun", ())}
            for file in set(written(out)) - kept:
                (out / file).unlink()
            done = crop_folder(pictures, out, settings)
            assert written(out) == written(whole)
            assert not [one for one in done.cuts if one.reason and "already" in one.reason]


def test_a_file_that_is_there_is_not_written_over(pictures: Path, tmp_path: Path) -> None:
    place = tmp_path / "out/ada/one.png"
    place.parent.mkdir(parents=True)
    place.write_text("mine")
    done = crop_folder(pictures, tmp_path / "out", FACE)
    assert place.read_text() == "mine"
    (refused,) = [one for one in done.cuts if one.source == "ada/one.jpg"]
    assert "--force writes over it" in (refused.reason or "")


def test_force_does_all_anew_over_what_is_there(pictures: Path, tmp_path: Path) -> None:
    place = tmp_path / "out/ada/one.png"
    place.parent.mkdir(parents=True)
    place.write_text("mine")
    done = crop_folder(pictures, tmp_path / "out", FACE, force=True)
    assert place.read_bytes().startswith(b"\x89PNG")
    assert len(done.cuts) == 5


def test_force_leaves_none_of_the_crops_it_does_not_make_again(
    pictures: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    crop_folder(pictures, out, CutSettings(crop="face", all_faces=True))
    (out / "ada/mine.png").write_text("mine")
    crop_folder(pictures, out, FACE, force=True)
    assert "bo/both-2.png" not in written(out)
    assert (out / "ada/mine.png").read_text() == "mine"


HOSTILE = {
    "above": {"source": "ada/one.jpg", "begun": ["../victim.png"]},
    "absolute": {"source": "ada/one.jpg", "begun": ["VICTIM"]},
    "beside": {"source": "ada/one.jpg", "begun": ["one.png"]},
    "no crop": {"source": "ada/one.jpg", "begun": ["ada/keep.txt"]},
    "NUL": {"source": "ada/one.jpg", "begun": ["ada/\0.png"]},
    "a loop": {"source": "loop/a.jpg", "begun": ["loop/a.png"]},
    "a link": {"source": "link/a.jpg", "begun": ["link/victim.png"]},
    "surrogate": {**asdict(Cut("ada/one.jpg")), "reason": "\ud800"},
    "a kind that is none": {**asdict(Cut("ada/one.jpg")), "kind": 5},
    "a long name": {"source": "ada/one.jpg", "begun": [f"ada/{'x' * 5000}.png"]},
}


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("row", HOSTILE.values(), ids=HOSTILE)
def test_an_account_of_somebody_else_s_making_leads_to_nothing_but_a_line(
    pictures: Path, tmp_path: Path, row: dict[str, object], force: bool
) -> None:
    victim, out = tmp_path / "victim.png", tmp_path / "out"
    crop_folder(pictures, out, FACE)
    victim.write_text("mine")
    (out / "ada/keep.txt").write_text("mine")
    (out / "loop").symlink_to("loop")
    (out / "link").symlink_to(tmp_path)
    line = json.dumps(row).replace("VICTIM", str(victim))
    with (out / "crops.jsonl").open("a") as account:
        account.write(line + "\n")
    with suppress(CannotWrite):
        crop_folder(pictures, out, FACE, force=force)
    assert victim.read_text() == "mine"
    assert (out / "ada/keep.txt").read_text() == "mine"


@pytest.mark.parametrize("force", [False, True])
def test_a_link_that_leads_out_of_the_folder_is_not_followed(
    pictures: Path, tmp_path: Path, force: bool
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out/ada").symlink_to(tmp_path / "elsewhere")
    done = crop_folder(pictures, tmp_path / "out", FACE, force=force)
    assert list((tmp_path / "elsewhere").iterdir()) == []
    reasons = {one.source: one.reason for one in done.cuts}
    assert "a link that leads out" in (reasons["ada/one.jpg"] or "")


def test_what_a_killed_run_left_of_a_file_is_swept(pictures: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    crop_folder(pictures, out, FACE)
    lines = (out / "crops.jsonl").read_text().splitlines(keepends=True)
    at = next(n for n, line in enumerate(lines) if "begun" in line)
    (out / "crops.jsonl").write_text("".join(lines[: at + 1]))
    (name,) = json.loads(lines[at])["begun"]
    for left in (out / f"ada/.{Path(name).name}.abcdefgh", out / ".crops.jsonl.abcdefgh"):
        left.write_text("half")
    crop_folder(pictures, out, FACE)
    assert not list(out.rglob(".*.abcdefgh"))


@pytest.mark.parametrize("force", [False, True])
def test_a_list_that_came_later_is_not_deleted(pictures: Path, tmp_path: Path, force: bool) -> None:
    (pictures / "ada/empty.png").unlink()
    out = tmp_path / "out"
    crop_folder(pictures, out, FACE)
    (out / "not_found.txt").write_text("mine")
    with suppress(CannotWrite):
        crop_folder(pictures, out, FACE, force=force)
    assert (out / "not_found.txt").read_text() == "mine"


def test_a_list_of_somebody_else_is_left_alone(pictures: Path, tmp_path: Path) -> None:
    mine = tmp_path / "out/not_found.txt"
    mine.parent.mkdir()
    mine.write_text("mine")
    with pytest.raises(CannotWrite, match="it is there already"):
        crop_folder(pictures, tmp_path / "out", FACE)
    assert mine.read_text() == "mine"


def test_two_runs_do_not_write_into_one_folder(pictures: Path, tmp_path: Path) -> None:
    with (
        Account.opened(tmp_path / "out", FACE, anew=False),
        pytest.raises(CannotWrite, match="another process"),
    ):
        crop_folder(pictures, tmp_path / "out", FACE)


def test_crops_of_another_detector_are_not_mixed_in(pictures: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    own = write_cascade(tmp_path / "own.xml")
    crop_folder(pictures, out, CutSettings(crop=f"file:{own}"))
    own.write_text(own.read_text().replace("1.4", "1.3"))
    with pytest.raises(CannotWrite, match="another detector"):
        crop_folder(pictures, out, CutSettings(crop=f"file:{own}"))


def test_one_place_that_cannot_be_written_does_not_end_the_others(
    pictures: Path, tmp_path: Path
) -> None:
    place = tmp_path / "out/ada"
    place.parent.mkdir()
    place.write_text("a file where a folder should be")
    done = crop_folder(pictures, tmp_path / "out", FACE)
    reasons = {one.source: one.reason for one in done.cuts}
    assert "cannot write crop" in (reasons["ada/one.jpg"] or "")
    assert reasons["bo/both.png"] is None


def test_a_long_name_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    scene((400, 300), [(180, 60, 160)]).save(folder / f"{'顔' * 82}.png")
    crop_folder(folder, tmp_path / "out", FACE)
    assert written(tmp_path / "out") == [f"{'顔' * 82}.png"]


def test_crops_made_otherwise_are_not_mixed_in(pictures: Path, tmp_path: Path) -> None:
    crop_folder(pictures, tmp_path / "out", FACE)
    with pytest.raises(CannotWrite, match="size 96, not 64"):
        crop_folder(pictures, tmp_path / "out", CutSettings(crop="face", size=64))


HEAD = '{"format": "fewshot-crops"}\n'


@pytest.mark.parametrize(
    "text",
    [
        "", "{}", "[]", "no account", '{"format": "other"}', HEAD + "[]\n",
        HEAD + '{"source": "\\ud800", "begun": ["x.png"]}\n', HEAD + '{"source": 1, "begun": []}\n',
        HEAD + '{"source": "a", "files": {"b": 1}}\n', HEAD + "[" * 100_000 + "\n",
    ],
)  # fmt: skip
def test_a_file_in_the_account_s_place_is_left_alone(
    text: str, pictures: Path, tmp_path: Path
) -> None:
    account = tmp_path / "out/crops.jsonl"
    account.parent.mkdir()
    account.write_text(text)
    with pytest.raises(CannotWrite, match="no account of crops"):
        crop_folder(pictures, tmp_path / "out", FACE)
    assert account.read_text() == text


@pytest.mark.parametrize("out", ["", "inside", "ada", ".."])
def test_the_folder_that_is_read_is_not_written_into(pictures: Path, out: str) -> None:
    with pytest.raises(CannotWrite, match="lie in one another"):
        crop_folder(pictures, pictures / out, FACE)


def test_the_account_says_what_became_of_each(pictures: Path, tmp_path: Path) -> None:
    crop_folder(pictures, tmp_path / "out", FACE)
    head, *lines = map(json.loads, (tmp_path / "out/crops.jsonl").read_text().splitlines())
    rows = [line for line in lines if "begun" not in line]
    assert (head["format"], head["crop"], head["size"]) == ("fewshot-crops", "face", 96)
    said = {row["source"]: row for row in rows}
    assert said["ada/empty.png"]["missing"] is True
    assert said["bo/both.png"]["found"] == 2
    assert "not a picture" in said["bo/bad.jpg"]["reason"]


def test_json_is_the_account_of_this_run(fewshot: Run, pictures: Path, tmp_path: Path) -> None:
    rows = fewshot("crop", pictures, tmp_path / "out", "--crop", "face", "--json").json["crops"]
    assert [row["source"] for row in rows] == [
        "ada/empty.png", "ada/one.jpg", "ada/two.png", "bo/bad.jpg", "bo/both.png",
    ]  # fmt: skip


def test_what_was_cut_can_be_enrolled(fewshot: Run, pictures: Path, tmp_path: Path) -> None:
    fewshot("crop", pictures, tmp_path / "out", "--crop", "face")
    assert fewshot("enroll", tmp_path / "out").out == "ada: 2 added\nbo: 1 added\n"


def test_the_center_can_be_cut_without_opencv(pictures: Path, tmp_path: Path) -> None:
    done = crop_folder(pictures, tmp_path / "out", CutSettings(crop="center"))
    assert {one.kind for one in done.cuts if one.files} == {"center"}


def test_a_folder_that_is_not_there_is_a_line(fewshot: Run, tmp_path: Path) -> None:
    answer = fewshot("crop", tmp_path / "none", tmp_path / "out", "--crop", "center")
    assert answer.code == 3
    assert "there is no such folder" in answer.err
