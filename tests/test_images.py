"""images: every form and kind of picture gives upright RGB pixels, or one readable reason."""

from __future__ import annotations

import contextlib
import io
import os
import struct
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from fewshot.decoding import Pixels
from fewshot.errors import ImageTooLarge, UnreadableImage
from fewshot.images import Picture, decode, read_picture, thumbnail
from tests.conftest import draw

Size = tuple[int, int]
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no FIFO and no sh")


def saved(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def pixels_of(picture: Picture, at_least: int = 0) -> Pixels:
    return decode(read_picture(picture), at_least).pixels


def animated(kind: str) -> bytes:
    """Two frames: red, then blue."""
    red, blue = Image.new("RGB", (6, 4), (255, 0, 0)), Image.new("RGB", (6, 4), (0, 0, 255))
    return saved(red, kind, save_all=True, append_images=[blue], lossless=True)


def turned(image: Image.Image, orientation: int, kind: str) -> bytes:
    """Store a picture as a camera held that way does: EXIF says where row 0 and column 0 lie."""
    row, column = list("TLTRBRBLLTRTRBLB"[2 * orientation - 2 : 2 * orientation])
    image = image if row in "TB" else image.transpose(Image.Transpose.TRANSPOSE)
    stored = np.asarray(image)[:: -1 if row in "BR" else 1, :: -1 if column in "BR" else 1]
    exif = Image.Exif()
    exif[0x0112] = orientation
    return saved(Image.fromarray(stored.copy()), kind, exif=exif.tobytes(), subsampling=0)


def png_header(width: int, height: int) -> bytes:
    """Say a size, and give no pixels for it."""
    head = b"IHDR" + struct.pack(">II5B", width, height, 8, 2, 0, 0, 0)
    check = struct.pack(">I", zlib.crc32(head))
    return b"\x89PNG\r\n\x1a\n\0\0\0\x0d" + head + check + b"\0\0\0\0IDAT"


FACE = draw("red", size=(48, 36))
CUT_JPEG = saved(draw("red", size=(400, 300)), "JPEG")[:3000]
BOMBS = {
    "PNG": png_header(100_000, 100_000),
    "PNG just above": png_header(10_000, 9_500),
    "BMP": b"BM" + struct.pack("<IIIIiiHHIIiiII", 54, 0, 54, 40, *[100_000] * 2, 1, 24, *[0] * 6),
    "GIF": b"GIF89a" + struct.pack("<HHBBB", 65_535, 65_535, 0, 0, 0) + b"\x2c" + b"\0" * 20,
    "PPM": b"P6 100000 100000 255\n",
}


@pytest.fixture
def forms(tmp_path: Path) -> list[Any]:
    """One picture in every form."""
    (path := tmp_path / "face.png").write_bytes(file := saved(FACE))
    return [path, str(path), file, bytearray(file), io.BytesIO(file), FACE, np.asarray(FACE)]


def test_a_picture_has_equal_pixels_in_every_form(forms: list[Any]) -> None:
    assert all(np.array_equal(pixels_of(form), np.asarray(FACE)) for form in forms)


def test_a_source_says_where_the_picture_came_from(forms: list[Any]) -> None:
    sources = [read_picture(form).source for form in forms[1:]]
    assert sources == [forms[1], "<bytes>", "<bytes>", "<file>", "<image>", "<array>"]


def test_a_digest_is_the_files_or_where_there_is_none_the_pixels(forms: list[Any]) -> None:
    digests = [read_picture(form).digest for form in forms]
    assert [digests.index(digest) for digest in digests] == [0, 0, 0, 0, 0, 5, 5]


@pytest.mark.parametrize(
    ("mode", "values", "expected"),
    [
        ("1", [0, 255], [(0,) * 3, (255,) * 3]),
        ("L", [7, 200], [(7, 7, 7), (200, 200, 200)]),
        ("LA", [(0, 0), (0, 255)], [(255, 255, 255), (0, 0, 0)]),
        ("RGBA", [(9, 9, 9, 0), (255, 0, 0, 51)], [(255, 255, 255), (255, 204, 204)]),
        ("I;16", [0, 255, 0x1234, 65_535], [(0,) * 3, (0,) * 3, (0x12,) * 3, (255,) * 3]),
    ],
)
def test_a_png_of_a_mode_becomes_rgb_over_white(mode: str, values: Any, expected: Any) -> None:
    image = Image.new(mode, (len(values), 1))
    image.putdata(values)
    assert [tuple(pixel) for pixel in pixels_of(saved(image))[0].tolist()] == expected


@pytest.mark.parametrize("transparency", [0, b"\x00\xff"])
def test_the_transparent_color_of_a_palette_becomes_white(transparency: int | bytes) -> None:
    image = Image.frombytes("P", (2, 1), b"\0\1")
    image.putpalette([9, 9, 9, 0, 128, 0])
    pixels = pixels_of(saved(image, transparency=transparency))
    assert pixels.tolist() == [[[255, 255, 255], [0, 128, 0]]]


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_becomes_rgb(kind: str) -> None:
    pixels = pixels_of(saved(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), kind))
    assert np.allclose(pixels, (255, 0, 0), atol=4)


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_an_animation_gives_its_first_frame(kind: str) -> None:
    assert (pixels_of(animated(kind)) == (255, 0, 0)).all()


@pytest.mark.parametrize(("kind", "allowed"), [("PNG", 0), ("JPEG", 6)])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_turns_a_picture_upright(orientation: int, kind: str, allowed: float) -> None:
    pixels = pixels_of(turned(FACE, orientation, kind)).astype(int)
    assert np.abs(pixels - np.asarray(FACE)).mean() <= allowed


