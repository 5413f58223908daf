"""A file comes in; the digest of its bytes goes out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from fewshot.ordinary import open_ordinary

_CHUNK = 1 << 20  # bytes


def digests_of(paths: Iterable[str]) -> list[str]:
    """Return the SHA-256 of those of these files that are there and can be read, hex."""
    found = []
    for path in paths:
        with suppress(OSError, ValueError):
            found.append(file_digest(Path(path)))
    return found


def file_digest(path: Path, kind: str = "sha256") -> str:
    """Return the digest of a file, hex, reading it piece by piece; raises OSError.

    kind: "sha256", or "md5" where a publisher offers no other.
    """
    digest = hashlib.new(kind, usedforsecurity=False)
    with open_ordinary(path) as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
