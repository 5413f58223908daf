"""A picture comes in; its vector goes out, with the crop it was made from.

Joins the first half of the line: images -> crops -> backbone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fewshot.backbones.backbone import Backbone
from fewshot.backbones.choice import BackboneChoice, is_bundle
from fewshot.backbones.loading import load_again, load_backbone
from fewshot.crops import Box, find_cropper
from fewshot.errors import UnreadableImage
from fewshot.images import Picture, RawPicture, decode, read_picture, thumbnail
from fewshot.pipeline import usable_cores
from fewshot.recipe import Recipe
from fewshot.watch import Watch

_DEAF = Watch()


@dataclass(frozen=True, slots=True)
class Embedded:
    """A picture's vector and where it came from."""

    source: str  # the path as given, or "<bytes>", "<image>", "<array>"
    vector: NDArray[np.float32]  # (d,), length 1
    box: Box  # the crop, in pixels of the whole upright picture
    thumbnail: bytes  # JPEG of the crop, at most 128 pixels a side; empty where none was asked for
    digest: bytes = b""  # SHA-256 of the file, or of the pixels; empty with the thumbnail


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
        self.backbone = backbone
        spec = backbone.spec
        self.recipe = Recipe(
            crop,
            spec.name,
            backbone.fingerprint,
            backbone.head,
            spec.d,
            backbone.blueprint,
            backbone.lift,
        )

    @classmethod
    def by_name(cls, crop: str, backbone: str | BackboneChoice, watch: Watch = _DEAF) -> Embedder:
        """Build the embedder; raises UnknownCropper, and what `load_backbone` raises."""
        find_cropper(crop)
        choice = BackboneChoice.of(backbone)
        if choice.own_model and is_bundle(choice.own_model):
            from fewshot.bundles.keeping import load_bundle

            return cls(crop, load_bundle(choice, watch))
        return cls(crop, load_backbone(choice, watch))

    @classmethod
    def of_recipe(cls, recipe: Recipe, watch: Watch = _DEAF) -> Embedder:
        """Build the embedder that a gallery names; raises what `load_again` raises."""
        find_cropper(recipe.crop)
        if recipe.head is not None:
            from fewshot.bundles.keeping import load_kept

            return cls(recipe.crop, load_kept(recipe, watch))
        return cls(recipe.crop, load_again(recipe.backbone, recipe.blueprint, watch))

    @property
    def decode_size(self) -> int:
        """Pixels a side that decoding leaves at least: twice the backbone's input."""
        return 2 * self.backbone.spec.input_size

    def embed(self, picture: Picture, *, threads: int | None = None) -> NDArray[np.float32]:
        """Turn one picture into its vector, shape (d,), float32, length 1 within 1e-5.

        threads: how many cores it may use; None: all. Raises UnreadableImage where there are no
        pixels to be had.
        """
        return self.embed_raw(read_picture(picture), threads=threads).vector

    def embed_raw(
        self, raw: RawPicture, *, with_thumbnail: bool = False, threads: int | None = 1
    ) -> Embedded:
        """Decode, crop and embed a picture already read; raises UnreadableImage.

        threads: how many cores the network may use; None: all. 1 where many are embedded at once.
        """
        decoded = decode(raw, at_least=self.decode_size)
        crop = self._crop(decoded.pixels)
        height, width = decoded.pixels.shape[:2]
        vector = self.backbone.embed([crop.pixels], threads=threads or usable_cores())[0]
        vector.flags.writeable = False
        return Embedded(
            source=raw.source,
            vector=vector,
            box=crop.box.scaled(decoded.width / width, decoded.height / height),
            thumbnail=thumbnail(crop.pixels) if with_thumbnail else b"",
            digest=raw.digest if with_thumbnail else b"",
        )

    def attempt(
        self, picture: Picture, *, with_thumbnail: bool = False, threads: int | None = 1
    ) -> Embedded | Refusal:
        """Read and embed a picture, one of many: a bad one gives a Refusal instead of an error."""
        try:
            raw = read_picture(picture)
            return self.embed_raw(raw, with_thumbnail=with_thumbnail, threads=threads)
        except UnreadableImage as error:
            return Refusal(error.source, error.reason)
