"""A short title comes in; the backbone that can be measured here, or its vectors, goes out.

Those of Keras need their weights in a folder of FEWSHOT_WEIGHTS: `mobilenetv2` is whole,
`inceptionv3-mixed8` and `vgg19-block3` are the lower parts of their networks.
"""

from __future__ import annotations

import argparse
import os
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eval.pictures import PictureSet
from eval.sets import offer_vectors
from fewshot.backbones.backbone import Backbone
from fewshot.backbones.choice import BackboneChoice
from fewshot.backbones.loading import load_backbone
from fewshot.images import decode, read_picture
from fewshot.pipeline import ordered_map

Vectors = NDArray[np.float32]
USUAL = ["palette", "mobilenetv2"]


def measurable() -> dict[str, BackboneChoice]:
    """Return the backbones there are weights for, each by its title; the finished stand first."""
    return {
        "compact": BackboneChoice("compact"),
        "palette": BackboneChoice("palette"),
        "mobilenetv2": BackboneChoice(
            "mobilenetv2", weights="mobilenetv2_1.0_224_imagenet_no_top.weights.h5"
        ),
        "inceptionv3-mixed8": BackboneChoice(
            "inceptionv3", weights="inceptionv3_to_mixed8.weights.h5", layer="mixed8"
        ),
        "vgg19-block3": BackboneChoice(
            "vgg19", weights="vgg19_to_block3_pool.weights.h5", layer="block3_pool"
        ),
    }


def vectors_of(pictures: PictureSet, backbone: Backbone, keep: Path | None = None) -> Vectors:
    """Embed the pictures of a set whole, decoded by the product's own path; (n, d) float32.

    keep: a folder where each vector is looked for and left, by backbone and by the picture's
    content, so that several commands embed a picture once.
    """
    folder = keep / backbone.fingerprint[:32] if keep else None
    if folder:
        folder.mkdir(parents=True, exist_ok=True)

    def one(path: Path) -> Vectors:
        kept = folder / f"{sha256(path.read_bytes()).hexdigest()}.npy" if folder else None
        if kept and kept.is_file():
            return np.asarray(np.load(kept), np.float32)
        pixels = decode(read_picture(path), 2 * backbone.spec.input_size).pixels
        vector = vector_of(backbone, pixels)
        if kept:
            making = kept.with_suffix(f".{os.getpid()}")
            with making.open("wb") as file:
                np.save(file, vector)
            making.replace(kept)
        return vector

    return np.stack(list(ordered_map(one, pictures.files)))


def vector_of(backbone: Backbone, pixels: NDArray[np.uint8]) -> Vectors:
    """Embed one crop (height, width, 3), uint8 RGB; (d,) float32."""
    vector: Vectors = backbone.embed([pixels])[0]
    return vector


def load(title: str) -> Backbone:
    """Return a backbone by its title, built where it is not; raises KeyError, FewshotError."""
    return load_backbone(measurable()[title])


def key_of(backbone: Backbone) -> tuple[str, str | None]:
    """Return what a model of strangers is found by: the backbone's name and its layer, or None."""
    return backbone.spec.name, backbone.blueprint.layer if backbone.blueprint else None


def offer_backbones(parser: argparse.ArgumentParser) -> None:
    """Offer --backbones, the titles to measure (palette and mobilenetv2), and --vectors."""
    parser.add_argument("--backbones", nargs="+", choices=list(measurable()), default=USUAL)
    offer_vectors(parser)
