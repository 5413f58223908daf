"""Two views come in; where one lies best in the other, at every size it may have, goes out.

Normalized cross-correlation by FFT, over brightness and color.
Source: Lewis, Fast Template Matching, Vision Interface 1995.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fewshot.small_views import FLAT, Planes, Rectangle, View, planes_of

SMALLEST = 0.4
"""The share of the larger view that the smaller one covers at least."""

STEP = 1.045
"""From one size to the next."""

_FAST = (8, 12, 16, 18, 20, 24, 27, 30, 32, 36, 40, 45, 48, 54, 60, 64, 72, 80, 96, 108, 128)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a view may lie in another one."""

    correlation: float  # in [-1, 1]
    inner: View
    outer: View
    mirrored: bool  # whether it is there when the outer one is mirrored
    edges: Rectangle  # in shares of the outer one


def places_of(inner: View, outer: View) -> list[Place]:
    """Return the best place of each size that the inner view may have, mirrored and not."""
    _, high, wide = outer.coarse.shape
    sizes = _sizes(inner.image.width / inner.image.height, wide, high)
    if not sizes:
        return []
    shape = (_fast(high), _fast(wide))
    parts = np.zeros((len(sizes), 3, *shape), np.float32)
    lengths = np.empty(len(sizes), np.float32)
    for number, (w, h) in enumerate(sizes):
        part = planes_of(inner.half, w, h)
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
            edges = (x / wide, y / high, (x + w) / wide, (y + h) / high)
            found.append(Place(float(likely[y, x]), inner, outer, mirrored, edges))
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


def _integral(planes: NDArray[np.float32]) -> NDArray[np.float64]:
    summed = planes.astype(np.float64).cumsum(axis=-1).cumsum(axis=-2)
    edges = [(0, 0)] * (planes.ndim - 2) + [(1, 0), (1, 0)]
    return np.pad(summed, edges)


def _windows(sums: NDArray[np.float64], width: int, height: int) -> NDArray[np.float64]:
    across = sums[..., width:] - sums[..., :-width]
    windows: NDArray[np.float64] = across[..., height:, :] - across[..., :-height, :]
    return windows
