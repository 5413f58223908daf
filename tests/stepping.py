"""A fixture for tests of short trainings."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module")
def step_by_step() -> Iterator[None]:
    """Let Keras run step by step: a few steps are done sooner than they are compiled."""
    import tensorflow

    tensorflow.config.run_functions_eagerly(True)
    yield
    tensorflow.config.run_functions_eagerly(False)
