"""TensorFlow is imported for what is trained here: silently, and on one thread a product.

How many threads there are then changes no last digit of what is trained.
"""

from __future__ import annotations

import os
import sys

from fewshot.training.needs import require_training
from fewshot.watch import Watch


def on_one_thread(watch: Watch) -> None:
    """Import it; where it was imported and used before, it keeps the threads it has."""
    require_training()
    if "tensorflow" not in sys.modules:
        os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
        os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")
        with watch.quiet():
            import tensorflow  # noqa: F401
