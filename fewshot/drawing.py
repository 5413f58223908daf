"""A picture and the matches of its parts come in; the picture with boxes and names goes out."""

from __future__ import annotations

import os
from pathlib import Path

from PIL import Image, ImageDraw

from fewshot.errors import CannotWrite
from fewshot.fonts import find_font, fitted
from fewshot.images import decode, read_picture
from fewshot.verdict import Match
from fewshot.written import written_whole

MOST_SIDE = 4096
"""Pixels a side of what is drawn; larger pictures are made smaller."""

_SMALLEST, _SHARE = 13, 28  # pixels a letter, and of the shorter side one in so many
_KNOWN, _UNKNOWN, _PAPER = (24, 128, 56), (190, 110, 0), (255, 255, 255)


class Drawing:
    """Collects the matches of one picture, and draws them on it."""

    def __init__(self, path: Path) -> None:
        """Say where it is to be written; raises CannotWrite at once where it cannot be."""
        if path.suffix.lower() not in (".png", ".jpg", ".jpeg"):
            raise CannotWrite(path, "name a .png or .jpg file", "drawing")
        if not os.path.isdir(path.absolute().parent):
            raise CannotWrite(path, "there is no such folder", "drawing")
        self.path = path
        self._matches: list[Match] = []

    def add(self, match: Match) -> None:
        """Add a match; raises CannotWrite where the picture itself would be written over."""
        asked = Path(match.query)
        if self.path.exists() and asked.exists() and asked.samefile(self.path):
            raise CannotWrite(self.path, "it is the picture asked about", "drawing")
        self._matches.append(match)

    def draw(self) -> Image.Image:
        """Draw each box with its name and similarity, the largest first; raises UnreadableImage."""
        decoded = decode(read_picture(self._matches[0].query))
        image = Image.fromarray(decoded.pixels).copy()
        image.thumbnail((MOST_SIDE, MOST_SIDE))
        across, down = image.width / decoded.width, image.height / decoded.height
        many = len(self._matches) > 1
        for match in sorted(self._matches, key=lambda one: one.known):  # names lie on top
            _draw_match(image, match, across, down, short=many)
        return image

    def save(self) -> bool:
        """Write it, whole or not at all; False where there is nothing to draw on."""
        if not self._matches:
            return False
        with written_whole(self.path, "drawing") as file:
            self.draw().save(file, "PNG" if self.path.suffix.lower() == ".png" else "JPEG")
        return True


def _draw_match(
    image: Image.Image, match: Match, across: float, down: float, *, short: bool
) -> None:
    """Draw one box and what it is; of somebody unknown among others only the similarity."""
    color = _KNOWN if match.known else _UNKNOWN
    box = match.box.scaled(across, down)
    size = max(_SMALLEST, min(*image.size, 4 * box.width) // _SHARE)
    line = max(2, size // 8)
    right, lower = box.x + box.width - 1, box.y + box.height - 1
    pen = ImageDraw.Draw(image)
    pen.rectangle((box.x, box.y, right, lower), outline=color, width=line)
    similarity = f" {match.similarity:.2f}" if match.guess else ""
    if match.name:
        said = f"{match.name}{similarity}"
    elif short:
        said = f"?{similarity}"
    else:
        said = f"unknown ({match.guess}{similarity})" if match.guess else "unknown"
    font = find_font(said, size).font
    said = fitted(said, font, image.width - size)
    width, height = font.getlength(said) + size // 2, round(1.4 * size)
    left = min(max(0, box.x), max(0, image.width - width))
    upper = box.y - height if box.y >= height else min(lower + 1, image.height - height)
    if box.y < height and lower + 1 + height > image.height:
        upper = box.y  # no room outside: inside, at the top
    pen.rectangle((left, upper, left + width, upper + height), fill=color)
    pen.text((left + size // 4, upper + height / 2), said, fill=_PAPER, font=font, anchor="lm")
