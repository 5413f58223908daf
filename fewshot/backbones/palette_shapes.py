"""The planes of a picture of 96 x 96 come in; its tones, layout and edges go out, mirror-blind."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

SIDE = 96
_TINY = np.float32(1e-9)  # against division by zero

_TONE_LEVELS = 8
_TONE_TILES = 16  # a side; counted first, then gathered to soft cells
_TONE_CELLS = 3  # a side
_TONE_SPREAD = 0.14  # of the Gaussian window of a cell, as a part of the side

_FREQUENCIES = 8
_PLANE_FLOOR = np.float32(1e-2)  # keeps the noise of a nearly flat plane small

_CELLS = 6  # a side
_EDGE_TILES = 24  # a side; as for tones
_DIRECTIONS = 8  # a power of two, so that they wrap around by `& _LAST`
_LAST = _DIRECTIONS - 1
_EDGE_FLOOR = np.float32(1e-2)


def tones(luma: Floats) -> Floats:
    """Return how light each part is: (TONES,), signed, length 1.

    luma: (96, 96) in [0, 1]. Shares of eight lightness levels in 3 x 3 soft cells, square root,
    the mean of each cell removed.
    """
    level = np.minimum(luma * _TONE_LEVELS, _TONE_LEVELS - 0.5).astype(np.uint8)
    counts = np.bincount(_TONE_TILE_START + level.ravel(), minlength=_TONE_TILES**2 * _TONE_LEVELS)
    tiles = counts.astype(np.float32).reshape(_TONE_TILES, _TONE_TILES * _TONE_LEVELS)
    rows = (_TONE_CELL_WEIGHTS @ tiles).reshape(_TONE_CELLS, _TONE_TILES, _TONE_LEVELS)
    cells = _TONE_CELL_WEIGHTS @ rows
    cells = (cells + cells[:, ::-1])[:, : (_TONE_CELLS + 1) // 2] / 2
    return _signed(np.sqrt(cells), _TINY)


def layout(planes: Floats) -> Floats:
    """Return where light and color lie: (LAYOUT,), signed, length 1 or less where a plane is flat.

    planes: (3, 96, 96), luma and two opponent colors in about [-1, 1]. The low frequencies of their
    cosine transform, the flat one dropped, each plane of length one.
    """
    waves = (_COSINES @ planes @ _COSINES_EVEN).reshape(3, -1)[:, _KEPT]
    waves /= np.linalg.norm(waves, axis=1, keepdims=True) + _PLANE_FLOOR
    result: Floats = waves.ravel() / np.sqrt(np.float32(3))
    return result


def edges(luma: Floats) -> Floats:
    """Return which way lines run in each part: (EDGES,), signed, length 1 or less where flat.

    luma: (96, 96) in [0, 1]. Unsigned edge directions in 6 x 6 soft cells (as the histograms of
    oriented gradients: Dalal, Triggs, CVPR 2005), square root, the mean of each cell removed.
    """
    lower, strength, upper_part = _directions(*_gradients(luma))
    start = _EDGE_TILE_START
    counts = np.bincount(start + lower, strength - upper_part, _EDGE_TILES**2 * _DIRECTIONS)
    counts += np.bincount(start + (lower + 1 & _LAST), upper_part, len(counts))
    tiles = counts.astype(np.float32).reshape(_EDGE_TILES, _EDGE_TILES * _DIRECTIONS)
    rows = (_EDGE_CELL_WEIGHTS @ tiles).reshape(_CELLS, _EDGE_TILES, _DIRECTIONS)
    cells = _EDGE_CELL_WEIGHTS @ rows
    cells = (cells + cells[:, ::-1, _MIRRORED_DIRECTION])[:, : (_CELLS + 1) // 2] / 2
    return _signed(np.sqrt(cells), _EDGE_FLOOR)


def _signed(cells: Floats, floor: np.float32) -> Floats:
    """Remove the mean of each cell and bring the whole to length one, less where it is faint."""
    signed = cells - cells.mean(axis=2, keepdims=True)
    return np.asarray(signed.ravel() / (np.linalg.norm(signed) + floor), np.float32)


def _gradients(luma: Floats) -> tuple[Floats, Floats]:
    """Return central differences across and down, zero on the outline."""
    across = np.zeros_like(luma)
    down = np.zeros_like(luma)
    np.subtract(luma[:, 2:], luma[:, :-2], out=across[:, 1:-1])
    np.subtract(luma[2:], luma[:-2], out=down[1:-1])
    return across, down


def _directions(across: Floats, down: Floats) -> tuple[NDArray[np.intp], Floats, Floats]:
    """Return each pixel's lower direction, its edge's strength, and the next direction's part."""
    strength = np.sqrt(across * across + down * down).ravel()
    turn = np.arctan2(down, across).ravel() * np.float32(_DIRECTIONS / np.pi) + _DIRECTIONS
    lower = turn.astype(np.intp)
    return lower & _LAST, strength, (turn - lower).astype(np.float32) * strength


