"""A square of pixels comes in; what `palette` says of it goes out, as a layer of a network.

The same colors, tones, layout and edges as `fewshot.backbones.palette`, computed by operations that
LiteRT has, so that they can stand inside a graph. Nothing in it is trained.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import layers, ops

from fewshot.backbones import palette, palette_colors, palette_shapes

SIDE = palette_colors.SIDE
_BATCH = "a palette layer needs a model of a known batch size"


class Palette(layers.Layer):  # type: ignore[misc]
    """Squares (n, side, side, 3) in -1 .. 1 -> (n, 502) float32 of length 1; n must be known."""

    def __init__(self, **more: Any) -> None:
        super().__init__(trainable=False, dtype="float32", **more)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of what goes out."""
        return (input_shape[0], palette.D)

    def call(self, inputs: Any) -> Any:
        """Compute the four blocks and join them."""
        n = inputs.shape[0]
        if n is None:
            raise ValueError(_BATCH)
        levels = (ops.cast(inputs, "float32") + 1.0) * 127.5
        if inputs.shape[1] != SIDE:
            levels = ops.image.resize(levels, (SIDE, SIDE), interpolation="bilinear")
        levels = ops.floor(ops.clip(levels, 0.0, 255.0) + 0.5)
        planes = ops.matmul(ops.reshape(levels, (n, -1, 3)), palette._OPPONENTS)
        luma = planes[..., 0]
        parts = [
            _colors(ops.reshape(levels, (n, -1, 3)), n),
            _tones(luma, n),
            _layout(ops.reshape(ops.transpose(planes, (0, 2, 1)), (n, 3, SIDE, SIDE)), n),
            _edges(ops.reshape(luma, (n, SIDE, SIDE)), n),
        ]
        joined = ops.concatenate(
            [part * weight for part, weight in zip(parts, palette.WEIGHTS, strict=True)], axis=1
        )
        return _unit(joined, 1e-9)


class Moved(layers.Layer):  # type: ignore[misc]
    """Vectors (n, d) less a mean, turned by a matrix where there is one, of length 1."""

    def __init__(self, mean: Any, matrix: Any = None, **more: Any) -> None:
        """Take the mean (d,) and the matrix (d, d)."""
        super().__init__(trainable=False, dtype="float32", **more)
        self._mean = np.asarray(mean, np.float32)
        self._matrix = None if matrix is None else np.asarray(matrix, np.float32)

    def call(self, inputs: Any) -> Any:
        """Move, turn, and bring to length 1."""
        moved = ops.cast(inputs, "float32") - self._mean
        return _unit(moved if self._matrix is None else ops.matmul(moved, self._matrix), 1e-6)


def _colors(levels: Any, n: int) -> Any:
    coarse = ops.cast(ops.floor(levels / 8.0), "int32")
    code = coarse[..., 0] * 1024 + coarse[..., 1] * 32 + coarse[..., 2]
    bins = ops.take(ops.convert_to_tensor(palette_colors._BIN.astype(np.int32)), code)
    frame = np.zeros(SIDE * SIDE, np.float32)
    frame[palette_colors._FRAME] = 1.0 / len(palette_colors._FRAME)
    window = palette_colors._WINDOW.astype(np.float32)
    shares, border = (_counted(bins, one, palette_colors.COLORS, n) for one in (window, frame))
    raised = ops.power(
        shares / (1.0 + palette_colors._BORDER_DISCOUNT * border) + 1e-12,
        palette_colors._SHARE_POWER,
    )
    signed = (raised - ops.mean(raised, axis=1, keepdims=True)) * palette_colors._SCALE
    return _unit(signed, 1e-9)


