"""Whether what training takes is installed. Nothing is imported to find out."""

from __future__ import annotations

import logging
import os
from importlib.util import find_spec

from fewshot.backbones.errors import BackboneUnavailable

NEEDED = ("tensorflow", "keras", "sklearn", "matplotlib")


def require_training() -> None:
    """Raise BackboneUnavailable where a package is missing; have TensorFlow say errors only."""
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        raise BackboneUnavailable(
            "a model",
            f"training takes {', '.join(missing)}, which is not installed",
            "install the extra for it: pip install 'fewshot[train]' (in a clone '.[train]')",
        )
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # it warns of the second model already
