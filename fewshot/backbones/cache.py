"""Where what fewshot downloads and builds is kept: FEWSHOT_CACHE, else the user's cache folder."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """Return the cache folder; it may not be there yet."""
    if named := os.environ.get("FEWSHOT_CACHE"):
        return Path(os.path.expanduser(named))
    import platformdirs

    return platformdirs.user_cache_path("fewshot", appauthor=False)


def weights_folder() -> Path:
    """Return the folder of downloaded weights."""
    return cache_folder() / "weights"


def artifacts_folder() -> Path:
    """Return the folder of built backbones."""
    return cache_folder() / "backbones"


def models_folder() -> Path:
    """Return the folder of trained models that galleries were made with."""
    return cache_folder() / "models"


def is_there(path: Path) -> bool:
    """Tell whether a file is there; one that cannot be looked at is not."""
    try:
        return path.is_file()
    except (OSError, ValueError):  # a NUL in the path
        return False


def searched_folders() -> list[Path]:
    """Return where weights are looked for: the folders of FEWSHOT_WEIGHTS, then the cache."""
    named = os.environ.get("FEWSHOT_WEIGHTS", "").split(os.pathsep)
    return [Path(os.path.expanduser(one)) for one in named if one] + [weights_folder()]
