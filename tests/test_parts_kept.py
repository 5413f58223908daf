"""What a reference's box is of, and how sure the detector was, goes wherever the reference goes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from fewshot import Recognizer
from fewshot.entries import entries_of_gallery
from fewshot.errors import GalleryDamaged
from fewshot.records import WHOLE, Reference, crop_text, parse_crop
from fewshot.store import Store
from tests.conftest import draw
from tests.drawn_faces import scene
from tests.test_upgrades import unpacked

BOX = (180, 60, 160, 160)


@pytest.fixture
def faces(tmp_path: Path) -> Iterator[Recognizer]:
    """A gallery that looks for faces: ada by her face, bo by a box in the same picture."""
    scene((400, 300), [(180, 60, 160)]).save(tmp_path / "ada.png")
    with Recognizer.create(tmp_path / "faces.db", backbone="palette", crop="face") as recognizer:
        recognizer.enroll(tmp_path / "ada.png", "ada")
        recognizer.enroll(tmp_path / "ada.png", "bo", box=(0, 0, 100, 100))
        yield recognizer


def parts(recognizer: Recognizer) -> dict[str, tuple[str, float, tuple[int, ...]]]:
    found: list[Reference] = []
    for one in recognizer.identities():
        found += recognizer.references(one.name)
    return {one.name: (one.kind, one.score, one.box) for one in found}


def test_they_are_kept(faces: Recognizer) -> None:
    kept = parts(faces)
    assert kept["ada"][0] == "face"
    assert 0.5 < kept["ada"][1] < 1.0
    assert kept["bo"] == ("given", 1.0, (0, 0, 100, 100))


def test_an_export_takes_them_along(faces: Recognizer, tmp_path: Path) -> None:
    faces.export(tmp_path / "all.npz")
    with Recognizer.create_for(tmp_path / "all.npz", tmp_path / "copy.db") as copy:
        copy.import_from(tmp_path / "all.npz")
        assert parts(copy) == parts(faces)
        assert copy.recipe == faces.recipe


def test_a_merge_takes_them_along(faces: Recognizer, tmp_path: Path) -> None:
    with Recognizer.create(tmp_path / "other.db", backbone="palette", crop="face") as other:
        other.merge(faces.path)
        assert parts(other) == parts(faces)


def test_galleries_that_look_at_other_parts_are_not_merged(
    faces: Recognizer, tmp_path: Path
) -> None:
    with (
        Recognizer.create(tmp_path / "other.db", backbone="palette") as other,
        pytest.raises(Exception, match="crop face"),
    ):
        other.merge(faces.path)


def test_quarantine_and_back_keeps_them(faces: Recognizer) -> None:
    faces.enroll(draw("red"), "ada", box=(5, 5, 50, 50))
    before = parts(faces)
    faces.quarantine([faces.references("ada")[0].id])
    faces.undo()
    assert parts(faces) == before


def test_a_correction_that_enrolls_keeps_them(faces: Recognizer, tmp_path: Path) -> None:
    scene((500, 300), [(40, 60, 180)]).save(tmp_path / "cy.png")
    faces.correct(tmp_path / "cy.png", rejected="ada", truth="cy")
    assert parts(faces)["cy"][0] == "face"
    assert parts(faces)["cy"][1] < 1.0


def test_references_of_older_galleries_are_whole(tmp_path: Path) -> None:
    with Recognizer.open(unpacked(3, tmp_path)) as recognizer:
        assert {kept[:2] for kept in parts(recognizer).values()} == {("whole", 1.0)}


def test_a_box_enrolls_another_part_of_the_same_picture(faces: Recognizer, tmp_path: Path) -> None:
    assert faces.enroll(tmp_path / "ada.png", "ada", box=BOX).added == 1
    assert faces.enroll(tmp_path / "ada.png", "ada", box=BOX).already == 1


def test_correcting_the_face_leaves_what_was_enrolled_by_a_box(
    faces: Recognizer, tmp_path: Path
) -> None:
    assert faces.correct(tmp_path / "ada.png", rejected="bo").confined == 0
    assert len(faces.references("bo")) == 1


def test_a_box_can_be_corrected_alone(faces: Recognizer, tmp_path: Path) -> None:
    box = (0, 0, 100, 100)
    faces.enroll(draw("red"), "bo", box=box)
    assert faces.correct(tmp_path / "ada.png", rejected="bo", box=box).confined == 1
    assert faces.match(tmp_path / "ada.png", box=box).corrected == ("bo",)
    assert faces.match(tmp_path / "ada.png").corrected == ()


def test_a_box_needs_no_detector_though_the_gallery_has_one(
    faces: Recognizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "cv2", None)
    with Recognizer.open(faces.path) as again:
        assert again.match(tmp_path / "ada.png", box=(0, 0, 100, 100)).name == "bo"
        assert again.match(tmp_path / "ada.png", crop="whole").crop == "whole"
        assert again.enroll(tmp_path / "ada.png", "cy", box=BOX).added == 1


def test_another_crop_is_looked_at_by_the_network_that_is_loaded(
    faces: Recognizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faces.match(tmp_path / "ada.png")

    def loaded(*_: object) -> None:
        raise AssertionError("a network was loaded again")

    monkeypatch.setattr("fewshot.embedder.load_again", loaded)
    assert faces.match(tmp_path / "ada.png", box=BOX).crop == "given"
    assert faces.match(tmp_path / "ada.png", crop="center").crop == "center"


def test_what_is_turned_away_is_not_said_to_be_enrolled(faces: Recognizer, tmp_path: Path) -> None:
    scene((500, 300), [(40, 60, 180)]).save(tmp_path / "cy.png")
    faces.correct(tmp_path / "cy.png", rejected="ada")
    account = faces.enroll(tmp_path / "cy.png", "ada")
    assert (account.added, account.crops) == (0, ())


def test_erasing_forgets_what_evaluation_kept_of_a_picture_with_a_box(
    faces: Recognizer, tmp_path: Path
) -> None:
    from fewshot.digest import digests_of
    from fewshot.evaluation.kept import Kept, vectors_file

    (digest,) = digests_of([str(tmp_path / "ada.png")])
    kept = Kept(vectors_file("some"))
    kept.put({digest: b"1234"})
    kept.close()
    faces.forget("bo", erase=True)
    kept = Kept(vectors_file("some"))
    assert kept.get([digest]) == {}
    kept.close()


@pytest.mark.parametrize(
    "text", ["", "face", "face 1 2", "nose 0.5", "face 1.5", "face nan", f"face 0.{'0' * 50}"]
)
def test_a_crop_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  whatever it says
        parse_crop(text)


def test_a_crop_is_read_as_it_was_written() -> None:
    assert parse_crop(crop_text("anime-face", 0.83)) == ("anime-face", 0.83)
    assert crop_text("whole", 1.0) == WHOLE


def test_a_merge_takes_no_crop_longer_than_we_write_one(faces: Recognizer, tmp_path: Path) -> None:
    store = Store.open(faces.path)
    store.connection.execute("UPDATE picture_references SET crop = 'face 0.' || hex(zeroblob(99))")
    with pytest.raises(GalleryDamaged):
        list(entries_of_gallery(store)[1])
    store.close()


def test_a_box_scaled_back_lies_in_the_picture(tmp_path: Path) -> None:
    image = Image.new("RGB", (2879, 1441), (90, 90, 90))
    image.save(tmp_path / "odd.jpg")
    with Recognizer.create(tmp_path / "center.db", backbone="palette", crop="center") as recognizer:
        recognizer.enroll(tmp_path / "odd.jpg", "gray")
        x, y, width, height = recognizer.references("gray")[0].box
        assert x + width <= 2879
        assert y + height <= 1441
