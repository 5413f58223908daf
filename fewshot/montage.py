"""Matches, or rows of tiles, come in; a picture goes out: each beside its best references."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageOps

from fewshot.errors import CannotWrite
from fewshot.fonts import find_font, fitted
from fewshot.verdict import Match
from fewshot.written import written_whole

MAX_ROWS = 200

_TILE, _GAP, _TEXT = 144, 16, 58
_BEST = 5
_INK, _PAPER, _PALE = (32, 33, 36), (255, 255, 255), (120, 124, 130)
_KNOWN, _UNKNOWN = (24, 128, 56), (190, 110, 0)


@dataclass(frozen=True, slots=True)
class Tile:
    """A thumbnail and the lines below it."""

    jpeg: bytes
    color: tuple[int, int, int]
    lines: tuple[str, ...]  # the first one large and in the color


class Montage:
    """Collects matches and draws them on one sheet, at most 200 of them."""

    def __init__(self, path: Path) -> None:
        """Say where the sheet is to be written; raises CannotWrite at once where it cannot be."""
        if path.suffix.lower() not in (".png", ".jpg", ".jpeg"):
            raise CannotWrite(path, "name a .png or .jpg file")
        if not os.path.isdir(path.absolute().parent):
            raise CannotWrite(path, "there is no such folder")
        self.path = path
        self.left_out = 0
        self.unwritable: set[str] = set()  # texts that no font here can draw
        self._rows: list[list[Tile]] = []

    def add(self, match: Match, thumbnail: Callable[[int], bytes | None]) -> None:
        """Add a match that carries its own thumbnail; `thumbnail` gives those of references.

        Raises CannotWrite where the sheet would be written over the picture asked about.
        """
        asked = Path(match.query)
        if self.path.exists() and asked.exists() and asked.samefile(self.path):
            raise CannotWrite(self.path, "it is one of the pictures asked about")
        if len(self._rows) == MAX_ROWS:
            self.left_out += 1
            return
        said = f"{match.guess or 'corrected'} {match.similarity:.2f}"
        needed = f"{match.threshold:.2f} needed"
        lines = (said, needed) if match.known else ("unknown", f"{said}, {needed}")
        color = _KNOWN if match.known else _UNKNOWN
        answer = Tile(match.thumbnail, color, (*lines, _file(match.query)))
        references = [
            Tile(
                thumbnail(neighbor.reference) or b"",
                _KNOWN if neighbor.name == match.name else _PALE,
                (neighbor.name, f"{neighbor.similarity:.2f}"),
            )
            for neighbor in match.neighbors[:_BEST]
        ]
        self._rows.append([answer, *references])

    def add_row(self, tiles: list[Tile]) -> None:
        """Add a row of any tiles, the first one framed."""
        if len(self._rows) == MAX_ROWS:
            self.left_out += 1
        else:
            self._rows.append(tiles)

    def draw(self) -> Image.Image:
        """Draw the sheet: a row a query, the query first and framed."""
        columns = max((len(row) for row in self._rows), default=1)
        width = columns * (_TILE + _GAP) + 2 * _GAP
        height = len(self._rows) * (_TILE + _TEXT + _GAP) + _GAP
        sheet = Image.new("RGB", (width, height), _PAPER)
        for line, row in enumerate(self._rows):
            for column, tile in enumerate(row):
                x = _GAP + column * (_TILE + _GAP) + (_GAP if column else 0)
                self.unwritable |= {text for text in tile.lines if not find_font(text, 12).complete}
                _draw_tile(sheet, tile, x, _GAP + line * (_TILE + _TEXT + _GAP), framed=not column)
        return sheet

    def save(self) -> bool:
        """Write the sheet, whole or not at all; False where there is nothing on it.

        Raises CannotWrite.
        """
        if not self._rows:
            return False
        with written_whole(self.path, "montage") as file:
            self.draw().save(file, "PNG" if self.path.suffix.lower() == ".png" else "JPEG")
        return True


def _draw_tile(sheet: Image.Image, tile: Tile, x: int, y: int, *, framed: bool) -> None:
    draw = ImageDraw.Draw(sheet)
    small = _opened(tile.jpeg)
    if small:
        left, top = x + (_TILE - small.width) // 2, y + (_TILE - small.height) // 2
        sheet.paste(small, (left, top))
        if framed:
            edge = (left - 3, top - 3, left + small.width + 2, top + small.height + 2)
            draw.rectangle(edge, outline=tile.color, width=3)
    for number, text in enumerate(tile.lines):
        font = find_font(text, 12 if number else 15).font
        place = (x + _TILE / 2, y + _TILE + 6 + 17 * number)
        color = _PALE if number else tile.color
        draw.text(place, fitted(text, font, _TILE + _GAP), fill=color, font=font, anchor="ma")


def _opened(jpeg: bytes) -> Image.Image | None:
    """Open a thumbnail; None where it is missing or damaged, and the tile stays empty."""
    try:
        with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as image:
            if max(image.size) > 4 * _TILE:
                return None
            return ImageOps.contain(image.convert("RGB"), (_TILE - 6, _TILE - 6))
    except Exception:  # noqa: BLE001  whatever stands in the gallery, the others are drawn
        return None


def _file(query: str) -> str:
    return query if query.startswith("<") else Path(query).name
