"""Pixels come in; the same without color, or with other colors, go out."""

from __future__ import annotations

import numpy as np
from PIL import Image

from fewshot.decoding import Pixels

VIEWS = ("color", "gray", "hue")
"""As it is; luminance alone; every hue turned to its opposite."""


def seen_as(view: str, pixels: Pixels) -> Pixels:
    """Return a picture (height, width, 3) uint8 as one of VIEWS."""
    if view == "color":
        return pixels
    image = Image.fromarray(pixels)
    if view == "gray":
        return np.asarray(image.convert("L").convert("RGB"))
    if view == "hue":
        hue, saturation, value = image.convert("HSV").split()
        turned = hue.point(lambda level: (level + 128) % 256)
        return np.asarray(Image.merge("HSV", (turned, saturation, value)).convert("RGB"))
    raise ValueError(f"{view}: there is {', '.join(VIEWS)}")
