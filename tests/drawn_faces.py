"""Faces drawn so that OpenCV's own cascade finds them, pictures of several, and a tiny cascade."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from fewshot.crops import Pixels

BACKGROUND = 30

_CASCADE = """<?xml version="1.0"?>
<opencv_storage><cascade type_id="opencv-cascade-classifier">
<stageType>BOOST</stageType><featureType>HAAR</featureType><height>20</height><width>20</width>
<stageParams><maxWeakCount>1</maxWeakCount></stageParams>
<featureParams><maxCatCount>0</maxCatCount></featureParams><stageNum>1</stageNum>
<stages><_><maxWeakCount>1</maxWeakCount><stageThreshold>0.5</stageThreshold><weakClassifiers>
<_><internalNodes>0 -1 0 1.4</internalNodes><leafValues>0. 1.</leafValues></_>
</weakClassifiers></_></stages>
<features><_><rects><_>0 0 20 20 -1.</_><_>5 5 10 10 4.</_></rects><tilted>0</tilted></_></features>
</cascade></opencv_storage>
"""


def drawn_face(side: int, color: tuple[int, int, int] = (255, 255, 255)) -> Image.Image:
    """Draw a face seen from the front, in shades of one color; its middle is the picture's."""
    image = Image.new("L", (200, 200), BACKGROUND)
    pen = ImageDraw.Draw(image)
    for box, shade in (
        ((45, 20, 155, 185), 90),  # hair
        ((55, 40, 145, 180), 190),
        ((68, 78, 95, 92), 60),  # eyes
        ((105, 78, 132, 92), 60),
        ((80, 138, 120, 152), 90),  # mouth
    ):
        pen.ellipse(box, fill=shade)
    pen.rectangle((66, 68, 96, 73), fill=70)
    pen.rectangle((104, 68, 134, 73), fill=70)
    pen.polygon([(100, 85), (90, 122), (110, 122)], fill=215)
    pen.rectangle((90, 122, 110, 126), fill=120)
    small = image.filter(ImageFilter.GaussianBlur(3)).resize((side, side))
    shades = np.asarray(small, np.float32)[:, :, np.newaxis] / 255.0
    return Image.fromarray((shades * np.array(color, np.float32)).astype(np.uint8))


def scene(
    size: tuple[int, int],
    faces: Sequence[tuple[int, int, int]],
    color: tuple[int, int, int] = (255, 255, 255),
) -> Image.Image:
    """Draw faces (left, upper, side) on a dark ground."""
    ground = tuple(round(BACKGROUND * one / 255) for one in color)
    image = Image.new("RGB", size, ground)
    for left, upper, side in faces:
        image.paste(drawn_face(side, color), (left, upper))
    return image


def pixels_of(image: Image.Image) -> Pixels:
    """Return an image's pixels (height, width, 3)."""
    return np.asarray(image.convert("RGB"))


def write_cascade(path: Path) -> Path:
    """Write a cascade that finds bright squares on a dark ground, twice as wide as they are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_CASCADE, encoding="ascii")
    return path


def bright_square(size: tuple[int, int], box: tuple[int, int, int, int]) -> Image.Image:
    """Draw what that cascade finds: (left, upper, right, lower)."""
    image = Image.new("RGB", size, (20, 20, 20))
    ImageDraw.Draw(image).rectangle((box[0], box[1], box[2] - 1, box[3] - 1), fill=(240, 240, 240))
    return image
