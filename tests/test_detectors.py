"""Detectors on pictures that are drawn for them: OpenCV's own cascade, and one of a user's own."""

from __future__ import annotations

import io
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pytest
from PIL import Image

from fewshot import Embedder
from fewshot.crops import Box, Crop, Cropper
from fewshot.detection import Detection
from fewshot.detectors import loading
from fewshot.detectors.cascade import Cascade
from fewshot.detectors.catalog import FETCHED, HAAR, DetectorSpec
from fewshot.detectors.errors import (
    BoxOutside,
    DetectorMissing,
    DetectorRefused,
    NothingFound,
    OpencvMissing,
)
from fewshot.detectors.face import Face
from fewshot.detectors.framing import framed
from fewshot.detectors.loading import load_cropper, load_cropper_again
from fewshot.errors import UnknownCropper, UnreadableImage
from fewshot.images import decode, read_picture
from fewshot.watch import Watch
from tests.drawn_faces import bright_square, drawn_face, pixels_of, scene, write_cascade

DEAF = Watch()


@pytest.fixture(scope="module")
def face() -> Cropper:
    return load_cropper("face", DEAF, people=HAAR)


def detection_of(cropper: Cropper) -> Detection:
    assert cropper.detection is not None
    return cropper.detection


def middle(crop: Crop) -> tuple[float, float]:
    return crop.box.x + crop.box.width / 2, crop.box.y + crop.box.height / 2


def test_without_any_download_people_are_looked_for_by_opencv_s_own_cascade() -> None:
    detection = load_cropper("face", DEAF).detection
    assert detection is not None
    assert [one.name for one in detection.detectors] == ["haar"]


def test_a_face_is_found_where_it_is(face: Cropper) -> None:
    (crop,) = face(pixels_of(scene((400, 300), [(180, 60, 160)])))
    assert (crop.kind, crop.score > 0.5) == ("face", True)
    assert middle(crop) == pytest.approx((260, 140), abs=12)


@pytest.mark.parametrize("times", [2, 4, 8])
def test_in_a_larger_picture_it_is_found_at_the_same_place(face: Cropper, times: int) -> None:
    small = scene((400, 300), [(180, 60, 160)])
    large = small.resize((400 * times, 300 * times))
    (crop,) = face(pixels_of(large))
    x, y = middle(crop)
    assert (x / times, y / times) == pytest.approx((260, 140), abs=12)


def test_no_face_is_found_where_none_is(face: Cropper) -> None:
    assert face(np.full((300, 400, 3), 90, np.uint8)) == []


def test_forty_faces_are_forty_crops(face: Cropper) -> None:
    places = [(20 + 120 * column, 20 + 120 * row, 110) for row in range(5) for column in range(8)]
    assert len(face(pixels_of(scene((1000, 640), places)), every=True)) == 40


def test_a_face_that_fills_the_picture_is_found(face: Cropper) -> None:
    tight = drawn_face(400).crop((110, 80, 290, 360))
    assert len(face(pixels_of(tight))) == 1


def test_a_face_cut_by_the_border_gives_a_crop_in_the_picture(face: Cropper) -> None:
    whole = scene((500, 400), [(150, 100, 200)])
    cut = whole.crop((205, 0, 500, 400))  # a quarter of the face is gone
    (crop,) = face(pixels_of(cut))
    assert crop.box.x == 0
    assert crop.box.within(295, 400) == crop.box


def test_a_face_of_thirty_pixels_is_found_and_one_of_twenty_is_said_not_to_be(
    face: Cropper,
) -> None:
    (crop,) = face(pixels_of(scene((300, 300), [(100, 100, 40)])))  # the face is 0.7 of that
    assert middle(crop) == pytest.approx((120, 120), abs=6)
    assert face(pixels_of(scene((300, 300), [(100, 100, 28)]))) == []


def test_a_gray_picture_has_the_face_of_the_colored_one(face: Cropper) -> None:
    colored = scene((400, 300), [(180, 60, 160)], color=(255, 210, 180))
    (one,), (other,) = face(pixels_of(colored)), face(pixels_of(colored.convert("L")))
    assert middle(one) == pytest.approx(middle(other), abs=12)


def test_a_face_that_lies_on_its_side_is_not_found(face: Cropper) -> None:
    assert face(pixels_of(scene((300, 300), [(70, 70, 160)]).rotate(90))) == []


@pytest.mark.parametrize("size", [(1, 1), (3, 900), (900, 3), (24, 24)])
def test_a_picture_of_any_shape_can_be_looked_at(face: Cropper, size: tuple[int, int]) -> None:
    assert face(np.full((*size, 3), 90, np.uint8)) == []


