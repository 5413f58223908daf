"""Which gallery file is meant: the one named, else FEWSHOT_GALLERY's, else the user's own."""

from __future__ import annotations

import os
from pathlib import Path


def gallery_path(named: str | os.PathLike[str] | None = None) -> Path:
    """Return the path of the gallery; the folder of the user's own is made where it is missing."""
    if named is None:
        named = os.environ.get("FEWSHOT_GALLERY") or None
    if named is not None:
        return Path(named).expanduser()
    import platformdirs

    return (
        platformdirs.user_data_path("fewshot", appauthor=False, ensure_exists=True) / "gallery.db"
    )
