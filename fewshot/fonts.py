"""A text comes in; a font that can draw it goes out, as far as this machine has one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from PIL import ImageFont

Font: TypeAlias = "ImageFont.FreeTypeFont | ImageFont.ImageFont"

_OF_THE_SYSTEM = (
    "NotoSansCJK-Regular.ttc",
    "Hiragino Sans GB.ttc",
    "msgothic.ttc",
    "Arial Unicode.ttf",
    "DejaVuSans.ttf",
    "arial.ttf",
)
_ABSENT = "\uffff"  # no character: every font draws its box for the missing ones


@dataclass(frozen=True, slots=True)
class FoundFont:
    """A font, and whether it has every character it was asked for."""

    font: Font
    complete: bool


@lru_cache(maxsize=1024)
def find_font(text: str, size: int) -> FoundFont:
    """Return Pillow's own font where it has all characters, else the first that has.

    size: pixels. Where no font has, the last one found, which draws boxes for what it lacks.
    """
    found = FoundFont(ImageFont.load_default(size), text.isascii())
    for name in _OF_THE_SYSTEM:
        if found.complete:
            break
        try:
            font = ImageFont.truetype(name, size)
        except OSError:
            continue
        found = FoundFont(font, _has_all(font, text))
    return found


def fitted(text: str, font: Font, width: int) -> str:
    """Return a text on one line, at most `width` pixels wide: its end is left out if need be."""
    text = " ".join(text.split())
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "…") > width:
        text = text[:-1]
    return text + "…"


def _has_all(font: ImageFont.FreeTypeFont, text: str) -> bool:
    box = bytes(font.getmask(_ABSENT))
    return all(one.isspace() or bytes(font.getmask(one)) != box for one in set(text))
