"""A folder SET/CLASS/*.jpg comes in; pictures in memory, each with its set and class, go out."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fewshot.images import decode, read_picture

Pixels = NDArray[np.uint8]

SIDE = 256
"""Pixels that a picture's longest side is held to in memory."""
KINDS = {".jpg", ".jpeg", ".png", ".webp"}
SAME_PEOPLE = {"ourcar_photo": "ourcar", "ourcar_caric": "ourcar"}
"""Sets whose classes are the same people: a photograph and a caricature share a class."""


@dataclass(frozen=True, slots=True)
class Pictures:
    """n pictures; the columns are parallel."""

    files: list[Path]
    sets: list[str]  # the folder's name
    classes: list[str]  # "set/class", "ourcar/NAME" for both of its sets
    pixels: list[Pixels]  # (height, width, 3) uint8 RGB, the longest side at most SIDE

    def __len__(self) -> int:
        return len(self.files)

    def of(self, keep: Iterable[int]) -> Pictures:
        """Return some of them, by number."""
        rows = list(keep)
        return Pictures(
            [self.files[row] for row in rows],
            [self.sets[row] for row in rows],
            [self.classes[row] for row in rows],
            [self.pixels[row] for row in rows],
        )

    def labels(self) -> NDArray[np.int64]:
        """Return each picture's class as a number, 0 and up, by the order of their names."""
        numbers = {name: n for n, name in enumerate(sorted(set(self.classes)))}
        return np.array([numbers[name] for name in self.classes], np.int64)


def list_pictures(root: Path, without: Collection[str] = ()) -> list[Path]:
    """List root/SET/CLASS/picture, sorted, but for some sets; raises FileNotFoundError for none."""
    files = sorted(
        one
        for one in root.glob("*/*/*")
        if one.suffix.lower() in KINDS and one.parts[-3] not in without
    )
    if not files:
        raise FileNotFoundError(f"{root}: no picture SET/CLASS/*.jpg is there")
    return files


def digest_of(files: Iterable[Path]) -> str:
    """Return one digest of all pictures, whatever their order, hex."""
    each = sorted(sha256(one.read_bytes()).hexdigest() for one in files)
    return sha256("\n".join(each).encode()).hexdigest()


def class_of(file: Path) -> str:
    """Return the class of root/SET/CLASS/picture: people of two sets are one class."""
    name, label = file.parts[-3], file.parts[-2]
    return f"{SAME_PEOPLE.get(name, name)}/{label}"


def read(files: list[Path]) -> Pictures:
    """Decode pictures by the product's own path; raises UnreadableImage."""
    with ThreadPoolExecutor() as pool:
        pixels = list(pool.map(_pixels, files))
    return Pictures(
        files, [one.parts[-3] for one in files], [class_of(one) for one in files], pixels
    )


def _pixels(file: Path) -> Pixels:
    from PIL import Image

    pixels = decode(read_picture(file), at_least=SIDE).pixels
    longest = max(pixels.shape[:2])
    if longest <= SIDE:
        return pixels
    height, width = (max(1, round(side * SIDE / longest)) for side in pixels.shape[:2])
    small = Image.fromarray(pixels).resize((width, height), Image.Resampling.BOX)
    return np.asarray(small, np.uint8)