def turned_jpeg(image: Image.Image, orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=95, exif=exif)
    return buffer.getvalue()


def test_a_picture_turned_by_exif_is_looked_at_upright_and_its_box_is_so(face: Cropper) -> None:
    upright = scene((400, 300), [(180, 60, 160)])
    lying = upright.transpose(Image.Transpose.ROTATE_90)
    (crop,) = face(decode(read_picture(turned_jpeg(lying, 6))).pixels)
    assert middle(crop) == pytest.approx((260, 140), abs=12)


def test_the_box_is_told_in_pixels_of_the_whole_picture() -> None:
    small = scene((400, 300), [(180, 60, 160)])
    buffer = io.BytesIO()
    small.resize((4000, 3000)).save(buffer, "JPEG", quality=90)
    found = Embedder("face", Embedder.by_name("whole", "palette").backbone).embed_raw(
        read_picture(buffer.getvalue())
    )
    x, y = found.box.x + found.box.width / 2, found.box.y + found.box.height / 2
    assert (x / 10, y / 10) == pytest.approx((260, 140), abs=12)


def test_threads_that_look_at_once_find_what_one_finds(face: Cropper) -> None:
    pictures = [pixels_of(scene((400, 300), [(20 * n, 60, 160)])) for n in range(10)]
    alone = [[crop.box for crop in face(one)] for one in pictures]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda one: [crop.box for crop in face(one)], pictures))
    assert together == alone


def test_a_cascade_of_one_s_own_finds_what_it_is_made_for(tmp_path: Path) -> None:
    own = load_cropper(f"file:{write_cascade(tmp_path / 'own.xml')}", DEAF, margin=0.0)
    (crop,) = own(pixels_of(bright_square((300, 200), (150, 60, 210, 120))))
    assert crop.kind == "file"
    assert middle(crop) == pytest.approx((180, 90), abs=4)
    assert own.name == "file"


def test_a_cascade_of_one_s_own_is_found_again_by_what_is_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_cascade(tmp_path / "own.xml")
    made = load_cropper(f"file:{path}", DEAF)
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    path.rename(shelf / "another.xml")
    monkeypatch.setenv("FEWSHOT_WEIGHTS", str(shelf))
    again = load_cropper_again("file", detection_of(made), DEAF)
    assert len(again(pixels_of(bright_square((300, 200), (150, 60, 210, 120))))) == 1


def test_a_cascade_of_one_s_own_that_was_changed_is_not_it_any_more(tmp_path: Path) -> None:
    path = write_cascade(tmp_path / "own.xml")
    made = load_cropper(f"file:{path}", DEAF)
    path.write_text(path.read_text() + " ")
    with pytest.raises(DetectorMissing, match="SHA-256"):
        load_cropper_again("file", detection_of(made), DEAF)


JUNK = {
    "text.xml": b"this is no cascade",
    "empty.xml": b"",
    "other.xml": b'<?xml version="1.0"?><opencv_storage><a>1</a></opencv_storage>',
    "cut.xml": b'<?xml version="1.0"?>\n<opencv_storage><cascade type_id="opencv-casc',
    "binary.xml": bytes(range(256)) * 40,
    "text.onnx": b"this is no network",
    "empty.onnx": b"",
    "binary.onnx": bytes(range(256)) * 40,
    "face.txt": b"neither",
}


@pytest.mark.parametrize("name", JUNK)
def test_a_file_that_is_no_detector_is_refused_by_name(
    name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name
    path.write_bytes(JUNK[name])
    with pytest.raises(DetectorRefused, match=name):
        load_cropper(f"file:{path}", DEAF)
    assert capfd.readouterr().err == ""


def test_a_file_too_large_for_a_detector_is_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "LARGEST", 100)
    path = write_cascade(tmp_path / "own.xml")
    with pytest.raises(DetectorRefused, match="more than"):
        load_cropper(f"file:{path}", DEAF)


def test_a_crop_there_is_not_is_refused() -> None:
    for name in ("faces", "file"):
        with pytest.raises(UnknownCropper, match="no cropper is called"):
            load_cropper(name, DEAF)


def test_without_opencv_the_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(OpencvMissing, match=r"fewshot\[vision\]") as raised:
        load_cropper("face", DEAF)
    assert raised.value.exit_code == 5


def test_an_opencv_without_cascades_is_said_to_be_the_wrong_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    five = ModuleType("cv2")
    five.__version__ = "5.0.0"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "cv2", five)
    with pytest.raises(OpencvMissing, match=r"of version 4; this is 5\.0\.0"):
        load_cropper("face", DEAF)


