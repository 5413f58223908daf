"""Heads on vectors: scikit-learn estimators that leave plain arrays, and a space that helps."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("tensorflow")

from sklearn.base import clone
from sklearn.model_selection import cross_val_score

from fewshot.heads.estimator import HeadEstimator
from fewshot.heads.fitting import Hooks, State
from fewshot.heads.shapes import SHAPES
from fewshot.heads.softmax import SoftmaxHead
from fewshot.heads.triplet import TripletHead
from fewshot.lengths import unit_rows

pytestmark = pytest.mark.tensorflow

D, NAMES = 24, 6
Data = tuple[NDArray[Any], NDArray[Any]]


def drawn(seed: int = 0, each: int = 8, names: range = range(NAMES)) -> Data:
    """Vectors that differ by name in a few directions, and in many others by chance."""
    middles = np.random.default_rng(99).standard_normal((40, 4)) * 1.5
    rng = np.random.default_rng(seed)
    labels = np.repeat(list(names), each)
    noise = rng.standard_normal((len(labels), D)) * ([0.5] * 4 + [2.0] * (D - 4))
    noise[:, :4] += middles[labels]
    return unit_rows(noise), labels


X, Y = drawn()
HEADS = [
    SoftmaxHead(epochs=8),
    SoftmaxHead("gap", epochs=8, rate=0.02),
    SoftmaxHead("mlp-256-128", epochs=8),
    TripletHead(epochs=8),
    TripletHead(d=8, epochs=8, rate=0.01),
    TripletHead("mlp-256-128", epochs=8, mining="semi-hard"),
]


@pytest.fixture(scope="module", params=HEADS, ids=lambda head: repr(head))
def fitted(request: pytest.FixtureRequest) -> HeadEstimator:
    head: HeadEstimator = clone(request.param)
    return head.fit(X, Y)


def nearest_mean(train: Data, asked: Data) -> float:
    means = unit_rows(np.stack([train[0][train[1] == y].mean(axis=0) for y in set(train[1])]))
    places = np.array(sorted(set(train[1])))
    return float(np.mean(places[(asked[0] @ means.T).argmax(axis=1)] == asked[1]))


def test_it_learns_what_it_is_shown(fitted: HeadEstimator) -> None:
    assert fitted.score(X, Y) > 0.6  # of six names


def test_probabilities_sum_to_one_and_agree_with_the_answer(fitted: HeadEstimator) -> None:
    chances = fitted.predict_proba(X)
    assert np.allclose(chances.sum(axis=1), 1.0, atol=1e-6)
    assert np.array_equal(fitted.classes_[chances.argmax(axis=1)], fitted.predict(X))


def test_its_space_has_vectors_of_length_one(fitted: HeadEstimator) -> None:
    made = fitted.transform(X)
    assert made.shape == (len(X), fitted.head_.d)
    assert np.allclose(np.linalg.norm(made, axis=1), 1.0, atol=1e-5)


def test_how_long_a_vector_is_does_not_matter(fitted: HeadEstimator) -> None:
    assert np.allclose(fitted.transform(X * 7), fitted.transform(X), atol=1e-5)


def test_its_history_has_an_epoch_each(fitted: HeadEstimator) -> None:
    assert [one.number for one in fitted.history_] == list(range(1, 9))


@pytest.mark.parametrize("head", [SoftmaxHead(epochs=2), TripletHead(epochs=2)], ids=repr)
def test_the_same_seed_gives_the_same_head(head: HeadEstimator) -> None:
    prints = [clone(head).fit(X, Y).head_.fingerprint for _ in range(2)]
    assert prints[0] == prints[1]
    assert clone(head).set_params(seed=1).fit(X, Y).head_.fingerprint != prints[0]


@pytest.mark.parametrize(
    "head", [SoftmaxHead(epochs=20, rate=3e-3), TripletHead(epochs=20, rate=3e-3)], ids=repr
)
def test_names_it_never_saw_gain_from_its_space(head: HeadEstimator) -> None:
    learned = drawn(1, each=12, names=range(20))
    few, asked = drawn(2, each=3, names=range(20, 40)), drawn(3, each=10, names=range(20, 40))
    head = clone(head).fit(*learned)
    inside = [(head.transform(x), y) for x, y in (few, asked)]
    assert nearest_mean(inside[0], inside[1]) > nearest_mean(few, asked) + 0.05


def test_a_square_map_starts_as_no_change_at_all() -> None:
    still = TripletHead(epochs=1, rate=1e-12).fit(X, Y)
    middle = X.mean(axis=0)
    assert np.allclose(still.transform(X), unit_rows(X - middle), atol=1e-4)


def test_a_map_to_fewer_numbers_starts_as_principal_components() -> None:
    still = TripletHead(d=4, epochs=1, rate=1e-12).fit(X, Y)
    components = np.linalg.svd(X - X.mean(axis=0), full_matrices=False)[2][:4]
    made = still.head_.hidden[0].kernel
    assert np.allclose(np.abs(unit_rows(made.T) @ components.T), np.eye(4), atol=1e-3)


def test_a_map_to_more_numbers_than_come_in_is_learned_too() -> None:
    assert TripletHead(d=D + 8, epochs=2).fit(X, Y).head_.d == D + 8


def test_a_label_of_the_validation_that_is_not_learned_is_refused() -> None:
    with pytest.raises(ValueError, match="of no class that is learned"):
        SoftmaxHead(epochs=1).fit_watched(X, Y, validation=(X[:1], [99]))


def test_binary_loss_tells_two_classes_apart() -> None:
    x, y = drawn(names=range(2), each=20)
    head = SoftmaxHead(loss="binary", epochs=10).fit(x, y)
    assert head.head_.classifier.kernel.shape[1] == 1
    assert head.score(x, y) > 0.9


def test_binary_loss_of_three_classes_is_refused() -> None:
    with pytest.raises(ValueError, match="two classes apart, there are 6"):
        SoftmaxHead(loss="binary").fit(X, Y)


def test_balance_lifts_a_rare_class() -> None:
    x, y = drawn(names=range(2), each=60)
    keep = np.r_[0:60, 60:64]
    recall = {}
    for how in ("balanced", None):
        head = SoftmaxHead("gap", epochs=5, class_weight=how).fit(x[keep], y[keep])
        recall[how] = head.score(x[64:], y[64:])
    assert recall["balanced"] > recall[None]


@pytest.mark.parametrize("optimizer", ["adam", "nadam", "sgd"])
def test_each_optimizer_lowers_the_loss(optimizer: str) -> None:
    history = SoftmaxHead("gap", epochs=4, optimizer=optimizer, rate=0.01).fit(X, Y).history_
    assert history[-1].loss < history[0].loss


def test_patience_ends_it_and_keeps_the_best_epoch() -> None:
    head = SoftmaxHead("mlp-256-128", epochs=60, patience=3, rate=0.01)
    head.fit_watched(X, Y, validation=drawn(5))
    losses = [one.validation_loss or 0.0 for one in head.history_]
    assert len(losses) < 60
    assert int(np.argmin(losses)) == len(losses) - 4
    chances = head.predict_proba(drawn(5)[0])[np.arange(48), drawn(5)[1]]
    assert -np.mean(np.log(chances)) == pytest.approx(min(losses), rel=1e-4)


class Interrupted(Exception):
    pass


@pytest.mark.parametrize("head", [SoftmaxHead("mlp-256-128", epochs=5), TripletHead(epochs=5)])
def test_a_fit_that_was_interrupted_ends_as_one_that_was_not(head: HeadEstimator) -> None:
    kept: list[State] = []

    def stop(state: State) -> None:
        kept.append(state)
        if len(state.done) == 2:
            raise Interrupted

    with pytest.raises(Interrupted):
        clone(head).fit_watched(X, Y, hooks=Hooks(after_epoch=stop))
    resumed = clone(head).fit_watched(X, Y, state=kept[-1])
    straight = clone(head).fit(X, Y)
    assert resumed.head_.fingerprint == straight.head_.fingerprint
    assert resumed.history_ == straight.history_


def test_a_loss_that_runs_away_is_said() -> None:
    with pytest.raises(FloatingPointError, match="learn at a lower rate"):
        SoftmaxHead("mlp-256-128", optimizer="sgd", rate=1e9, epochs=5).fit(X, Y)


def test_it_takes_part_in_cross_validation() -> None:
    assert cross_val_score(SoftmaxHead(epochs=3), X, Y, cv=2).shape == (2,)


def test_names_may_be_texts() -> None:
    names = np.array(["aqua", "megumin"])[(Y > 2).astype(int)]
    assert set(SoftmaxHead(epochs=2).fit(X, names).predict(X)) <= {"aqua", "megumin"}


def test_every_shape_of_pooled_vectors_is_a_head() -> None:
    for name, shape in SHAPES.items():
        if shape.pooled:
            assert SoftmaxHead(name, epochs=1).fit(X, Y).head_.classes == NAMES


def test_a_trained_head_runs_without_keras(tmp_path: Path) -> None:
    head = SoftmaxHead(epochs=2).fit(X, Y).head_
    for name, array in head.arrays().items():
        np.save(tmp_path / f"{name}.npy", array)
    program = (
        "import sys, numpy as np\n"
        "from fewshot.heads.head import Head\n"
        f"arrays = {{n: np.load(rf'{tmp_path}/{{n}}.npy') for n in {list(head.arrays())!r}}}\n"
        f"head = Head.from_parts({head.about()!r}, arrays)\n"
        f"print(head.embed(np.ones((1, {D}), np.float32)).shape[1])\n"
        "assert not {'keras', 'tensorflow', 'sklearn'} & set(sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [str(D)]