@pytest.mark.parametrize("orientation", range(1, 9))
def test_width_and_height_are_the_full_upright_ones(orientation: int) -> None:
    content = turned(Image.new("RGB", (1600, 1201)), orientation, "JPEG")
    decoded = decode(read_picture(content), at_least=192)
    assert (decoded.width, decoded.height) == (1600, 1201)


@pytest.mark.filterwarnings("ignore")  # as the command has them
@pytest.mark.parametrize("exif", [b"garbage", b"MM\0*\0\0\0\x08\0\xff"])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_broken_exif_does_not_refuse_a_picture(kind: str, exif: bytes) -> None:
    assert pixels_of(saved(FACE, kind, exif=b"Exif\0\0" + exif)).shape == (36, 48, 3)


@pytest.mark.parametrize("kind", ["PNG", "GIF", "JPEG", "WEBP"])
def test_one_pixel_is_a_picture(kind: str) -> None:
    assert pixels_of(saved(Image.new("RGB", (1, 1), "white"), kind), 192).tolist() == [[[255] * 3]]


@pytest.mark.parametrize(
    ("size", "reduced"), [((1600, 1201), (400, 301)), ((385, 4000), (193, 2000)), ((383, 400),) * 2]
)
def test_a_jpeg_is_reduced_to_no_less_than_asked_for(size: Size, reduced: Size) -> None:
    height, width, _ = pixels_of(saved(Image.new("RGB", size), "JPEG"), at_least=192).shape
    assert (width, height) == reduced


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (CUT_JPEG, "truncated"),
        (b"Dear diary, this is no picture.\n" * 20, "it is not a picture"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC is not supported; save it as JPEG or PNG"),
    ],
)
def test_bytes_that_are_no_picture_are_refused_with_a_reason(content: bytes, reason: str) -> None:
    with pytest.raises(UnreadableImage, match=f"^cannot read picture <bytes>: .*{reason}"):
        pixels_of(content)


@pytest.mark.parametrize("kind", BOMBS)
def test_a_header_of_too_many_pixels_is_refused(kind: str) -> None:
    with pytest.raises(ImageTooLarge, match="it has more than 80 million pixels"):
        pixels_of(BOMBS[kind])


def test_a_file_of_too_many_bytes_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "vast.png").open("wb") as file:
        file.truncate(256 * 2**20 + 1)
    with pytest.raises(ImageTooLarge, match="it is larger than 256 MiB"):
        read_picture(tmp_path / "vast.png")


@pytest.mark.parametrize(
    ("name", "reason"), [("", "it is a folder"), ("no.png", "no such file"), ("a\0b", "embedded")]
)
def test_a_path_that_leads_to_no_file_is_refused(tmp_path: Path, name: str, reason: str) -> None:
    with pytest.raises(UnreadableImage, match=f"^cannot read picture (.|\0)+: {reason}"):
        read_picture(tmp_path / name)


@posix
def test_a_pipe_that_nobody_writes_to_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(UnreadableImage, match="it is not an ordinary file"):
        read_picture(tmp_path / "pipe.png")


@posix
def test_eps_starts_no_other_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gs").write_text(f"#!/bin/sh\ntouch '{tmp_path}/started'\n")
    (tmp_path / "gs").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(UnreadableImage, match="it is not a picture"):
        pixels_of(saved(FACE, "EPS"))
    assert not (tmp_path / "started").exists()


@pytest.mark.parametrize(
    "array", [np.zeros((4, 4, 3)), *(np.zeros(n, np.uint8) for n in [(4, 4), (4, 4, 4), (0, 4, 3)])]
)
def test_an_array_of_another_dtype_or_shape_is_refused(array: Any) -> None:
    with pytest.raises(ValueError, match=r"^an array must .* got .*shape"):
        read_picture(array)


@pytest.mark.parametrize("thing", [None, 3, ["a.png"], io.StringIO("text")])
def test_a_thing_of_another_type_is_refused(thing: Any) -> None:
    with pytest.raises(TypeError):
        read_picture(thing)


@st.composite
def mutated(pick: st.DrawFn) -> bytes:
    """A valid picture with some bytes changed, perhaps cut."""
    content = bytearray(saved(FACE, pick(st.sampled_from(["JPEG", "PNG", "GIF", "WEBP"]))))
    for _ in range(pick(st.integers(0, 4))):
        content[pick(st.integers(0, len(content) - 1))] = pick(st.integers(0, 255))
    return bytes(content[: pick(st.none() | st.integers(10, len(content)))])


@pytest.mark.filterwarnings("ignore")
@settings(deadline=None, derandomize=True, max_examples=600)
@given(st.binary(max_size=300) | mutated(), st.sampled_from([0, 16]))
def test_any_bytes_end_in_pixels_or_a_refusal(content: bytes, at_least: int) -> None:
    with contextlib.suppress(UnreadableImage):
        pixels = pixels_of(content, at_least)
        assert (pixels.dtype.name, pixels.ndim, pixels.shape[2]) == ("uint8", 3, 3)


@pytest.mark.parametrize("size", [(1200, 900), (900, 1200), (4000, 1), (129, 3), (20, 10), (1, 1)])
def test_a_thumbnail_is_a_jpeg_of_at_most_128_pixels_a_side(size: Size) -> None:
    small = thumbnail(np.asarray(Image.new("RGB", size)))
    with Image.open(io.BytesIO(small), formats=["JPEG"]) as image:
        assert min(65, max(size)) <= max(image.size) <= 128
