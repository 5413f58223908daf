"""Texts and pictures from anywhere come in; what may stand in a page goes out, harmless there."""

from __future__ import annotations

import base64
import html
import unicodedata

_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_ABSENT = "\ufffd"
_BROAD = frozenset("mwMW@%")


def safe(text: object) -> str:
    """Return a text as it may stand between tags and between quotes.

    What cannot be written, and what turns the direction of all that follows, is replaced.
    """
    return html.escape("".join(_shown(one) for one in str(text)))


def name(text: object) -> str:
    """Return a name with a direction of its own: one from right to left leaves its neighbors be."""
    return f"<bdi>{safe(text)}</bdi>"


def aside(text: object) -> str:
    """Return a name for a tooltip, where no tag may stand; its direction is its own, too."""
    return f"\u2068{safe(text)}\u2069"


def short(text: object, cells: int) -> str:
    """Return a text at most so many letters wide, not escaped. One of Chinese counts twice."""
    whole = " ".join(str(text).split())
    kept, width = "", 0.0
    for one in whole:
        width += _cells(one)
        if width > cells:
            return kept.rstrip() + "…"
        kept += one
    return kept


def image(picture: bytes, of: object, kind: str = "face") -> str:
    """Return a picture, or a blank field of its size where there is none."""
    if not picture:
        return f'<span class="{kind} blank" role="img" aria-label="no picture"></span>'
    said = aside(of)
    return f'<img class="{kind}" src="{data(picture)}" alt="{said}" title="{said}">'


def data(picture: bytes) -> str:
    """Return a JPEG's bytes as an address that holds all of it."""
    return "data:image/jpeg;base64," + base64.b64encode(picture).decode("ascii")


def _shown(one: str) -> str:
    if one.isspace():
        return " "
    if one in _TURNING or unicodedata.category(one) in ("Cc", "Cs") or ord(one) & 0xFFFE == 0xFFFE:
        return _ABSENT
    return one


def _cells(one: str) -> float:
    if unicodedata.category(one) in ("Mn", "Me", "Cf"):
        return 0
    if unicodedata.east_asian_width(one) in "WF":
        return 2
    return 1.75 if one in _BROAD else 1.3 if one.isupper() else 1
