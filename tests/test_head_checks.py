"""scikit-learn's own checks of an estimator, passed by a head."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("tensorflow")

from sklearn.utils.estimator_checks import estimator_checks_generator

from fewshot.heads.softmax import SoftmaxHead
from tests.stepping import step_by_step  # noqa: F401  a fixture

pytestmark = [pytest.mark.tensorflow, pytest.mark.usefixtures("step_by_step")]

CHECKS = list(estimator_checks_generator(SoftmaxHead("gap", epochs=3, batch=64, rate=0.2)))


@pytest.mark.parametrize("check", CHECKS, ids=lambda both: both[1].func.__name__)
def test_it_is_an_estimator_by_scikit_learns_own_checks(check: Any) -> None:
    estimator, asked = check
    asked(estimator)
