"""A picture comes in; a busy scene in which it stands, small, goes out."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from fewshot.crops import Pixels

SCENE = (720, 540)
SHAPES = 60


def cluttered(
    face: Pixels, rng: np.random.Generator, *, size: tuple[int, int] = SCENE, part: int = 4
) -> Image.Image:
    """Return a scene of drawn shapes in which the picture stands, a `part`-th as wide."""
    scene = Image.new("RGB", size, _color(rng))
    pen = ImageDraw.Draw(scene)
    for _ in range(SHAPES):
        x, y = (int(rng.integers(-60, side)) for side in size)
        box = (x, y, x + int(rng.integers(20, 220)), y + int(rng.integers(20, 220)))
        draw = (pen.rectangle, pen.ellipse)[int(rng.integers(2))]
        draw(box, fill=_color(rng), outline=_color(rng), width=3)
    return pasted(face, scene, rng, part)


def pasted(face: Pixels, scene: Image.Image, rng: np.random.Generator, part: int) -> Image.Image:
    """Put a picture into a scene, a `part`-th as wide (and as high at most), at any place."""
    small = Image.fromarray(face)
    wide = scene.width // part
    small = small.resize((wide, max(1, round(wide * small.height / small.width))))
    if small.height > scene.height:
        small = small.resize((wide * scene.height // small.height, scene.height))
    left, top = (
        int(rng.integers(max(1, side - own)))
        for side, own in zip(scene.size, small.size, strict=True)
    )
    scene.paste(small, (left, top))
    return scene


def _color(rng: np.random.Generator) -> tuple[int, int, int]:
    red, green, blue = (int(value) for value in rng.integers(0, 256, 3))
    return red, green, blue
