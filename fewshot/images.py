"""A picture in any form comes in; its digest and its pixels go out."""

from __future__ import annotations

import hashlib
import io
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import BinaryIO, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fewshot.decoding import DecodedPicture, Pixels, decode_content, decode_image, refuse_size
from fewshot.errors import ImageTooLarge, UnreadableImage
from fewshot.ordinary import open_ordinary

Picture: TypeAlias = "str | os.PathLike[str] | bytes | BinaryIO | Image.Image | NDArray[np.uint8]"
"""Every form a picture is accepted in: path, bytes, binary file, PIL image, uint8 RGB array."""

NAMELESS = ("<bytes>", "<file>", "<image>", "<array>")
"""The sources of pictures that came without a path."""

MAX_BYTES = 256 * 2**20

_SHARED = Lock()


@dataclass(frozen=True)
class RawPicture:
    """A picture read and not yet decoded: enough to know whether it was seen before."""

    source: str  # the path as given, or "<bytes>", "<image>", "<array>"
    content: bytes | NDArray[np.uint8]

    def digest_of(self, part: object | None) -> bytes:
        """SHA-256 of a part of the picture, as a box names it; None: of all of it. 32 bytes."""
        if part is None:
            return self.digest
        return hashlib.sha256(self.digest + str(part).encode()).digest()

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 of the file's bytes; of the pixels where there is no file. 32 bytes."""
        if isinstance(self.content, bytes):
            return hashlib.sha256(self.content).digest()
        return _pixel_digest(self.content)


def read_picture(picture: Picture) -> RawPicture:
    """Fetch a picture's bytes without decoding them.

    picture: a path, the bytes of an image file, a binary file object, a PIL image, or an array
    (height, width, 3) of uint8, RGB.
    Raises UnreadableImage where there is no such file or it is no ordinary one, ImageTooLarge
    above 256 MiB, TypeError for any other type, ValueError for another shape or dtype of array.
    """
    if isinstance(picture, (str, os.PathLike)):
        path = Path(picture)
        return RawPicture(str(path), _file_bytes(path))
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
        refuse_size("<array>", picture.shape[1], picture.shape[0])
        return RawPicture("<array>", picture)
    if isinstance(picture, Image.Image):
        refuse_size("<image>", *picture.size)
        try:
            with _SHARED:  # Pillow reads lazily: the same image may stand in a list twice
                pixels = decode_image(picture, 0).pixels
        except Exception as error:  # opened lazily, and damaged
            raise UnreadableImage("<image>", str(error) or type(error).__name__) from error
        return RawPicture("<image>", pixels)
    if hasattr(picture, "read"):
        name = getattr(picture, "name", None)
        source = name if isinstance(name, str) else "<file>"
        content = picture.read(MAX_BYTES + 1)
        if isinstance(content, bytes):
            return _from_bytes(content, source)
    raise TypeError(
        "a picture is a path, bytes, a binary file, a PIL image or a uint8 RGB array, "
        f"not {type(picture).__name__}"
    )


def decode(raw: RawPicture, at_least: int = 0) -> DecodedPicture:
    """Decode a picture that was read; see `decoding.decode_content`."""
    return decode_content(raw.content, raw.source, at_least)


def thumbnail(pixels: Pixels, side: int = 128) -> bytes:
    """Return a small JPEG (quality 85), reduced by a whole number: longest side at most `side`."""
    image = Image.fromarray(pixels)
    factor = -(-max(image.size) // side)
    buffer = io.BytesIO()
    image.reduce(factor).save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def _file_bytes(path: Path) -> bytes:
    try:
        with open_ordinary(path) as file:
            size = os.fstat(file.fileno()).st_size
            if size > MAX_BYTES:
                raise ImageTooLarge(str(path), f"it is larger than {MAX_BYTES // 2**20} MiB")
            return file.read(size + 1)
    except IsADirectoryError:
        reason = "the folder cannot be listed" if _closed(path) else "it is a folder, not a picture"
        raise UnreadableImage(str(path), reason) from None
    except OSError as error:
        raise UnreadableImage(str(path), (error.strerror or str(error)).lower()) from error
    except ValueError as error:  # a NUL in the path
        raise UnreadableImage(str(path), str(error)) from error


def _closed(folder: Path) -> bool:
    return not os.access(folder, os.R_OK | os.X_OK)


def _from_bytes(content: bytes, source: str) -> RawPicture:
    if len(content) > MAX_BYTES:
        raise ImageTooLarge(source, f"it is larger than {MAX_BYTES // 2**20} MiB")
    return RawPicture(source, content)


def _pixel_digest(pixels: Pixels) -> bytes:
    header = f"{pixels.shape[0]}x{pixels.shape[1]} RGB ".encode()
    digest = hashlib.sha256(header)
    digest.update(np.ascontiguousarray(pixels).data)
    return digest.digest()
