"""A number comes in; as many drawn pictures go out, for asking two graphs the same."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

COUNT = 8
_SIDE = 160


def drawn(count: int = COUNT) -> Iterator[NDArray[np.uint8]]:
    """Yield pictures (160, 160, 3) uint8: noise with a photograph's spectrum, and flat shapes.

    The same ones every time, on every machine.
    """
    rng = np.random.default_rng(0)
    frequency = np.hypot(np.fft.fftfreq(_SIDE)[:, None], np.fft.rfftfreq(_SIDE)[None])
    frequency[0, 0] = 1
    rows, columns = np.mgrid[0:_SIDE, 0:_SIDE]
    for _ in range(count):
        noise = rng.standard_normal((3, *frequency.shape, 2)) @ np.array([1, 1j])
        planes = np.fft.irfft2(noise / frequency**1.2, (_SIDE, _SIDE))
        planes = (planes - planes.mean((1, 2), keepdims=True)) / planes.std((1, 2), keepdims=True)
        picture = 128 + 50 * planes.transpose(1, 2, 0)
        for _ in range(3):
            x, y, radius = rng.uniform(20, _SIDE - 20, 3)
            inside = (columns - x) ** 2 + (rows - y) ** 2 < (radius / 3) ** 2
            picture[inside] = rng.uniform(0, 255, 3)
        yield np.clip(picture, 0, 255).astype(np.uint8)
