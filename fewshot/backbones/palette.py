"""Crops come in; vectors of color and shape layout go out. numpy only, no weights.

Cartoon identity sits largely in color, so color leads. Four signed blocks, each of length one, are
weighted and joined (`palette_colors`, `palette_shapes`):

* colors, 1: how much of the middle of the picture has each color of a fine Lab palette, the
  border's colors discounted;
* tones, 1/4: how light each part is, which tells gray pictures apart;
* layout, 1/2: where light and color lie, as low frequencies;
* edges, 1/2: which way lines run in each part.

A picture and its mirror image give the same vector. What each block gives is measured in
docs/decisions/0002-what-goes-into-palette.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from threading import Lock

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fewshot.backbones.blueprint import Blueprint
from fewshot.backbones.palette_colors import COLORS, colors
from fewshot.backbones.palette_shapes import EDGES, LAYOUT, TONES, edges, layout, tones
from fewshot.backbones.spec import BackboneSpec
from fewshot.backbones.squeeze import squeezed

VERSION = 1
"""To be raised with any change that moves a vector: galleries are bound to it."""

D = COLORS + TONES + LAYOUT + EDGES
WEIGHTS = (1.0, 0.25, 0.5, 0.5)
_LUMA = (0.299, 0.587, 0.114)
_OPPONENTS = (np.array([_LUMA, (1.0, -1.0, 0.0), (0.5, 0.5, -1.0)]).T / 255).astype(np.float32)


class Palette:
    """The embedding that needs nothing; see `Backbone`."""

    def __init__(self, spec: BackboneSpec) -> None:
        if spec.d != D:
            raise ValueError(f"palette gives {D} numbers, its card says {spec.d}")
        self.spec = spec
        self.blueprint: Blueprint | None = None
        self.head: str | None = None
        self.lift: float | None = None
        self._one_at_a_time = Lock()
        self.fingerprint = sha256(f"palette {VERSION} {D} {spec.input_size}".encode()).hexdigest()

    def embed(self, crops: Sequence[NDArray[np.uint8]], *, threads: int = 1) -> NDArray[np.float32]:
        """Turn n crops, each (height, width, 3) uint8 RGB, into (n, d) float32 of length 1.

        A crop is squeezed to a square of 96 pixels by Pillow's bicubic filter. One thread at a time
        computes: its many short steps would only fight for the interpreter's lock, while the
        others decode.
        """
        vectors = []
        for crop in crops:
            picture = squeezed(crop, self.spec.input_size, Image.Resampling.BICUBIC)
            with self._one_at_a_time:
                vectors.append(joined(blocks(picture)))
        return np.stack(vectors) if vectors else np.empty((0, D), np.float32)


def blocks(picture: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
    """Return colors, tones, layout and edges of a picture (96, 96, 3), each of length one."""
    side = len(picture)
    flat = picture.reshape(-1, 3).astype(np.float32) @ _OPPONENTS
    planes = np.ascontiguousarray(flat.T).reshape(3, side, side)
    return [colors(picture), tones(planes[0]), layout(planes), edges(planes[0])]


def joined(
    parts: Sequence[NDArray[np.float32]], weights: Sequence[float] = WEIGHTS
) -> NDArray[np.float32]:
    """Join the four blocks, weighted, into one vector of length one."""
    whole = np.concatenate([np.float32(w) * part for w, part in zip(weights, parts, strict=True)])
    return np.asarray(whole / np.linalg.norm(whole), np.float32)
