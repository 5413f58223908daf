"""Which gallery file is meant: the one named, else FEWSHOT_GALLERY's, else the user's own."""

from __future__ import annotations

import os
from pathlib import Path

from fewshot.errors import GalleryUnavailable


def gallery_path(named: str | os.PathLike[str] | None = None, *, make_folder: bool = False) -> Path:
    """Return the path of the gallery.

    make_folder: make the folder of the user's own where it is missing.
    Raises GalleryUnavailable where it cannot be made, or for the home of a user there is not.
    """
    if named is None:
        named = os.environ.get("FEWSHOT_GALLERY") or None
    if named is not None:
        try:
            return Path(named).expanduser()
        except RuntimeError as error:
            raise GalleryUnavailable(Path(named), "there is no such user") from error
    import platformdirs

    path = platformdirs.user_data_path("fewshot", appauthor=False) / "gallery.db"
    if make_folder:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise GalleryUnavailable(path, (error.strerror or str(error)).lower()) from error
    return path


def index_beside(gallery: Path) -> Path:
    """Return where the cached index of a gallery file lies: beside it."""
    return gallery.with_name(gallery.name + ".index")
