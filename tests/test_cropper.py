"""cropper: in which order detectors look, whom it believes, and what is taken where none finds."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from fewshot.crops import Pixels
from fewshot.detection import Detection, DetectorFile
from fewshot.detectors.catalog import ANIMEFACE, HAAR, YUNET, DetectorSpec
from fewshot.detectors.cropper import FaceCropper, steps_of
from fewshot.detectors.face import FINER, HARDER, SURE, Face

GRAY = np.full((100, 100, 3), 128, np.uint8)
FOUND_BY = Detection((DetectorFile("yunet", "ab" * 32),), 0.0)


@dataclass
class Knowing:
    """Finds what it was told to, by effort, and notes that it was asked."""

    spec: DetectorSpec
    faces: dict[int, list[Face]] = field(default_factory=dict)
    asked: list[int] = field(default_factory=list)

    def find(self, pixels: Pixels, effort: int) -> list[Face]:
        self.asked.append(effort)
        return self.faces.get(effort, [])


def face(kind: str, score: float, side: float = 20.0) -> Face:
    return Face(50.0, 50.0, side, score, kind)


def cropper(*detectors: Knowing, fall_back: bool = False) -> FaceCropper:
    return FaceCropper("auto", FOUND_BY, steps_of(detectors), fall_back)


def test_a_network_that_is_sure_spares_the_others_the_work() -> None:
    yunet, drawn = Knowing(YUNET, {SURE: [face("face", 0.95)]}), Knowing(ANIMEFACE)
    (crop,) = cropper(yunet, drawn)(GRAY)
    assert crop.kind == "face"
    assert drawn.asked == []


def test_a_sure_cascade_is_believed_before_a_network_that_had_to_look_harder() -> None:
    yunet = Knowing(YUNET, {HARDER: [face("face", 0.7)]})
    drawn = Knowing(ANIMEFACE, {SURE: [face("anime-face", 0.5)]})
    (crop,) = cropper(yunet, drawn)(GRAY)
    assert crop.kind == "anime-face"


def test_of_two_cascades_the_surer_one_is_believed() -> None:
    people = Knowing(HAAR, {SURE: [face("face", 0.6)]})
    drawn = Knowing(ANIMEFACE, {SURE: [face("anime-face", 0.9)]})
    assert cropper(people, drawn)(GRAY)[0].kind == "anime-face"


def test_it_looks_harder_and_finer_only_as_long_as_nothing_is_found() -> None:
    drawn = Knowing(ANIMEFACE, {HARDER: [face("anime-face", 0.4)]})
    assert len(cropper(drawn)(GRAY)) == 1
    assert drawn.asked == [SURE, HARDER]
    nothing = Knowing(ANIMEFACE)
    assert cropper(nothing)(GRAY) == []
    assert nothing.asked == [SURE, HARDER, FINER]


def test_where_nothing_is_found_it_falls_back_to_the_whole_picture_if_it_may() -> None:
    (crop,) = cropper(Knowing(ANIMEFACE), fall_back=True)(GRAY)
    assert (crop.kind, [*crop.box]) == ("whole", [0, 0, 100, 100])


def test_every_face_is_what_is_found_at_first_and_what_a_finer_look_adds() -> None:
    first = Face(20.0, 20.0, 20.0, 0.95, "face")
    again = Face(22.0, 21.0, 24.0, 0.99, "face")  # the same face, framed otherwise
    other = Face(80.0, 80.0, 10.0, 0.9, "face")
    looks = {SURE: [first], FINER: [again, other]}
    assert [crop.box.width for crop in cropper(Knowing(YUNET, looks))(GRAY, every=True)] == [20, 10]
    assert [crop.box.width for crop in cropper(Knowing(YUNET, looks))(GRAY)] == [20]


def test_all_faces_of_the_picture_are_cut_the_largest_first() -> None:
    faces = [face("face", 0.95, side=30.0), face("face", 0.9, side=10.0)]
    crops = cropper(Knowing(YUNET, {SURE: faces}))(GRAY)
    assert [crop.box.width for crop in crops] == [30, 10]
