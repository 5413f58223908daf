"""calibration: the similarity a name needs."""

from __future__ import annotations

import numpy as np
import pytest

from fewshot.backbones.spec import StrangerPrior
from fewshot.calibration import PRIOR_NAMES, StrangerSample, threshold_for, usual_similarity

PRIOR = StrangerPrior(at_one=0.5, per_doubling=0.05, ceiling=0.8)


def sample(names: int, *, each: int = 20, top: float = 0.3) -> StrangerSample:
    similarities = np.tile(np.linspace(0.0, top, each, dtype=np.float32), names)
    return StrangerSample(similarities, np.repeat(np.arange(names), each))


def test_the_prior_climbs_with_each_doubling_of_the_gallery() -> None:
    assert usual_similarity(PRIOR, 1) == 0.5
    assert usual_similarity(PRIOR, 4) == pytest.approx(0.6)


def test_the_prior_stays_under_its_ceiling() -> None:
    assert usual_similarity(PRIOR, 10**9) == 0.8


def test_one_name_alone_lives_on_the_prior() -> None:
    assert threshold_for(PRIOR, 4, None) == usual_similarity(PRIOR, 4)


def test_five_names_weigh_as_much_as_the_prior() -> None:
    own = np.quantile(np.linspace(0, 0.3, 20), 0.95, method="inverted_cdf")
    expected = (own + usual_similarity(PRIOR, 1)) / 2
    assert threshold_for(PRIOR, 1, sample(PRIOR_NAMES)) == pytest.approx(expected, abs=1e-6)


def test_a_gallery_whose_strangers_come_near_is_not_lowered_by_the_prior() -> None:
    near = sample(2, top=0.99)
    own = np.quantile(near.similarities[:20], 0.95, method="inverted_cdf")
    assert threshold_for(PRIOR, 1, near) == pytest.approx(own, abs=1e-6)


def test_many_names_speak_for_themselves() -> None:
    own = np.quantile(np.linspace(0, 0.3, 20), 0.95, method="inverted_cdf")
    assert threshold_for(PRIOR, 1, sample(5000)) == pytest.approx(own, abs=0.001)


def test_five_percent_of_the_stand_in_strangers_exceed_a_large_gallery_s_own_threshold() -> None:
    rng = np.random.default_rng(0)
    similarities = rng.uniform(0, 1, 20_000).astype(np.float32)
    own = StrangerSample(similarities, np.arange(20_000))
    assert np.mean(similarities > threshold_for(PRIOR, 1, own)) == pytest.approx(0.05, abs=0.002)


def test_each_name_counts_the_same_however_many_references_it_has() -> None:
    crowd = StrangerSample(
        np.array([0.1] * 99 + [0.9], np.float32), np.array([1] * 99 + [2], np.int64)
    )
    pair = StrangerSample(np.array([0.1, 0.9], np.float32), np.array([1, 2], np.int64))
    assert threshold_for(PRIOR, 1, crowd) == threshold_for(PRIOR, 1, pair)
