"""A picture in any form comes in; its digest and its pixels (uint8, RGB, turned upright) go out."""

from __future__ import annotations

import hashlib
import io
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from fewshot.errors import ImageTooLarge, UnreadableImage

Pixels: TypeAlias = NDArray[np.uint8]
"""(height, width, 3), RGB."""

Picture: TypeAlias = "str | os.PathLike[str] | bytes | BinaryIO | Image.Image | NDArray[np.uint8]"
"""Every form a picture is accepted in: path, bytes, binary file, PIL image, uint8 RGB array."""

MAX_BYTES = 256 * 2**20
MAX_PIXELS = 80_000_000

_COMMON = ("JPEG", "PNG", "GIF", "BMP", "PPM")  # what Pillow knows without loading all its plugins
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
_SIDEWAYS = {5, 6, 7, 8}
_ORIENTATION = 0x0112


@dataclass(frozen=True, slots=True)
class RawPicture:
    """A picture read and not yet decoded: enough to know whether it was seen before."""

    source: str  # the path as given, or "<bytes>", "<image>", "<array>"
    digest: bytes  # SHA-256 of the file's bytes; of the pixels where there is no file
    content: bytes | Image.Image | NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class DecodedPicture:
    """The pixels of a picture, perhaps reduced, and the size the picture has in full."""

    pixels: Pixels
    width: int  # in full, upright
    height: int


def read_picture(picture: Picture) -> RawPicture:
    """Fetch a picture's bytes without decoding them.

    picture: a path, the bytes of an image file, a binary file object, a PIL image, or an array
    (height, width, 3) of uint8, RGB.
    Raises UnreadableImage where there is no such file or it is no ordinary one, ImageTooLarge
    above 256 MiB, TypeError for any other type, ValueError for another shape or dtype of array.
    """
    if isinstance(picture, (str, os.PathLike)):
        path = Path(picture)
        content = _file_bytes(path)
        return RawPicture(str(path), hashlib.sha256(content).digest(), content)
    if isinstance(picture, (bytes, bytearray, memoryview)):
        return _from_bytes(bytes(picture), "<bytes>")
    if isinstance(picture, np.ndarray):
        if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
            raise ValueError(
                "an array must be uint8 of shape (height, width, 3), RGB; "
                f"got {picture.dtype} of shape {picture.shape}"
            )
        if picture.size == 0:
            raise ValueError(f"an array must have pixels; got shape {picture.shape}")
        _refuse_size("<array>", picture.shape[1], picture.shape[0])
        return RawPicture("<array>", _pixel_digest(picture), picture)
    if isinstance(picture, Image.Image):
        _refuse_size("<image>", *picture.size)
        try:
            return RawPicture("<image>", _pixel_digest(to_rgb(picture)), picture)
        except (OSError, ValueError) as error:  # opened lazily, and damaged
            raise UnreadableImage("<image>", str(error)) from error
    if hasattr(picture, "read"):
        name = getattr(picture, "name", None)
        source = name if isinstance(name, str) else "<file>"
        return _from_bytes(picture.read(MAX_BYTES + 1), source)
    raise TypeError(
        "a picture is a path, bytes, a binary file, a PIL image or a uint8 RGB array, "
        f"not {type(picture).__name__}"
    )


def decode(raw: RawPicture, at_least: int = 0) -> DecodedPicture:
    """Decode a picture: first frame, upright, RGB, transparency over white, 16 bits to 8.

    at_least: a JPEG may be decoded at a half, a quarter or an eighth of its size as long as both
    sides keep this many pixels (Pillow's `draft`: 4-8 ms instead of 11-22 ms for 1-2 megapixels);
    0 decodes in full.
    Raises UnreadableImage where Pillow cannot make pixels of it, ImageTooLarge above 80 megapixels.
    """
    if isinstance(raw.content, np.ndarray):
        height, width = raw.content.shape[:2]
        return DecodedPicture(raw.content, width, height)
    if isinstance(raw.content, Image.Image):
        return _decoded(raw.content, raw.content.size)
    if not raw.content:
        raise UnreadableImage(raw.source, "the file is empty")
    try:
        with _open(raw.content) as image:
            _refuse_size(raw.source, *image.size)
            size = image.size
            if at_least and image.format in ("JPEG", "MPO"):
                image.draft(image.mode, (at_least, at_least))
            return _decoded(image, size)
    except UnreadableImage:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large(raw.source) from error
    except UnidentifiedImageError as error:
        raise UnreadableImage(raw.source, _unidentified(raw.source, raw.content)) from error
    except Exception as error:  # a hostile file makes Pillow raise anything
        raise UnreadableImage(raw.source, str(error) or type(error).__name__) from error


