"""A picture comes in; its vector goes out, with the crop it was made from.

Joins the first half of the line: images -> crops -> backbone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fewshot.backbones.backbone import Backbone
from fewshot.backbones.catalog import load_backbone
from fewshot.crops import Box, find_cropper
from fewshot.errors import UnreadableImage
from fewshot.images import Picture, RawPicture, decode, read_picture, thumbnail
from fewshot.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Embedded:
    """A picture's vector and where it came from."""

    source: str  # the path as given, or "<bytes>", "<image>", "<array>"
    digest: bytes  # SHA-256, 32 bytes
    vector: NDArray[np.float32]  # (d,), length 1
    box: Box  # the crop, in pixels of the whole upright picture
    thumbnail: bytes  # JPEG of the crop, at most 128 pixels a side; empty where none was asked for


@dataclass(frozen=True, slots=True)
class Refusal:
    """A picture that could not be read, and why."""

    source: str
    reason: str

    @property
    def name(self) -> None:
        """Nobody, as in a `Match` that knows nobody."""
        return None

    @property
    def status(self) -> str:
        """Return "unreadable", beside a `Match`'s "known" and "unknown"."""
        return "unreadable"


class Embedder:
    """Embeds pictures by one recipe, any number of them at once; safe to share among threads."""

    def __init__(self, crop: str, backbone: Backbone) -> None:
        self._crop = find_cropper(crop)
        self._backbone = backbone
        self.recipe = Recipe(crop, backbone.spec.name, backbone.fingerprint, None, backbone.spec.d)

    @classmethod
    def by_name(cls, crop: str, backbone: str) -> Embedder:
        """Build the embedder; raises UnknownCropper or UnknownBackbone."""
        return cls(crop, load_backbone(backbone))

    @property
    def decode_size(self) -> int:
        """Pixels a side that decoding leaves at least: twice the backbone's input."""
        return 2 * self._backbone.spec.input_size

    def embed(self, picture: Picture) -> NDArray[np.float32]:
        """Turn one picture into its vector, shape (d,), float32, length 1 within 1e-5.

        Raises UnreadableImage where there are no pixels to be had.
        """
        return self.embed_raw(read_picture(picture)).vector

    def embed_raw(self, raw: RawPicture, *, with_thumbnail: bool = False) -> Embedded:
        """Decode, crop and embed a picture already read; raises UnreadableImage."""
        decoded = decode(raw, at_least=self.decode_size)
        crop = self._crop(decoded.pixels)
        height, width = decoded.pixels.shape[:2]
        vector = self._backbone.embed([crop.pixels])[0]
        vector.flags.writeable = False
        return Embedded(
            source=raw.source,
            digest=raw.digest,
            vector=vector,
            box=crop.box.scaled(decoded.width / width, decoded.height / height),
            thumbnail=thumbnail(crop.pixels) if with_thumbnail else b"",
        )

    def attempt(self, picture: Picture, *, with_thumbnail: bool = False) -> Embedded | Refusal:
        """Read and embed a picture, one of many: a bad one gives a Refusal instead of an error."""
        try:
            return self.embed_raw(read_picture(picture), with_thumbnail=with_thumbnail)
        except UnreadableImage as error:
            return Refusal(error.source, error.reason)
