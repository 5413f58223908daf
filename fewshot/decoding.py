"""A picture that was read comes in; its pixels go out: uint8, RGB, upright, over white."""

from __future__ import annotations

import io
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from fewshot.errors import ImageTooLarge, UnreadableImage

Pixels: TypeAlias = NDArray[np.uint8]
"""(height, width, 3), RGB."""

MAX_PIXELS = 80_000_000
LARGE_PIXELS = 16_000_000
"""Larger pictures are decoded one at a time, so that memory does not grow with the cores."""

_COMMON = ("JPEG", "PNG", "GIF", "BMP", "PPM")  # what Pillow knows before it loads its plugins
_FURTHER = ("WEBP", "TIFF", "AVIF", "MPO")  # never EPS and its like: they start other programs
_RAW = {".nef", ".cr2", ".cr3", ".arw", ".dng", ".raf", ".orf", ".rw2"}
_OPAQUE = {"1", "L", "P", "RGB", "RGBX", "CMYK", "YCbCr", "HSV"}
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_LARGE = Lock()
_SIDEWAYS = {5, 6, 7, 8}
_ORIENTATION = 0x0112


@dataclass(frozen=True, slots=True)
class DecodedPicture:
    """The pixels of a picture, perhaps reduced, and the size the picture has in full."""

    pixels: Pixels
    width: int  # in full, upright
    height: int


def decode_content(content: bytes | Pixels, source: str, at_least: int = 0) -> DecodedPicture:
    """Decode the bytes of an image file: first frame, upright, RGB over white, 8 bits; or an array.

    source: how an error names it. at_least: the picture may be reduced by a whole number as long as
    both sides keep this many pixels; a JPEG already while it is decoded (Pillow's `draft`).
    0 decodes in full.
    Raises UnreadableImage where Pillow cannot make pixels of it, ImageTooLarge above 80 megapixels.
    """
    if isinstance(content, np.ndarray):
        return decode_image(Image.fromarray(content), at_least)
    if not content:
        raise UnreadableImage(source, "the file is empty")
    try:
        with _open(content) as image:
            refuse_size(source, *image.size)
            with _LARGE if image.width * image.height > LARGE_PIXELS else nullcontext():
                return decode_image(image, at_least)
    except UnreadableImage:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large(source) from error
    except UnidentifiedImageError as error:
        raise UnreadableImage(source, _unidentified(source, content)) from error
    except Exception as error:  # a hostile file makes Pillow raise anything
        raise UnreadableImage(source, str(error) or type(error).__name__) from error


def _open(content: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(content), formats=_COMMON)
    except UnidentifiedImageError:
        Image.init()
        further = [name for name in _FURTHER if name in Image.OPEN]
        return Image.open(io.BytesIO(content), formats=further)


def _unidentified(source: str, content: bytes) -> str:
    if Path(source).suffix.lower() in _RAW:
        return "camera RAW is not supported; save it as JPEG or PNG"
    if content[4:8] == b"ftyp" and content[8:12] in (b"heic", b"heix", b"mif1", b"msf1", b"hevc"):
        return "HEIC is not supported; save it as JPEG or PNG"
    return "it is not a picture (or a damaged one)"


def refuse_size(source: str, width: int, height: int) -> None:
    """Raise ImageTooLarge above 80 megapixels."""
    if width * height > MAX_PIXELS:
        raise _too_large(source)


def _too_large(source: str) -> ImageTooLarge:
    return ImageTooLarge(source, f"it has more than {MAX_PIXELS // 10**6} million pixels")


def decode_image(image: Image.Image, at_least: int) -> DecodedPicture:
    """Decode an open image; see `decode_content`. Raises whatever Pillow raises."""
    width, height = image.size
    if at_least and image.format == "JPEG":
        image.draft(image.mode, (at_least, at_least))
    image.load()
    orientation = _orientation(image)
    small = _opaque(image, max(1, min(image.size) // at_least) if at_least else 1)
    if orientation in _UPRIGHT:
        small = small.transpose(_UPRIGHT[orientation])
    if orientation in _SIDEWAYS:
        width, height = height, width
    return DecodedPicture(np.asarray(small), width, height)


def _orientation(image: Image.Image) -> int:
    """Return EXIF's orientation, 1 to 8; 1 (upright) where EXIF is silent or broken."""
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # noqa: BLE001  broken EXIF is no reason to refuse the picture
        return 1


def _opaque(image: Image.Image, factor: int) -> Image.Image:
    """Bring an image of any mode to RGB over white, reduced by a whole number."""
    if image.mode.startswith("I") or image.mode == "F":
        image = Image.fromarray(_eight_bits(np.asarray(image), image.mode.startswith("I;16")))
    if image.mode in _OPAQUE and "transparency" not in image.info:
        if image.mode in ("1", "P"):  # numbers of colors, that have no mean
            image = image.convert("RGB")
        return (image.reduce(factor) if factor > 1 else image).convert("RGB")
    layer = image if image.mode == "RGBA" else image.convert("RGBA")
    layer = layer.convert("RGBa").reduce(factor).convert("RGBA")
    paper = Image.new("RGB", layer.size, "white")
    paper.paste(layer, mask=layer.getchannel("A"))
    return paper


def _eight_bits(values: NDArray[Any], sixteen_bits: bool) -> NDArray[np.uint8]:
    """Bring gray of 16 bits to its upper 8, of more or of floats to 8 over its own range."""
    if not np.issubdtype(values.dtype, np.floating):
        highest = int(values.max())
        if highest <= 65_535:
            whole = values >> 8 if sixteen_bits or highest > 255 else values
            return np.asarray(np.clip(whole, 0, 255), np.uint8)
        values = values.astype(np.float32)
    finite = np.nan_to_num(values, posinf=0.0, neginf=0.0)
    low, high = float(finite.min()), float(finite.max())
    with np.errstate(over="ignore", invalid="ignore"):
        finite -= low
        finite *= 255.0 / ((high - low) or 1.0)
    return np.asarray(np.nan_to_num(finite).clip(0, 255), np.uint8)