def _cosines() -> Floats:
    """Return the rows of the orthonormal cosine transform over one side."""
    place = (np.arange(SIDE) + 0.5) / SIDE
    rows = np.cos(np.pi * np.arange(_FREQUENCIES)[:, None] * place) * np.sqrt(2 / SIDE)
    rows[0] /= np.sqrt(2)
    result: Floats = rows.astype(np.float32)
    return result


def _kept_frequencies() -> NDArray[np.intp]:
    """Return the flat indices, in rows by even columns, of the low frequencies but the flat one."""
    down, across = np.meshgrid(
        np.arange(_FREQUENCIES), np.arange(0, _FREQUENCIES, 2), indexing="ij"
    )
    radius = np.hypot(down, across)
    return np.flatnonzero((radius > 0) & (radius <= _FREQUENCIES - 0.5))


def _edge_cells() -> Floats:
    """Return triangular weights of the tiles of one side in each edge cell, rows summing to one."""
    place = (np.arange(_EDGE_TILES) + 0.5) / _EDGE_TILES
    centers = (np.arange(_CELLS) + 0.5) / _CELLS
    weights = np.clip(1 - np.abs(place - centers[:, None]) * _CELLS, 0, None)
    result: Floats = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return result


def _tone_cells() -> Floats:
    """Return Gaussian weights of the tiles of one side in each tone cell, rows summing to one."""
    place = (np.arange(_TONE_TILES) + 0.5) / _TONE_TILES
    centers = (np.arange(_TONE_CELLS) + 0.5) / _TONE_CELLS
    weights = np.exp(-((place - centers[:, None]) ** 2) / (2 * _TONE_SPREAD**2))
    result: Floats = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return result


def _tile_starts(tiles: int, levels: int) -> NDArray[np.intp]:
    """Return, for each pixel, flattened, where the counts of its tile start."""
    tile = np.arange(SIDE) * tiles // SIDE
    return ((tile[:, None] * tiles + tile) * levels).ravel().astype(np.intp)


_COSINES = _cosines()
_COSINES_EVEN = np.ascontiguousarray(_COSINES[::2].T)  # the odd waves change sign in the mirror
_KEPT = _kept_frequencies()
_EDGE_CELL_WEIGHTS = _edge_cells()
_EDGE_TILE_START = _tile_starts(_EDGE_TILES, _DIRECTIONS)
_TONE_CELL_WEIGHTS = _tone_cells()
_TONE_TILE_START = _tile_starts(_TONE_TILES, _TONE_LEVELS)
_MIRRORED_DIRECTION = (-np.arange(_DIRECTIONS)) % _DIRECTIONS

TONES = _TONE_CELLS * ((_TONE_CELLS + 1) // 2) * _TONE_LEVELS
LAYOUT = 3 * len(_KEPT)
EDGES = _CELLS * ((_CELLS + 1) // 2) * _DIRECTIONS
