"""A picture comes in; the vector of a part of it goes out, or of each face in it.

Joins the first half of the line: images -> crops -> backbone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fewshot.backbones.backbone import Backbone
from fewshot.backbones.choice import BackboneChoice, is_bundle
from fewshot.backbones.loading import load_again, load_backbone
from fewshot.cropping import box_in_full, cropper_by_name, cropper_of, inside
from fewshot.crops import Box, Crop, Cropper, given
from fewshot.decoding import DecodedPicture
from fewshot.detectors.errors import BoxOutside, CannotLook, NothingFound, SeveralFaces
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
    thumbnail: bytes  # JPEG of what the box holds, at most 128 pixels a side; empty: not asked for
    digest: bytes = b""  # see `RawPicture.digest_of`; empty with the thumbnail
    kind: str = "whole"  # what the crop is of: "whole", "center", "given", "face", "anime-face" ...
    score: float = 1.0  # how sure the detector was, in [0, 1]
    crops: int = 1  # how many were found in the picture


@dataclass(frozen=True, slots=True)
class Refusal:
    """A picture that could not be read, and why."""

    source: str
    reason: str
    crops: int | None = None  # 0 where it was read, and what was looked for is not in it

    @classmethod
    def of(cls, error: UnreadableImage) -> Refusal:
        """Return what an error said of one picture."""
        return cls(error.source, error.reason, 0 if isinstance(error, NothingFound) else None)

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

    def __init__(self, crop: str | Cropper, backbone: Backbone) -> None:
        """Take a crop, by its name too, and what embeds; raises what `load_cropper` raises."""
        cropper = cropper_by_name(crop) if isinstance(crop, str) else crop
        self.cropper, self.backbone = cropper, backbone
        spec = backbone.spec
        self.recipe = Recipe(
            cropper.name,
            spec.name,
            backbone.fingerprint,
            backbone.head,
            spec.d,
            backbone.blueprint,
            backbone.lift,
            cropper.detection,
        )

    @classmethod
    def by_name(cls, crop: str, backbone: str | BackboneChoice, watch: Watch = _DEAF) -> Embedder:
        """Build the embedder; raises what `load_cropper` and `load_backbone` raise."""
        cropper = cropper_by_name(crop, watch)
        choice = BackboneChoice.of(backbone)
        if choice.own_model and is_bundle(choice.own_model):
            from fewshot.bundles.keeping import load_bundle

            return cls(cropper, load_bundle(choice, watch))
        return cls(cropper, load_backbone(choice, watch))

    @classmethod
    def of_recipe(
        cls, recipe: Recipe, watch: Watch = _DEAF, *, crop: str | None = None
    ) -> Embedder:
        """Build the embedder that a gallery names; raises what `load_again` raises.

        And what `load_cropper_again` raises. crop: another than the gallery's.
        """
        cropper = cropper_by_name(crop, watch) if crop else cropper_of(recipe, watch)
        if recipe.head is not None:
            from fewshot.bundles.keeping import load_kept

            return cls(cropper, load_kept(recipe, watch))
        return cls(cropper, load_again(recipe.backbone, recipe.blueprint, watch))

    def cropping(self, crop: str, watch: Watch = _DEAF) -> Embedder:
        """Return one with the same network and another crop; raises what `load_cropper` raises."""
        return Embedder(cropper_by_name(crop, watch), self.backbone)

    @property
    def decode_size(self) -> int:
        """Pixels a side that decoding leaves at least: twice the backbone's input, or more."""
        return max(2 * self.backbone.spec.input_size, self.cropper.at_least)

    def embed(self, picture: Picture, *, threads: int | None = None) -> NDArray[np.float32]:
        """Turn one picture into its vector, shape (d,), float32, length 1 within 1e-5.

        threads: how many cores it may use; None: all. Raises UnreadableImage where there are no
        pixels to be had.
        """
        return self.embed_raw(read_picture(picture), threads=threads).vector

    def embed_raw(
        self,
        raw: RawPicture,
        *,
        box: Box | None = None,
        one_face: bool = False,
        with_thumbnail: bool = False,
        threads: int | None = 1,
    ) -> Embedded:
        """Decode, crop and embed a picture already read; of several faces the largest.

        box: take this part instead, in pixels of the whole upright picture. one_face: refuse a
        picture with more. threads: how many cores the network may use; None: all. 1 where many are
        embedded at once. Raises UnreadableImage, as NothingFound, SeveralFaces or BoxOutside too.
        """
        decoded, crops = self._crops(raw, box)
        if one_face and len(crops) > 1:
            raise SeveralFaces(raw.source, f"{len(crops)} faces are in it, and one was asked for")
        found = self._embedded(raw, decoded, crops[:1], with_thumbnail, threads)[0]
        digest = raw.digest_of(box) if with_thumbnail else b""
        return replace(found, crops=len(crops), digest=digest)

    def embed_each(
        self, raw: RawPicture, *, with_thumbnail: bool = False, threads: int | None = 1
    ) -> list[Embedded]:
        """Embed every face in a picture, the largest first; see `embed_raw`.

        Of those after the first the digest is empty: it stands for the picture, not for them.
        """
        decoded, crops = self._crops(raw, None, every=True)
        found = self._embedded(raw, decoded, crops, with_thumbnail, threads)
        others = (replace(one, digest=b"") for one in found[1:])
        return [replace(one, crops=len(crops)) for one in (found[0], *others)]

    def attempt(
        self,
        picture: Picture,
        *,
        box: Box | None = None,
        with_thumbnail: bool = False,
        threads: int | None = 1,
    ) -> Embedded | Refusal:
        """Read and embed a picture, one of many: a bad one gives a Refusal instead of an error."""
        try:
            raw = read_picture(picture)
            return self.embed_raw(raw, box=box, with_thumbnail=with_thumbnail, threads=threads)
        except UnreadableImage as error:
            return Refusal.of(error)

    def attempt_each(
        self, picture: Picture, *, with_thumbnail: bool = False, threads: int | None = 1
    ) -> list[Embedded] | list[Refusal]:
        """Read a picture and embed every face in it; a bad one gives a Refusal, alone."""
        try:
            raw = read_picture(picture)
            return self.embed_each(raw, with_thumbnail=with_thumbnail, threads=threads)
        except UnreadableImage as error:
            return [Refusal.of(error)]

    def _crops(
        self, raw: RawPicture, box: Box | None, *, every: bool = False
    ) -> tuple[DecodedPicture, list[Crop]]:
        """Decode a picture and cut it, at least once."""
        decoded = decode(raw, at_least=self.decode_size if box is None else 0)
        if box is not None:
            try:
                return decoded, [given(decoded.pixels, box)]
            except ValueError as error:
                size = f"{decoded.width} x {decoded.height}"
                reason = f"the box {box} lies outside of it, which has {size} pixels"
                raise BoxOutside(raw.source, reason) from error
        try:
            crops = self.cropper(decoded.pixels, every=every)
        except CannotLook as error:
            raise UnreadableImage(raw.source, str(error)) from error
        if not crops:
            what = "nothing" if self.cropper.name == "file" else "no face"
            raise NothingFound(
                raw.source,
                f"{what} was found in it by crop {self.cropper.name}; name the part by --box (in a "
                "gallery of crop auto such a picture counts whole)",
            )
        return decoded, crops

    def _embedded(
        self,
        raw: RawPicture,
        decoded: DecodedPicture,
        crops: list[Crop],
        with_thumbnail: bool,
        threads: int | None,
    ) -> list[Embedded]:
        pixels = [crop.pixels for crop in crops]
        vectors = self.backbone.embed(pixels, threads=threads or usable_cores())
        vectors.flags.writeable = False
        return [
            Embedded(
                source=raw.source,
                vector=vector,
                box=box_in_full(crop.box, decoded),
                thumbnail=thumbnail(inside(decoded, crop)) if with_thumbnail else b"",
                digest=raw.digest if with_thumbnail else b"",
                kind=crop.kind,
                score=crop.score,
            )
            for crop, vector in zip(crops, vectors, strict=True)
        ]
