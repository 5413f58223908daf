"""drawing: boxes, names and similarities on a picture, and nothing written where it cannot be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fewshot import Recognizer
from fewshot.drawing import MOST_SIDE, Drawing
from fewshot.errors import CannotWrite
from tests.conftest import draw

GREEN, ORANGE = (24, 128, 56), (190, 110, 0)
Ask = Callable[..., Path]


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """Red on the left, in a large plain picture."""
    image = Image.new("RGB", (600, 400), (245, 245, 240))
    image.paste(draw("red", 7), (60, 150))
    image.save(tmp_path / "asked.png")
    return tmp_path / "asked.png"


def drawn(picture: Path, target: Path, recognizer: Recognizer, rate: float = 0.5) -> Image.Image:
    drawing = Drawing(target)
    drawing.add(recognizer.match(picture, box=(60, 150, 120, 100), max_false_name=rate))
    assert drawing.save()
    with Image.open(target) as opened:
        return opened.convert("RGB")


def colors_at(image: Image.Image, box: tuple[int, int, int, int]) -> set[tuple[int, ...]]:
    pixels = np.asarray(image.crop(box)).reshape(-1, 3)
    return {tuple(int(one) for one in row) for row in pixels}


def test_the_box_is_drawn_where_it_lies(
    picture: Path, tmp_path: Path, recognizer: Recognizer
) -> None:
    image = drawn(picture, tmp_path / "out.png", recognizer)
    assert image.size == (600, 400)
    for edge in ((60, 160, 61, 240), (179, 160, 180, 240), (70, 249, 170, 250)):
        assert colors_at(image, edge) == {GREEN}
    assert colors_at(image, (300, 0, 600, 400)) == {(245, 245, 240)}


def test_the_name_stands_above_the_box(
    picture: Path, tmp_path: Path, recognizer: Recognizer
) -> None:
    image = drawn(picture, tmp_path / "out.png", recognizer)
    label = colors_at(image, (60, 130, 130, 149))
    assert GREEN in label
    assert (255, 255, 255) in label


def test_somebody_unknown_is_drawn_in_another_color(
    picture: Path, tmp_path: Path, recognizer: Recognizer
) -> None:
    drawing = Drawing(tmp_path / "out.jpg")
    drawing.add(recognizer.match(picture, box=(300, 100, 200, 200), threshold=1.0))
    image = drawing.draw()
    assert colors_at(image, (300, 110, 301, 290)) == {ORANGE}


@pytest.mark.parametrize("box", [(0, 0, 600, 400), (0, 0, 5, 5), (590, 390, 10, 10)])
def test_a_box_at_the_border_is_drawn_in_the_picture(
    picture: Path, tmp_path: Path, recognizer: Recognizer, box: tuple[int, int, int, int]
) -> None:
    drawing = Drawing(tmp_path / "out.png")
    drawing.add(recognizer.match(picture, box=box))
    assert drawing.draw().size == (600, 400)


def test_a_large_picture_is_drawn_smaller(tmp_path: Path, recognizer: Recognizer) -> None:
    large = tmp_path / "large.png"
    draw("red", 7).resize((5000, 4000)).save(large)
    drawing = Drawing(tmp_path / "out.jpg")
    drawing.add(recognizer.match(large))
    assert max(drawing.draw().size) == MOST_SIDE


def test_nothing_is_written_where_nothing_was_answered(tmp_path: Path) -> None:
    assert not Drawing(tmp_path / "out.png").save()
    assert not (tmp_path / "out.png").exists()


@pytest.mark.parametrize("name", ["out.txt", "none/out.png"])
def test_a_place_where_it_cannot_be_written_is_told_at_once(tmp_path: Path, name: str) -> None:
    with pytest.raises(CannotWrite, match="drawing"):
        Drawing(tmp_path / name)
