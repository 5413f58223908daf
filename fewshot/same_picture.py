"""Two small JPEGs come in; whether one is the other goes out, re-encoded, mirrored or cropped.

Normalized cross-correlation of the smaller view slid over the larger one, at every size it may
have, first on about a thousand pixels (by FFT), then at the best places on more of them.
Source: Lewis, Fast Template Matching, Vision Interface 1995.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Planes = NDArray[np.float32]
"""(3, height, width): brightness and two of color, 0 to 255."""

MOST_SIDE = 256
"""Pixels a side that no thumbnail has: ours have 128."""

COARSE, FINE = 28, 56
"""Pixels a side, of a square of the same area, on the first look and at most on the second."""

SHARP = 0.75
"""How far the second look stays below the size of the smaller of both."""

LEAST = 16
"""Pixels a side, likewise, that the second look has at least, also at the smallest pictures."""

SMALLEST = 0.4
"""The share of the larger view that the smaller one covers at least."""

STEP = 1.045
"""From one size to the next."""

PLACES = 3
"""How many of the best places are looked at again."""

FLAT = 2.0
"""The standard deviation, in levels of 255, up to which a picture is of one color."""

FLAT_APART = 6.0
"""Levels by which two pictures of one color may differ."""

PROMISING, SAME, SAME_DETAIL = 0.8, 0.94, 0.8
"""The correlations that the first look, the second, and the edges in it need."""


@dataclass(frozen=True, slots=True)
class View:
    """A picture made ready to be compared."""

    image: Image.Image  # YCbCr, as it came
    half: Image.Image  # the same with at most half as many pixels a side
    coarse: Planes  # about COARSE ** 2 pixels
    mean: NDArray[np.float32]  # (3,)
    flat: bool


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much one picture is a view of another, at the best place that was found."""

    coarse: float  # correlation in [-1, 1] on the first look
    fine: float = -1.0  # on the second
    detail: float = -1.0  # of what changes from pixel to pixel

    @property
    def same(self) -> bool:
        """Whether it is enough to call them one picture."""
        return self.fine >= SAME and self.detail >= SAME_DETAIL


def prepare(jpeg: bytes) -> View:
    """Decode a thumbnail; raises ValueError where it is no JPEG of at most 256 pixels a side."""
    try:
        with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as opened:
            if max(opened.size) > MOST_SIDE:
                raise ValueError(f"a thumbnail of {opened.width} x {opened.height} pixels")
            image = opened.convert("YCbCr")
    except Exception as error:  # a hostile file makes Pillow raise anything
        raise ValueError(f"no thumbnail: {error}") from error
    return view_of(image)


def view_of(image: Image.Image) -> View:
    """Make a picture ready, in YCbCr, of any size."""
    area = image.width * image.height
    factor = COARSE / area**0.5
    coarse = _planes(image, round(image.width * factor), round(image.height * factor))
    spread = float(coarse.std(axis=(1, 2)).max())
    half = image.reduce(2) if min(image.size) >= 2 * COARSE else image
    return View(image, half, coarse, coarse.mean(axis=(1, 2)), spread <= FLAT)


def same_picture(one: View, other: View) -> bool:
    """Tell whether one is the other or a part of it, mirrored or not, whichever is which."""
    if one.flat or other.flat:
        near = float(np.abs(one.mean - other.mean).max()) <= FLAT_APART
        return one.flat and other.flat and near
    return likeness(one, other).same


def likeness(one: View, other: View) -> Likeness:
    """Measure the best of all places, sizes and directions; neither is flat."""
    places = [
        (score, inner, outer, mirrored, box)
        for inner, outer in ((one, other), (other, one))
        for score, mirrored, box in _places(inner, outer)
    ]
    if not places:
        return Likeness(-1.0)
    places.sort(key=lambda place: -place[0])
    best = Likeness(places[0][0])
    for score, inner, outer, mirrored, box in places[:PLACES]:
        if score < PROMISING or best.same:
            break
        fine, detail = _second_look(inner, outer, box, mirrored=mirrored)
        if fine > best.fine:
            best = Likeness(places[0][0], fine, detail)
    return best


Rectangle = tuple[float, float, float, float]
"""Left, upper, right and lower edge, in shares of the larger view."""


def _places(inner: View, outer: View) -> list[tuple[float, bool, Rectangle]]:
    """Return the best place of each size that the inner view may have in the outer one.

    Each with its correlation, and whether it is there when the outer one is mirrored.
    """
    _, high, wide = outer.coarse.shape
    sizes = _sizes(inner.image.width / inner.image.height, wide, high)
    if not sizes:
        return []
    shape = (_fast(high), _fast(wide))
    parts = np.zeros((len(sizes), 3, *shape), np.float32)
    lengths = np.empty(len(sizes), np.float32)
    for number, (w, h) in enumerate(sizes):
        part = _planes(inner.half, w, h)
        part -= part.mean(axis=(1, 2), keepdims=True)
        lengths[number] = np.sqrt((part * part).sum())
        parts[number, :, :h, :w] = part
    spectra = np.conj(np.fft.rfft2(parts))
    reaches = list(_reaches(outer.coarse, sizes, lengths))
    found = []
    for mirrored in (False, True):
        turned = -1 if mirrored else 1
        whole = np.fft.rfft2(outer.coarse[:, :, ::turned], s=shape)
        scores = np.fft.irfft2((spectra * whole).sum(axis=1), s=shape)
        for (w, h), reach, score in zip(sizes, reaches, scores, strict=True):
            likely = score[: high - h + 1, : wide - w + 1] / reach[:, ::turned]
            y, x = divmod(int(likely.argmax()), likely.shape[1])
            box = (x / wide, y / high, (x + w) / wide, (y + h) / high)
            found.append((float(likely[y, x]), mirrored, box))
    return found