def test_a_recipe_s_detector_has_to_be_the_very_one() -> None:
    made = load_cropper("face", DEAF).detection
    assert made is not None
    file = made.detectors[0]
    other = Detection((type(file)(file.name, "0" * 64),), made.margin)
    with pytest.raises(DetectorMissing, match="another one than the gallery was made with"):
        load_cropper_again("face", other, DEAF)


def test_a_recipe_framed_by_another_version_is_not_guessed_at() -> None:
    made = load_cropper("face", DEAF).detection
    assert made is not None
    with pytest.raises(DetectorMissing, match="frames faces otherwise"):
        load_cropper_again("face", Detection(made.detectors, made.margin, 99), DEAF)


def test_drawn_faces_take_a_file_that_is_fetched() -> None:
    with pytest.raises(Exception, match=r"lbpcascade_animeface\.xml.*FEWSHOT_OFFLINE is set"):
        load_cropper("anime-face", DEAF)


@pytest.mark.parametrize("spec", FETCHED.values(), ids=lambda one: one.name)
def test_what_is_fetched_is_pinned_by_address_size_and_digest(spec: DetectorSpec) -> None:
    for file in spec.files:
        assert file.url.startswith("https://")
        assert file.size
        assert len(file.digest or "") == len("sha256:") + 64


def test_a_score_grows_with_the_windows_that_agree() -> None:
    path = Path(cv2.__file__).parent / "data" / HAAR.bundled
    (found,) = Cascade(HAAR, path, path.read_bytes()).find(
        pixels_of(scene((400, 300), [(180, 60, 160)])), 0
    )
    assert 0.5 < found.score < 1.0


def test_an_embedder_says_that_nothing_was_found_and_where_a_box_lies() -> None:
    embedder = Embedder.by_name("face", "palette")
    gray = np.full((60, 80, 3), 90, np.uint8)
    with pytest.raises(NothingFound, match="crop face"):
        embedder.embed(gray)
    with pytest.raises(BoxOutside, match="80 x 60"):
        embedder.embed_raw(read_picture(gray), box=Box(80, 0, 5, 5))
    assert embedder.embed_raw(read_picture(gray), box=Box(70, 0, 50, 50)).box == Box(70, 0, 10, 50)


def test_the_detector_that_was_checked_is_used_whatever_becomes_of_its_file(tmp_path: Path) -> None:
    path = write_cascade(tmp_path / "own.xml")
    own = load_cropper(f"file:{path}", DEAF)
    path.unlink()
    picture = pixels_of(bright_square((300, 200), (150, 60, 210, 120)))
    with ThreadPoolExecutor(1) as pool:  # a thread that has looked at nothing yet
        assert len(pool.submit(own, picture).result()) == 1


def test_a_detector_s_file_may_have_any_name(tmp_path: Path) -> None:
    path = write_cascade(Path(os.fsdecode(os.fsencode(tmp_path) + b"/y\xff.xml")))
    assert load_cropper(f"file:{path}", DEAF).name == "file"


def test_a_detector_s_suffix_may_be_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_cascade(tmp_path / "OWN.XML")
    made = load_cropper(f"file:{path}", DEAF)
    path.rename(tmp_path / "ANOTHER.XML")
    monkeypatch.setenv("FEWSHOT_WEIGHTS", str(tmp_path))
    assert load_cropper_again("file", detection_of(made), DEAF).name == "file"


def test_what_opencv_cannot_look_at_is_a_line_on_that_picture(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(*_: object) -> None:
        raise cv2.error("too large")

    embedder = Embedder.by_name("face", "palette")
    monkeypatch.setattr(Cascade, "find", fails)
    with pytest.raises(UnreadableImage, match="cannot look at it"):
        embedder.embed(np.full((60, 80, 3), 90, np.uint8))


def test_a_tilted_face_in_a_panorama_of_32_800_pixels_is_cut() -> None:
    pixels = np.broadcast_to(np.uint8(90), (1900, 32_800, 3))
    face = Face(30_000.0, 900.0, 200.0, 0.9, "face", ((29_950.0, 850.0), (30_050.0, 880.0)))
    assert framed(cv2, pixels, face, 0.1).pixels.shape == (240, 240, 3)


@pytest.mark.parametrize("box", [(1, 2, 3), (1.5, 2, 3, 4), (0, 0, float("nan"), 4), "abcd", 7])
def test_a_box_of_anything_but_four_whole_numbers_is_a_value_error(box: object) -> None:
    with pytest.raises(ValueError, match="whole numbers"):
        Box.of(box)  # type: ignore[arg-type]