def to_rgb(image: Image.Image) -> Pixels:
    """Bring an image of any Pillow mode to (height, width, 3) uint8 RGB."""
    if image.mode.startswith("I") or image.mode == "F":
        return _deep_gray(np.asarray(image), sixteen_bits=image.mode.startswith("I;16"))
    if image.mode in _OPAQUE and "transparency" not in image.info:
        return np.asarray(image.convert("RGB"))
    layer = image.convert("RGBA")
    paper = Image.new("RGBA", layer.size, "white")
    return np.asarray(Image.alpha_composite(paper, layer).convert("RGB"))


def thumbnail(pixels: Pixels, side: int = 128) -> bytes:
    """Return a small JPEG (quality 85), reduced by a whole number: longest side at most `side`."""
    image = Image.fromarray(pixels)
    factor = -(-max(image.size) // side)
    buffer = io.BytesIO()
    image.reduce(factor).save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def _file_bytes(path: Path) -> bytes:
    try:
        with open(path, "rb", opener=_open_without_waiting) as file:
            about = os.fstat(file.fileno())
            if not stat.S_ISREG(about.st_mode):
                raise UnreadableImage(str(path), "it is not an ordinary file")
            if about.st_size > MAX_BYTES:
                raise ImageTooLarge(str(path), f"it is larger than {MAX_BYTES // 2**20} MiB")
            return file.read(about.st_size + 1)
    except IsADirectoryError:
        reason = "the folder cannot be listed" if _closed(path) else "it is a folder"
        raise UnreadableImage(str(path), reason) from None
    except OSError as error:
        raise UnreadableImage(str(path), (error.strerror or str(error)).lower()) from error
    except ValueError as error:  # a NUL in the path
        raise UnreadableImage(str(path), str(error)) from error


def _open_without_waiting(path: str, flags: int) -> int:
    """Open a path such that a pipe without a writer answers at once instead of hanging."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _closed(folder: Path) -> bool:
    return not os.access(folder, os.R_OK | os.X_OK)


def _from_bytes(content: bytes, source: str) -> RawPicture:
    if len(content) > MAX_BYTES:
        raise ImageTooLarge(source, f"it is larger than {MAX_BYTES // 2**20} MiB")
    return RawPicture(source, hashlib.sha256(content).digest(), content)


def _pixel_digest(pixels: Pixels) -> bytes:
    header = f"{pixels.shape[0]}x{pixels.shape[1]} RGB ".encode()
    return hashlib.sha256(header + np.ascontiguousarray(pixels).tobytes()).digest()


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


def _refuse_size(source: str, width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise _too_large(source)


def _too_large(source: str) -> ImageTooLarge:
    return ImageTooLarge(source, f"it has more than {MAX_PIXELS // 10**6} million pixels")


def _decoded(image: Image.Image, size: tuple[int, int]) -> DecodedPicture:
    image.load()
    orientation = _orientation(image)
    if orientation in _UPRIGHT:
        image = image.transpose(_UPRIGHT[orientation])
    width, height = reversed(size) if orientation in _SIDEWAYS else size
    return DecodedPicture(to_rgb(image), width, height)


def _orientation(image: Image.Image) -> int:
    """Return EXIF's orientation, 1 to 8; 1 (upright) where EXIF is silent or broken."""
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # noqa: BLE001  broken EXIF is no reason to refuse the picture
        return 1


def _deep_gray(values: NDArray[np.generic], *, sixteen_bits: bool) -> Pixels:
    """Bring gray of 16 or 32 bits to its upper 8, and floats to 8 bits over their own range."""
    if np.issubdtype(values.dtype, np.floating):
        deep = np.nan_to_num(values.astype(np.float64))
        span = float(deep.max() - deep.min()) or 1.0
        gray = (deep - deep.min()) * (255.0 / span)
    else:
        whole = values.astype(np.int64)
        gray = np.clip(whole >> 8 if sixteen_bits or whole.max() > 255 else whole, 0, 255)
    return np.repeat(gray.astype(np.uint8)[:, :, None], 3, axis=2)
