"""A folder SET/CLASS/*.jpg comes in; the decoded pictures of a set with their classes go out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewshot.folders import find_pictures
from fewshot.images import decode, read_picture
from fewshot.pipeline import ordered_map

Embed = Callable[[Any], NDArray[np.float32]]
"""Pixels (height, width, 3) uint8, or what was prepared of them, to a vector (d,)."""


@dataclass(frozen=True, slots=True)
class PictureSet:
    """The pictures of a set that stand in classes of a wanted size."""

    name: str
    files: list[Path]
    labels: NDArray[np.int64]  # (n,), the number of each picture's class
    classes: list[str]


def read_set(
    folder: Path,
    *,
    at_least: int,
    most_classes: int | None = None,
    most_pictures: int | None = None,
    seed: int = 0,
) -> PictureSet:
    """List a set; classes with fewer than `at_least` pictures are left out.

    most_classes, most_pictures: take a random part (fixed by the seed) of larger sets.
    """
    rng = np.random.default_rng(seed)
    found = {sub.name: list(find_pictures(sub)) for sub in sorted(folder.iterdir()) if sub.is_dir()}
    names = [name for name, files in found.items() if len(files) >= at_least]
    if most_classes and len(names) > most_classes:
        names = sorted(rng.choice(names, most_classes, replace=False).tolist())
    files: list[Path] = []
    labels: list[int] = []
    for number, name in enumerate(names):
        own = found[name]
        if most_pictures and len(own) > most_pictures:
            own = [own[i] for i in sorted(rng.choice(len(own), most_pictures, replace=False))]
        files += own
        labels += [number] * len(own)
    return PictureSet(folder.name, files, np.array(labels, np.int64), names)


def embed_set(
    pictures: PictureSet,
    embeds: dict[str, Embed],
    *,
    at_least: int = 192,
    gray: bool = False,
    prepare: Callable[[NDArray[np.uint8]], Any] = lambda pixels: pixels,
) -> dict[str, NDArray[np.float32]]:
    """Decode each picture once, by the product's own path, and embed it by each embedding.

    Returns (n, d) float32 for each. gray: the picture is made gray first. prepare: done once a
    picture, what it returns goes to each embedding.
    """

    def all_of(path: Path) -> dict[str, NDArray[np.float32]]:
        pixels = decode(read_picture(path), at_least).pixels
        if gray:
            pixels = _grayed(pixels)
        prepared = prepare(pixels)
        return {name: embed(prepared) for name, embed in embeds.items()}

    rows = list(ordered_map(all_of, pictures.files))
    return {name: np.stack([row[name] for row in rows]) for name in embeds}


def _grayed(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    luminance = pixels @ np.array([0.299, 0.587, 0.114])
    return np.repeat(np.rint(luminance).astype(np.uint8)[:, :, None], 3, axis=2)
