"""A set's vectors and pictures come in; what is found of strays, blur and cut names goes out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from fewshot.diagnosis import MISLABELED, OUTLIER, SAME_IDENTITY, signs
from fewshot.images import decode, read_picture, thumbnail
from fewshot.sharpness import blurred, sharpness

EACH = 10
BLUR = 0.02  # of the shorter side, the deviation of the Gauss curve

Vectors = NDArray[np.float32]
Labels = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Pictures:
    """A set, embedded and measured, a row a picture."""

    vectors: Vectors
    labels: Labels
    sharp: NDArray[np.float64]
    sharp_blurred: NDArray[np.float64]  # after it was blurred
    shorter: NDArray[np.float64]  # pixels


def drawn(labels: Labels, rng: np.random.Generator) -> tuple[Labels, Labels]:
    """Return the rows enrolled, up to ten a name, and the rows left to ask about."""
    every = [rng.permutation(np.flatnonzero(labels == one)) for one in np.unique(labels)]
    enrolled = np.sort(np.concatenate([rows[:EACH] for rows in every]))
    return enrolled, np.setdiff1d(np.arange(len(labels)), enrolled)


def planted(
    one: Pictures, other: Pictures, same: float, rng: np.random.Generator
) -> dict[str, float]:
    """Plant 5 % blurred, then 5 % of another set, then cut a tenth of the names in two."""
    rows, _ = drawn(one.labels, rng)
    labels = one.labels[rows]
    some = rng.permutation(len(rows))[: max(1, len(rows) // 20)]
    sharp = one.sharp[rows]
    sharp[some] = one.sharp_blurred[rows[some]]
    vectors = one.vectors[rows]
    vectors[some] = other.vectors[rng.permutation(len(other.vectors))[: len(some)]]
    found = signs(vectors, labels, same_picture=2.0).found
    out = [sign.rows[0] for sign in found if sign.kind == OUTLIER]
    either = [sign.rows[0] for sign in found if sign.kind in (OUTLIER, MISLABELED)]
    names = int(labels.max()) + 1
    cut = rng.permutation(names)[: max(1, names // 10)]
    halves = labels.copy()
    for number, name in enumerate(cut):
        own = rng.permutation(np.flatnonzero(labels == name))
        halves[own[: len(own) // 2]] = names + number
    twins = {
        sign.names
        for sign in signs(one.vectors[rows], halves, same_picture=2.0).found
        if sign.kind == SAME_IDENTITY
    }
    true = {(int(name), names + number) for number, name in enumerate(cut)}
    return {
        "blurred found": float(blurred(sharp)[some].mean()),
        "stray: outlier": float(np.isin(some, out).mean()),
        "stray: outlier or mislabeled": float(np.isin(some, either).mean()),
        "cut names found": len(twins & true) / len(true),
        "other pairs": float(len(twins - true)),
    }


def measured_picture(path: Path) -> tuple[float, float, float]:
    """Return how sharp a picture's thumbnail is, how sharp after blurring, its shorter side."""
    pixels = decode(read_picture(path), 192).pixels
    image = Image.fromarray(pixels)
    soft = np.asarray(image.filter(ImageFilter.GaussianBlur(BLUR * min(image.size))))
    with Image.open(path) as whole:
        shorter = float(min(whole.size))
    return sharpness(thumbnail(pixels)), sharpness(thumbnail(soft)), shorter
