"""The triplet losses, beside loops that do what their papers say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("keras")

from fewshot.heads.mining import MININGS, batch_hard, semi_hard
from fewshot.lengths import unit_rows

pytestmark = pytest.mark.tensorflow

LABELS = np.repeat(np.arange(4), 3)


def vectors(seed: int, spread: float = 1.0) -> NDArray[Any]:
    rng = np.random.default_rng(seed)
    middles = np.repeat(rng.standard_normal((4, 5)), 3, axis=0)
    return unit_rows(middles + spread * rng.standard_normal((12, 5)))


def distances(x: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(np.linalg.norm(x[:, None] - x[None], axis=2))


def hard(x: NDArray[Any], margin: float) -> list[float]:
    d = distances(x)
    return [
        max(0.0, d[a][LABELS[a] == LABELS].max() - d[a][LABELS[a] != LABELS].min() + margin)
        for a in range(12)
    ]


def semi(x: NDArray[Any], margin: float) -> list[float]:
    d, losses = distances(x), []
    for a in range(12):
        others, own = d[a][LABELS[a] != LABELS], []
        for p in np.flatnonzero(LABELS[a] == LABELS):
            if p != a:
                behind = others[others > d[a, p]]
                negative = behind.min() if len(behind) else others.max()
                own.append(max(0.0, d[a, p] - negative + margin))
        losses.append(float(np.mean(own)))
    return losses


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("spread", [0.1, 1.0])
def test_batch_hard_is_the_farthest_positive_less_the_nearest_negative(
    seed: int, spread: float
) -> None:
    x = vectors(seed, spread)
    assert np.allclose(np.asarray(batch_hard(0.2)(LABELS, x)), hard(x, 0.2), atol=2e-3)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("spread", [0.1, 1.0])
def test_semi_hard_is_the_nearest_negative_behind_each_positive(seed: int, spread: float) -> None:
    x = vectors(seed, spread)
    assert np.allclose(np.asarray(semi_hard(0.2)(LABELS, x)), semi(x, 0.2), atol=2e-3)


@pytest.mark.parametrize("mining", list(MININGS))
def test_names_farther_apart_than_the_margin_cost_nothing(mining: str) -> None:
    x = np.repeat(np.eye(4, dtype=np.float32), 3, axis=0)
    assert np.allclose(np.asarray(MININGS[mining](0.5)(LABELS, x)), 0.0)


@pytest.mark.parametrize("mining", list(MININGS))
def test_the_order_of_a_batch_does_not_matter(mining: str) -> None:
    x, order = vectors(0), np.random.default_rng(0).permutation(12)
    loss = MININGS[mining](0.2)
    straight, mixed = loss(LABELS, x), loss(LABELS[order], x[order])
    assert np.allclose(np.asarray(straight)[order], np.asarray(mixed), atol=1e-5)