def _reaches(
    whole: Planes, sizes: list[tuple[int, int]], lengths: NDArray[np.float32]
) -> Iterator[NDArray[np.float64]]:
    """Yield, for parts of these sizes and lengths, what a product with each place is at most."""
    sums, squares = _integral(whole), _integral((whole * whole).sum(axis=0))
    for (w, h), length in zip(sizes, lengths.tolist(), strict=True):
        here = _windows(sums, w, h)
        energy = _windows(squares, w, h) - (here * here).sum(axis=0) / (w * h)
        yield length * np.sqrt(np.maximum(energy, FLAT * FLAT * w * h)) + 1e-6


def _sizes(aspect: float, wide: int, high: int) -> list[tuple[int, int]]:
    """Return the sizes, in pixels, that a view of this shape may have in one of so many."""
    across, smallest = min(wide, high * aspect), (SMALLEST * high * wide * aspect) ** 0.5
    sizes = []
    while across >= smallest:
        size = (min(wide, max(1, round(across))), min(high, max(1, round(across / aspect))))
        if size not in sizes:
            sizes.append(size)
        across /= STEP
    return sizes


def _fast(length: int) -> int:
    """Return the next length of which a Fourier transform is fast."""
    return next((fast for fast in _FAST if fast >= length), length)


def _second_look(
    inner: View, outer: View, box: Rectangle, *, mirrored: bool
) -> tuple[float, float]:
    """Move the four edges until the correlation is best; return it, and that of the detail."""
    flipped = Image.Transpose.FLIP_LEFT_RIGHT
    image = outer.image.transpose(flipped) if mirrored else outer.image
    wide, high = image.size
    size = _fine_size(inner.image.size, (box[2] - box[0]) * wide * (box[3] - box[1]) * high)
    wanted = _centered(_planes(inner.image, *size))

    def seen(edges: Rectangle) -> Planes:
        left, upper, right, lower = edges
        pixels = (left * wide, upper * high, right * wide, lower * high)
        return _centered(_planes(image, *size, box=pixels))

    best, edges = _correlation(wanted, seen(box)), box
    for step in (0.5 / COARSE, 0.2 / COARSE):
        for moves in _MOVES:
            for sign in (step, -step):
                while (tried := _moved(edges, moves, sign)) != edges:
                    now = _correlation(wanted, seen(tried))
                    if now <= best:
                        break
                    edges, best = tried, now
        if best < SAME - 0.05:
            return best, -1.0
    return best, _correlation(_detail(wanted), _detail(seen(edges)))


def _fine_size(size: tuple[int, int], covered: float) -> tuple[int, int]:
    """Return in what size to look again: smaller than both are, for edges that neither lost.

    size: the inner view's; covered: how many pixels of the outer one it lies on.
    """
    side = (size[0] * size[1]) ** 0.5
    factor = min(FINE, max(LEAST, SHARP * min(side, covered**0.5))) / side
    return max(1, round(size[0] * factor)), max(1, round(size[1] * factor))


def _moved(edges: Rectangle, moves: Rectangle, step: float) -> Rectangle:
    """Move edges within the picture; a view that would be too narrow stays as it is."""
    left, upper, right, lower = (
        min(1.0, max(0.0, edge + step * move)) for edge, move in zip(edges, moves, strict=True)
    )
    return (left, upper, right, lower) if min(right - left, lower - upper) > 0.1 else edges


_MOVES: tuple[Rectangle, ...] = (
    (1, 0, 1, 0),
    (0, 1, 0, 1),
    (1, 1, -1, -1),
    *((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1)),
)  # to the right, down, all inward, then each edge by itself

_FAST = (8, 12, 16, 18, 20, 24, 27, 30, 32, 36, 40, 45, 48, 54, 60, 64, 72, 80, 96, 108, 128)


def _planes(image: Image.Image, width: int, height: int, box: Rectangle | None = None) -> Planes:
    small = image.resize((max(1, width), max(1, height)), Image.Resampling.BILINEAR, box=box)
    return np.asarray(small, np.float32).transpose(2, 0, 1).copy()


def _centered(planes: Planes) -> Planes:
    centered: Planes = planes - planes.mean(axis=(1, 2), keepdims=True)
    return centered


def _correlation(one: Planes, other: Planes) -> float:
    """Return the cosine of two pictures, each less its mean color."""
    lengths = float(np.vdot(one, one)) * float(np.vdot(other, other))
    return float(np.vdot(one, other)) / (math.sqrt(lengths) + 1e-6)


def _detail(planes: Planes) -> Planes:
    """Take away what is alike for several pixels around."""
    smooth = planes
    for axis in (1, 2):
        for _ in range(2):
            smooth = (np.roll(smooth, 1, axis) + smooth + np.roll(smooth, -1, axis)) / np.float32(3)
    return (planes - smooth)[:, 2:-2, 2:-2]


def _integral(planes: NDArray[np.float32]) -> NDArray[np.float64]:
    summed = planes.astype(np.float64).cumsum(axis=-1).cumsum(axis=-2)
    edges = [(0, 0)] * (planes.ndim - 2) + [(1, 0), (1, 0)]
    return np.pad(summed, edges)


def _windows(sums: NDArray[np.float64], width: int, height: int) -> NDArray[np.float64]:
    across = sums[..., width:] - sums[..., :-width]
    windows: NDArray[np.float64] = across[..., height:, :] - across[..., :-height, :]
    return windows
