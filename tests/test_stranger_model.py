"""stranger_model: what other galleries have shown of strangers, as it is shipped and read."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fewshot.evidence import Evidence
from fewshot.risk import HIGHEST
from fewshot.rules import RULES, SIMPLEST, Rule
from fewshot.scoring import NEVER
from fewshot.stranger_model import (
    BUCKETS,
    FEATURES,
    FOLDER,
    UNMEASURED,
    StrangerModel,
    StrangerTail,
    features,
    is_measured,
    load_model,
    read_model,
)

FILES = sorted(FOLDER.glob("*.json"))
EACH = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def models(path: Path) -> dict[str, StrangerModel]:
    written = json.loads(path.read_text(encoding="utf-8"))["rules"]
    return {rule: read_model(buckets) for rule, buckets in written.items()}


def made(seed: int, names: int, each: int) -> Evidence:
    """Make up what a gallery of so many names, and references a name, might know."""
    rng = np.random.default_rng([seed, each])  # the same level, however many names
    n, level = names * each, rng.uniform(0.1, 0.5)
    near = np.random.default_rng([seed, names, each])
    stand_ins = near.normal(level, 0.08, n).astype(np.float32) if names > 1 else np.empty(0)
    own = near.normal(level + 0.4, 0.08, n) if each > 1 else np.full(n, -2.0)
    return Evidence(
        names=names,
        references=n,
        stand_ins=np.asarray(stand_ins, np.float32),
        owners=np.repeat(np.arange(names), each)[: len(stand_ins)],
        strangers=np.empty(0, np.float32),
        blocks=np.empty(0, np.int64),
        own=np.asarray(own[: len(stand_ins)], np.float32),
        rivals=np.asarray(stand_ins, np.float32),
    )


def test_palette_and_what_nobody_measured_are_there() -> None:
    assert {path.stem for path in FILES} >= {"palette", UNMEASURED}


@EACH
def test_a_prior_is_small_text(path: Path) -> None:
    assert path.stat().st_size < 1 << 20


@EACH
def test_a_prior_knows_all_rules(path: Path) -> None:
    assert set(models(path)) == {str(rule) for rule in RULES}


@EACH
def test_a_prior_has_a_regression_for_each_size_of_gallery(path: Path) -> None:
    for rule, model in models(path).items():
        assert len(model.buckets) == len(BUCKETS), rule
    assert list(BUCKETS) == sorted(set(BUCKETS))


@EACH
def test_all_numbers_of_a_prior_are_finite_and_fit_the_features(path: Path) -> None:
    for model in models(path).values():
        for one in model.buckets:
            for given_ in (one.center, one.scale, one.mean, one.spread):
                assert given_.shape == (len(FEATURES),)
                assert np.isfinite(given_).all()
            assert (one.scale > 0).all()


@EACH
def test_tails_rise_strictly_and_rates_fall_strictly(path: Path) -> None:
    for rule, model in models(path).items():
        for size, one in zip(BUCKETS, model.buckets, strict=True):
            assert len(one.tails) == len(one.rates) >= 3
            assert (np.diff(one.tails) > 0).all(), (rule, size)
            assert (np.diff(one.rates) < 0).all(), (rule, size)
            assert one.rates[0] <= 1.0
            assert one.rates[-1] > 0.0


@EACH
def test_a_prior_reaches_every_rate_up_to_the_highest_that_may_be_asked_for(path: Path) -> None:
    for model in models(path).values():
        assert all(one.rates[0] >= HIGHEST for one in model.buckets)


SIZES = {"seed": st.integers(0, 10_000), "names": st.integers(1, 60), "each": st.integers(1, 9)}


@EACH
@settings(deadline=None, max_examples=10, derandomize=True)
@given(**SIZES)
def test_rate_and_score_are_inverse_beyond_the_table_too(
    path: Path, seed: int, names: int, each: int
) -> None:
    evidence = made(seed, names, each)
    for model in models(path).values():
        tail = model.of(evidence)
        for rate in np.geomspace(1.01e-6, float(np.exp(tail.log_rates[0])) * 0.999, 60):
            assert tail.rate(tail.score(rate)) == pytest.approx(rate, rel=1e-6)


@EACH
@settings(deadline=None, max_examples=10, derandomize=True)
@given(**SIZES)
def test_the_nearer_the_fewer_strangers_come_as_near(
    path: Path, seed: int, names: int, each: int
) -> None:
    evidence = made(seed, names, each)
    for model in models(path).values():
        tail = model.of(evidence)
        rates = [tail.rate(score) for score in np.linspace(-2.0, 2.0, 200)]
        assert (np.diff(rates) <= 0).all()
        assert 0.0 < rates[-1] <= rates[0] <= 1.0
        scores = [tail.score(rate) for rate in np.geomspace(1e-9, 0.99, 200)]
        assert (np.diff(scores) <= 0).all()
        assert np.isfinite(scores).all()


@EACH
@pytest.mark.parametrize("rule", [SIMPLEST, Rule("nearest")], ids=str)
def test_one_name_alone_needs_more_than_many_for_no_next_name_takes_anything_off(
    path: Path, rule: Rule
) -> None:
    model = models(path)[str(rule)]

    def needed(names: int) -> float:
        return float(np.mean([model.of(made(seed, names, 4)).score(0.05) for seed in range(50)]))

    assert needed(1) > max(needed(3), needed(40))


@EACH
def test_names_that_look_alike_need_a_higher_score(path: Path) -> None:
    model = models(path)[str(SIMPLEST)]
    usual = model.buckets[int(np.searchsorted(BUCKETS, 12))].center[3]
    drawn = made(1, 12, 4)
    shifted = drawn.stand_ins - drawn.stand_ins.mean() + np.float32(usual)
    plain = Evidence(**{**vars(drawn), "stand_ins": shifted})
    alike = Evidence(**{**vars(plain), "stand_ins": plain.stand_ins + np.float32(0.2)})
    assert model.of(alike).score(0.05) > model.of(plain).score(0.05)


def test_a_backbone_that_nobody_measured_has_the_prior_of_all_that_were() -> None:
    unmeasured = models(FOLDER / f"{UNMEASURED}.json")[str(SIMPLEST)]
    evidence = made(1, 5, 3)
    for backbone, layer in (("nobodys", None), ("nobodys", "relu"), ("palette", "relu")):
        assert not is_measured(backbone, layer)
        found = load_model(backbone, layer, SIMPLEST)
        assert found.of(evidence).score(0.05) == unmeasured.of(evidence).score(0.05)


@EACH
def test_what_was_measured_is_found_by_backbone_and_layer(path: Path) -> None:
    backbone, _, layer = path.stem.partition("-")
    assert is_measured(backbone, layer or None)
    evidence = made(1, 5, 3)
    expected = models(path)["vote-root"].of(evidence).score(0.05)
    assert load_model(backbone, layer or None, Rule("vote", "root")).of(evidence).score(
        0.05
    ) == pytest.approx(expected)


@pytest.mark.parametrize(
    "backbone", ["../priors/palette", "", "\0", "x" * 5000, "/etc/passwd", "."]
)
def test_a_recipe_s_words_are_no_path(backbone: str) -> None:
    assert not is_measured(backbone, None)
    assert load_model(backbone, None, SIMPLEST).buckets


def test_one_name_alone_and_one_reference_alone_have_features() -> None:
    for evidence in (Evidence.none(0, 0), Evidence.none(1, 1), made(1, 1, 5), made(1, 2, 1)):
        known = features(evidence)
        assert known.shape == (len(FEATURES),)
        met = len(evidence.stand_ins) > 0
        assert np.isfinite(known).tolist() == [True, True, True, met, met, True, True]


def test_names_that_all_share_a_picture_say_nothing_and_lower_no_bar() -> None:
    evidence = made(1, 3, 4)
    silent = Evidence(**{**vars(evidence), "stand_ins": np.full_like(evidence.stand_ins, NEVER)})
    assert np.isnan(features(silent)[3])
    model = models(FOLDER / "palette.json")[str(SIMPLEST)]
    assert model.of(silent).score(0.05) > 0.3


@EACH
def test_stand_ins_that_come_far_less_near_than_any_measured_lower_the_bar_only_so_far(
    path: Path,
) -> None:
    model, evidence = models(path)[str(SIMPLEST)], made(1, 12, 4)
    needed = [
        model.of(Evidence(**{**vars(evidence), "stand_ins": evidence.stand_ins - by})).score(0.05)
        for by in (np.float32(0.9), np.float32(1.4))
    ]
    assert needed[0] == pytest.approx(needed[1])


def test_each_name_counts_the_same_in_the_features() -> None:
    nothing = np.empty(0, np.float32)
    stand_ins = np.array([0.0] * 9 + [1.0], np.float32)
    owners = np.array([1] * 9 + [2])
    nobody = np.empty(0, np.int64)
    evidence = Evidence(2, 10, stand_ins, owners, nothing, nobody, nothing, nothing)
    assert features(evidence)[3:5].tolist() == [0.5, 0.5]


def test_beyond_the_table_it_goes_on_as_it_ended() -> None:
    tail = StrangerTail(np.array([0.0, 0.1, 0.2, 0.3]), np.log([0.8, 0.4, 0.2, 0.1]))
    assert tail.rate(0.4) == pytest.approx(0.05)
    assert tail.score(0.025) == pytest.approx(0.5)
    assert tail.rate(9.0) == pytest.approx(1e-6)
    assert [tail.rate(-1.0), tail.score(0.9)] == pytest.approx([0.8, 0.0])
