"""Pictures come in; 64-bit perceptual hashes go out, and the pairs of hashes that lie near.

The low frequencies of the brightness, each by its sign against their median.
Source: Zauner, Implementation and Benchmarking of Perceptual Image Hash Functions, 2010 (pHash).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fewshot.decoding import Pixels
from fewshot.small_views import prepare

BITS = 64

SIDE, LOW = 32, 8
"""Pixels a side that are transformed, and frequencies an axis that are kept, without the first."""

STILL = 2.0
"""Levels by which a frequency must exceed the median.

A symmetric picture has none of every other frequency; their signs would be the noise of its JPEG.
"""

_AT_ONCE = 256

Hashes = NDArray[np.uint64]
"""(n, 2): each picture's hash, and that of its mirror image."""


def perceptual_hash(picture: bytes | Pixels | Image.Image) -> Hashes:
    """Return the hashes (2,) of a picture and of its mirror image.

    picture: a thumbnail (JPEG, at most 256 pixels a side), pixels (height, width, 3), or an image.
    A picture of one color has the hash 0, as has every other. Raises ValueError where bytes are no
    thumbnail.
    """
    if isinstance(picture, bytes):
        picture = prepare(picture).image
    elif isinstance(picture, np.ndarray):
        picture = Image.fromarray(picture)
    small = picture.convert("L").resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    low = _COSINES @ np.asarray(small, np.float64) @ _COSINES.T
    return np.array([_packed(low), _packed(low * _MIRROR)], np.uint64)


def distance(one: Hashes, other: Hashes) -> int:
    """Return how many bits differ between two pictures' hashes (2,), mirrored or not."""
    return BITS - int(_agreement(_signs(one[np.newaxis]), _signs(other[np.newaxis]))[0, 0])


def near_pairs(hashes: Hashes, bound: int) -> Iterator[NDArray[np.int32]]:
    """Yield blocks (p, 3) of the pairs at most `bound` bits apart: one, other, bits; one < other.

    hashes: (n, 2). Of n x n distances, 256 x n are in memory at once. Bits are the fewest that
    differ when neither picture is mirrored or either is.
    """
    for start in range(0, len(hashes), _AT_ONCE):
        some, later = _signs(hashes[start : start + _AT_ONCE]), _signs(hashes[start:])
        apart = BITS - _agreement(some, later)
        rows, columns = np.nonzero(apart <= bound)
        above = rows < columns
        rows, columns = rows[above], columns[above]
        if len(rows):
            pairs = (rows + start, columns + start, apart[rows, columns])
            yield np.stack(pairs, axis=1).astype(np.int32)


def _cosines() -> NDArray[np.float64]:
    """Return the rows 1 to LOW of the orthonormal DCT-II: (LOW, SIDE)."""
    frequencies = np.arange(1, LOW + 1)[:, np.newaxis]
    angles = np.pi * frequencies * (2 * np.arange(SIDE) + 1) / (2 * SIDE)
    waves: NDArray[np.float64] = np.sqrt(2 / SIDE) * np.cos(angles)
    return waves


_COSINES = _cosines()
_MIRROR = np.where(np.arange(1, LOW + 1) % 2, -1.0, 1.0)
"""By what a mirrored picture's frequencies across differ: odd waves change their sign."""


def _packed(low: NDArray[np.float64]) -> int:
    """Pack 64 signs, row by row, the first the highest bit."""
    bits = low.ravel() > np.median(low) + STILL
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


def _signs(hashes: Hashes) -> NDArray[np.float32]:
    """Unpack (n, 2) hashes to (2, n, 64) of -1 and 1, whose products count bits that agree."""
    eights = np.ascontiguousarray(hashes.T.astype(">u8")).view(np.uint8)
    bits = np.unpackbits(eights.reshape(2, len(hashes), 8), axis=2)
    return bits.astype(np.float32) * 2 - 1


def _agreement(some: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how many bits agree at best, (m, n), for the signs of m and of n pictures."""
    best = some[0] @ others[0].T
    np.maximum(best, some[0] @ others[1].T, out=best)
    np.maximum(best, some[1] @ others[0].T, out=best)
    agreeing: NDArray[np.float32] = (best + BITS) / 2
    return agreeing
