"""Text a user or a file system gave comes in; a name the gallery can keep goes out."""

from __future__ import annotations

import unicodedata

from fewshot.errors import BadName

MAX_LENGTH = 255


def storable(text: str) -> str:
    """Replace what is no Unicode (surrogates: bytes of an undecodable file name) by U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def clean_name(name: str) -> str:
    """Return an identity's name as it is kept: composed (NFC), without space around it.

    So a folder from macOS and a word typed on Linux are the same name.
    Raises BadName where nothing is left, above 255 characters, or with a NUL inside.
    """
    cleaned = unicodedata.normalize("NFC", storable(name)).strip()
    if not cleaned:
        raise BadName(name, "it is empty")
    if len(cleaned) > MAX_LENGTH:
        raise BadName(f"{cleaned[:20]}...", f"it is longer than {MAX_LENGTH} characters")
    if "\0" in cleaned:
        raise BadName(name, "it holds a NUL")
    return cleaned
