"""same_picture: a picture is known again however it was saved, and no other is taken for it."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageDraw

from fewshot.images import thumbnail
from fewshot.same_picture import same_picture
from fewshot.small_views import MOST_SIDE, View, prepare

Change = Callable[[Image.Image], Image.Image]


def scene(seed: int, size: tuple[int, int] = (360, 300)) -> Image.Image:
    """Draw what no two seeds have alike: twelve shapes on a sky."""
    rng = np.random.default_rng(seed)
    image = Image.new("RGB", size, tuple(rng.integers(0, 256, 3).tolist()))
    pen = ImageDraw.Draw(image)
    for number in range(12):
        x, y = rng.uniform(-0.1, 0.9, 2) * size
        width, height = rng.uniform(0.1, 0.5, 2) * size
        shape = pen.ellipse if number % 2 else pen.rectangle
        shape((x, y, x + width, y + height), fill=tuple(rng.integers(0, 256, 3).tolist()))
    return image


def saved(image: Image.Image, quality: int = 50) -> Image.Image:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return Image.open(file).convert("RGB")


def view(image: Image.Image) -> View:
    return prepare(thumbnail(np.asarray(image.convert("RGB"))))


def cut(*shares: float) -> Change:
    """Crop to left, upper, right and lower edge in shares of the picture."""

    def crop(image: Image.Image) -> Image.Image:
        sides = (image.width, image.height) * 2
        edges = [round(share * side) for share, side in zip(shares, sides, strict=True)]
        return image.crop((edges[0], edges[1], edges[2], edges[3]))

    return crop


def flip(image: Image.Image) -> Image.Image:
    return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


CHANGES: dict[str, Change] = {
    "as it is": lambda image: image,
    "saved again": lambda image: saved(image, 40),
    "mirrored": flip,
    "half as large": lambda image: image.resize((image.width // 2, image.height // 2)),
    "twice as large": lambda image: image.resize((image.width * 2, image.height * 2)),
    "darker": lambda image: image.point(lambda level: round(level * 0.9)),
    "without its border": cut(0.03, 0.03, 0.97, 0.97),
    "its left part": cut(0, 0, 0.6, 1),
    "its lower part": cut(0, 0.4, 1, 1),
    "its middle": cut(0.12, 0.1, 0.9, 0.88),
    "a corner": cut(0.22, 0.22, 1, 1),
    "a corner, mirrored, saved again": lambda image: saved(flip(cut(0.2, 0, 1, 0.8)(image))),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("size", [(360, 300), (200, 420)], ids=["wide", "high"])
def test_a_picture_is_known_again_when_it_is(change: str, size: tuple[int, int]) -> None:
    for seed in range(3):
        one = scene(seed, size)
        other = CHANGES[change](one)
        assert same_picture(view(one), view(other))
        assert same_picture(view(other), view(one))


def test_another_picture_is_not_taken_for_it() -> None:
    views = [view(scene(seed)) for seed in range(12)]
    taken = [(i, j) for i in range(12) for j in range(12) if same_picture(views[i], views[j])]
    assert taken == [(i, i) for i in range(12)]


def test_the_same_shapes_in_other_colors_are_another_picture() -> None:
    one = scene(1)
    other = Image.merge("RGB", [one.split()[channel] for channel in (2, 0, 1)])
    assert not same_picture(view(one), view(other))


def test_a_picture_upside_down_is_another() -> None:
    one = scene(1)
    assert not same_picture(view(one), view(one.transpose(Image.Transpose.ROTATE_180)))


def test_a_tenth_of_a_picture_is_another() -> None:
    one = scene(1)
    assert not same_picture(view(one), view(cut(0.3, 0.3, 0.6, 0.6)(one)))


def plain(*color: int) -> View:
    return view(Image.new("RGB", (300, 200), (color[0], color[1], color[2])))


def test_pictures_of_one_color_are_the_same_where_the_color_is() -> None:
    assert same_picture(plain(200, 30, 40), plain(201, 31, 41))
    assert not same_picture(plain(200, 30, 40), plain(30, 60, 200))
    assert not same_picture(plain(255, 255, 255), view(scene(1)))


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (200, 3), (9, 8)])
def test_the_smallest_pictures_are_compared_too(size: tuple[int, int]) -> None:
    tiny = view(scene(2).resize(size))
    assert not same_picture(tiny, view(scene(1)))
    assert not same_picture(view(scene(1)), tiny)


def large() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (MOST_SIDE + 1, 8)).save(file, "JPEG")
    return file.getvalue()


@pytest.mark.parametrize("jpeg", [b"", b"\xff\xd8\xff", b"GIF89a", large()])
def test_what_is_no_small_jpeg_is_refused(jpeg: bytes) -> None:
    with pytest.raises(ValueError, match="thumbnail"):
        prepare(jpeg)