def _tones(luma: Any, n: int) -> Any:
    shapes = palette_shapes
    levels, tiles = shapes._TONE_LEVELS, shapes._TONE_TILES
    level = ops.cast(ops.minimum(luma * levels, levels - 0.5), "int32")
    starts = ops.convert_to_tensor(shapes._TONE_TILE_START.astype(np.int32))
    counts = _counted(level + starts, np.ones(SIDE * SIDE, np.float32), tiles * tiles * levels, n)
    cells = _cells(counts, shapes._TONE_CELL_WEIGHTS, tiles, levels, n)
    even = (cells + ops.flip(cells, axis=2))[:, :, : (shapes._TONE_CELLS + 1) // 2] / 2.0
    return _signed(ops.sqrt(even), n, 1e-9)


def _layout(planes: Any, n: int) -> Any:
    shapes = palette_shapes
    waves = ops.matmul(ops.matmul(shapes._COSINES, planes), shapes._COSINES_EVEN)
    kept = ops.take(ops.reshape(waves, (n, 3, -1)), shapes._KEPT.astype(np.int32), axis=2)
    length = ops.sqrt(ops.sum(kept * kept, axis=2, keepdims=True) + 1e-12)
    return ops.reshape(kept / (length + float(shapes._PLANE_FLOOR)), (n, -1)) / np.sqrt(3.0)


def _edges(luma: Any, n: int) -> Any:
    shapes = palette_shapes
    inside = luma[:, :, 2:] - luma[:, :, :-2], luma[:, 2:] - luma[:, :-2]
    across = ops.reshape(ops.pad(inside[0], ((0, 0), (0, 0), (1, 1))), (n, -1))
    down = ops.reshape(ops.pad(inside[1], ((0, 0), (1, 1), (0, 0))), (n, -1))
    strength = ops.sqrt(across * across + down * down)
    directions, tiles = shapes._DIRECTIONS, shapes._EDGE_TILES
    turn = ops.arctan2(down, across) * (directions / np.pi) + directions
    lower = ops.floor(turn)
    upper = (turn - lower) * strength
    first = lower - directions * ops.floor(lower / directions)
    second = lower + 1 - directions * ops.floor((lower + 1) / directions)
    starts = ops.convert_to_tensor(shapes._EDGE_TILE_START.astype(np.int32))
    size = tiles * tiles * directions
    counts = _counted(ops.cast(first, "int32") + starts, strength - upper, size, n)
    counts = counts + _counted(ops.cast(second, "int32") + starts, upper, size, n)
    cells = _cells(counts, shapes._EDGE_CELL_WEIGHTS, tiles, directions, n)
    mirrored = ops.take(ops.flip(cells, axis=2), shapes._MIRRORED_DIRECTION, axis=3)
    even = (cells + mirrored)[:, :, : (shapes._CELLS + 1) // 2] / 2.0
    return _signed(ops.sqrt(ops.maximum(even, 0.0)), n, float(shapes._EDGE_FLOOR))


def _counted(bins: Any, weights: Any, size: int, n: int) -> Any:
    """Add up weights (pixels,) or (n, pixels) by bins (n, pixels): (n, size)."""
    rows = ops.cast(ops.expand_dims(ops.arange(n) * size, 1), "int32")
    spread = ops.zeros((n, 1)) + ops.cast(weights, "float32")
    found = ops.segment_sum(
        ops.reshape(spread, (-1,)), ops.reshape(bins + rows, (-1,)), num_segments=n * size
    )
    return ops.reshape(found, (n, size))


def _cells(counts: Any, weights: Any, tiles: int, levels: int, n: int) -> Any:
    """Gather tiles (n, tiles * tiles * levels) to cells (n, cells, cells, levels)."""
    side = weights.shape[0]
    rows = ops.matmul(weights, ops.reshape(counts, (n, tiles, tiles * levels)))
    return ops.matmul(weights, ops.reshape(rows, (n, side, tiles, levels)))


def _signed(cells: Any, n: int, floor: float) -> Any:
    return _unit(ops.reshape(cells - ops.mean(cells, axis=3, keepdims=True), (n, -1)), floor)


def _unit(rows: Any, floor: float) -> Any:
    return rows / (ops.sqrt(ops.sum(rows * rows, axis=1, keepdims=True) + 1e-18) + floor)
