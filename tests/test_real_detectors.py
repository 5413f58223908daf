"""The published detectors, where FEWSHOT_WEIGHTS and FEWSHOT_TEST_DATA lead to them and pictures.

What they find is measured by eval/crops.py; here, that they are read whole and do see.
"""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from fewshot import Recognizer
from fewshot.crops import Cropper, Pixels
from fewshot.detectors.catalog import ANIMEFACE, FETCHED, HAAR, YUNET
from fewshot.detectors.cropper import FaceCropper
from fewshot.detectors.framing import framed
from fewshot.detectors.loading import load_cropper
from fewshot.folders import find_pictures
from fewshot.images import decode, read_picture
from fewshot.watch import Watch
from tests.conftest import Run
from tests.drawn_faces import drawn_face, pixels_of, scene

WEIGHTS, DATA = (Path(os.environ.get(one, "")) for one in ("FEWSHOT_WEIGHTS", "FEWSHOT_TEST_DATA"))

pytestmark = pytest.mark.skipif(
    not all((WEIGHTS / spec.files[0].file).is_file() for spec in FETCHED.values()),
    reason="FEWSHOT_WEIGHTS is not set",
)
needs_pictures = pytest.mark.skipif(
    not (DATA / "dev").is_dir(), reason="FEWSHOT_TEST_DATA is not set"
)


@pytest.fixture(autouse=True)
def _real(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEWSHOT_WEIGHTS", str(WEIGHTS))


def kinds(name: str, cropper: Cropper, most: int = 30) -> list[str]:
    files = list(find_pictures(DATA / "dev" / name))
    some = files[:: max(1, len(files) // most)]
    found = [cropper(decode(read_picture(one), cropper.at_least).pixels) for one in some]
    return [crops[0].kind if crops else "none" for crops in found]


def share(found: list[str], kind: str) -> float:
    return found.count(kind) / len(found)


@needs_pictures
def test_auto_tells_drawn_faces_from_those_of_people() -> None:
    auto = load_cropper("auto", Watch())
    assert share(kinds("seed4_raw", auto), "anime-face") > 0.8
    assert share(kinds("lfw", auto), "face") > 0.9
    assert share(kinds("grocery81", auto), "whole") > 0.7


@needs_pictures
def test_the_network_finds_people_that_the_cascade_does_not() -> None:
    found = [
        share(kinds("sports5", load_cropper("face", Watch(), people=spec)), "face")
        for spec in (YUNET, HAAR)
    ]
    assert found[0] > 0.9 > found[1] + 0.1


def test_people_are_looked_for_by_the_network_where_its_file_is() -> None:
    detection = load_cropper("face", Watch()).detection
    assert detection is not None
    assert [one.name for one in detection.detectors] == ["yunet"]


def test_a_face_of_twenty_pixels_is_found_by_the_network() -> None:
    (crop,) = load_cropper("face", Watch())(pixels_of(scene((300, 300), [(100, 100, 28)])))
    middle = (crop.box.x + crop.box.width / 2, crop.box.y + crop.box.height / 2)
    assert middle == pytest.approx((114, 114), abs=6)


def test_all_of_forty_faces_are_found_by_the_network() -> None:
    places = [(20 + 120 * column, 20 + 120 * row, 110) for row in range(5) for column in range(8)]
    cropper = load_cropper("face", Watch())
    assert len(cropper(pixels_of(scene((1000, 640), places)), every=True)) == 40


def likeness(one: Pixels, other: Pixels) -> float:
    small = (
        np.asarray(Image.fromarray(pixels).convert("L").resize((32, 32)), np.float64).ravel()
        for pixels in (one, other)
    )
    return float(np.corrcoef(next(small), next(small))[0, 1])


@needs_pictures
def test_a_turned_face_made_level_is_more_like_the_upright_one() -> None:
    cropper = load_cropper("face", Watch())
    assert isinstance(cropper, FaceCropper)
    better = []
    for file in list(find_pictures(DATA / "dev/lfw"))[:160:8]:
        image = Image.fromarray(decode(read_picture(file)).pixels)
        upright, turned = map(pixels_of, (image, image.rotate(20, Image.Resampling.BILINEAR)))
        (face, *_), (again, *_) = cropper.faces(upright), cropper.faces(turned)
        right = framed(cv2, upright, face, 0.1).pixels
        leveled, plain = (
            likeness(right, framed(cv2, turned, again, 0.1, level=level).pixels)
            for level in (True, False)
        )
        better.append(leveled > plain)
    assert np.mean(better) > 0.7


def test_a_gallery_goes_on_with_the_detector_it_was_made_with(
    fewshot: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = tmp_path / "a.png"
    scene((400, 300), [(180, 60, 160)]).save(picture)
    monkeypatch.delenv("FEWSHOT_WEIGHTS")
    with Recognizer.create(tmp_path / "haar.db", crop="face") as recognizer:
        recognizer.enroll(picture, "a")
    monkeypatch.setenv("FEWSHOT_WEIGHTS", str(WEIGHTS))
    with Recognizer.open(tmp_path / "haar.db") as recognizer:
        assert "haar" in str(recognizer.recipe)
        assert recognizer.match(picture).name == "a"


def test_a_gallery_whose_detector_s_file_is_gone_says_what_to_fetch(
    fewshot: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = tmp_path / "a.png"
    drawn_face(300).save(picture)
    assert fewshot("enroll", picture, "--name", "a", "--crop", "auto").code == 0
    monkeypatch.delenv("FEWSHOT_WEIGHTS")
    answer = fewshot("match", picture)
    assert answer.code == 5
    assert ANIMEFACE.files[0].file in answer.err or YUNET.files[0].file in answer.err


def test_both_files_are_what_was_published(fewshot: Run) -> None:
    rows = fewshot("models", "verify", "--json").json["verified"]
    here = {Path(row["path"]).name: row for row in rows}
    for spec in FETCHED.values():
        assert here[spec.files[0].file]["ok"], spec.name
        assert here[spec.files[0].file]["reason"] == "size and sha256"
