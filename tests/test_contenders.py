"""Contenders: one contract, and the numbers of those they are named after."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.covariance import ledoit_wolf
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression, RidgeClassifierCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC

from fewshot.evaluation.contender import Said, Side
from fewshot.evaluation.errors import CannotEvaluate
from fewshot.evaluation.linear import _ALPHAS, shrunk_covariance
from fewshot.evaluation.methods import METHODS, Known, contender_of, methods_of
from fewshot.lengths import unit_rows
from fewshot.rules import VOTERS

NOBODY_KNOWS = Known(None, None, None, 0.0, 0.05)
NAMES, SHOTS, D = 6, 4, 40
LIGHT = [one.name for one in METHODS.values() if not one.slow]


def world(seed: int = 0, shots: int = SHOTS, d: int = D, names: int = NAMES):  # type: ignore[no-untyped-def]
    """Support and queries around a center for each name: vectors and labels of both."""
    rng = np.random.default_rng(seed)
    centers = rng.standard_normal((names, d))
    sides = []
    for each in (shots, 8):
        labels = np.repeat(np.arange(names), each)
        noise = 1.2 * rng.standard_normal((len(labels), d))
        sides += [unit_rows(centers[labels] + noise), labels]
    return tuple(sides)


def ask(name: str, support, labels, queries, names: int = NAMES) -> Said:  # type: ignore[no-untyped-def]
    fitted = contender_of(METHODS[name], NOBODY_KNOWS).fit(Side(support), labels, names, 0)
    assert fitted is not None
    assert fitted.size > 0
    return fitted.ask(Side(queries))


@pytest.mark.parametrize("name", LIGHT)
def test_each_scores_every_name_for_every_query(name: str) -> None:
    support, labels, queries, truth = world()
    said = ask(name, support, labels, queries)
    assert said.scores.shape == (len(truth), NAMES)
    assert np.isfinite(said.scores).all()
    assert (said.scores.argmax(axis=1) == truth).mean() > 0.5


@pytest.mark.parametrize("name", LIGHT)
def test_probabilities_sum_to_one_and_agree_with_the_scores(name: str) -> None:
    support, labels, queries, _ = world(shots=8)
    said = ask(name, support, labels, queries)
    if said.chances is not None:
        assert said.chances.sum(axis=1) == pytest.approx(1.0)
        assert (said.chances.argmax(axis=1) == said.scores.argmax(axis=1)).mean() > 0.95


@pytest.mark.parametrize("name", LIGHT)
def test_two_names_are_told_apart(name: str) -> None:
    support, labels, queries, truth = world(names=2)
    said = ask(name, support, labels, queries, names=2)
    assert said.scores.shape == (len(truth), 2)
    assert (said.scores.argmax(axis=1) == truth).mean() > 0.7


@pytest.mark.parametrize("name", LIGHT)
def test_the_order_of_queries_changes_nothing(name: str) -> None:
    support, labels, queries, _ = world()
    said, turned = ask(name, support, labels, queries), ask(name, support, labels, queries[::-1])
    np.testing.assert_allclose(said.scores, turned.scores[::-1], atol=1e-5)


@pytest.mark.parametrize("name", ["nn", "mean", "knn", "ridge", "logistic", "svm", "gallery"])
def test_one_picture_a_name_is_enough(name: str) -> None:
    support, labels, queries, truth = world(shots=1)
    said = ask(name, support, labels, queries)
    assert said.scores.shape == (len(truth), NAMES)


def test_lda_takes_two_pictures_of_some_name() -> None:
    support, labels, _, _ = world(shots=1)
    assert contender_of(METHODS["lda"], NOBODY_KNOWS).fit(Side(support), labels, NAMES, 0) is None


def test_nearest_neighbor_is_that_of_scikit_learn() -> None:
    support, labels, queries, _ = world()
    theirs = KNeighborsClassifier(1, metric="cosine").fit(support, labels).predict(queries)
    assert (ask("nn", support, labels, queries).scores.argmax(axis=1) == theirs).all()


def test_nearest_class_mean_is_that_of_a_loop() -> None:
    support, labels, queries, _ = world()
    means = np.stack([support[labels == one].mean(axis=0) for one in range(NAMES)])
    cosines = [[q @ m / np.linalg.norm(m) for m in means] for q in queries]
    np.testing.assert_allclose(ask("mean", support, labels, queries).scores, cosines, atol=1e-6)


@pytest.mark.parametrize("d", [D, 12])
def test_ridge_is_that_of_scikit_learn(d: int) -> None:  # fewer pictures than numbers, and more
    support, labels, queries, _ = world(d=d)
    theirs = RidgeClassifierCV(alphas=_ALPHAS).fit(support.astype(np.float64), labels)
    ours = ask("ridge", support, labels, queries).scores
    np.testing.assert_allclose(ours, theirs.decision_function(queries), atol=1e-3)


@pytest.mark.parametrize("d", [D, 12])
def test_logistic_regression_is_that_of_scikit_learn(d: int) -> None:
    support, labels, queries, _ = world(d=d)
    theirs = LogisticRegression(C=1.0, max_iter=1_000).fit(support, labels)
    ours = ask("logistic", support, labels, queries)
    assert ours.chances is not None
    np.testing.assert_allclose(ours.chances, theirs.predict_proba(queries), atol=2e-3)


def test_logistic_regression_of_two_names_gives_their_probabilities() -> None:
    support, labels, queries, _ = world(names=2)
    theirs = LogisticRegression(C=1.0, max_iter=1_000).fit(support, labels)
    ours = ask("logistic", support, labels, queries, names=2).chances
    assert ours is not None
    np.testing.assert_allclose(ours, theirs.predict_proba(queries), atol=2e-3)


@pytest.mark.parametrize("d", [D, 12])
def test_the_linear_svm_is_that_of_scikit_learn(d: int) -> None:
    support, labels, queries, _ = world(d=d)
    theirs = LinearSVC(C=1.0, random_state=0, max_iter=50_000, tol=1e-6).fit(support, labels)
    ours = ask("svm", support, labels, queries).scores
    np.testing.assert_allclose(ours, theirs.decision_function(queries), atol=2e-2)


def test_lda_of_many_pictures_is_that_of_scikit_learn() -> None:
    support, labels, queries, _ = world(d=8, shots=200)  # where shrinking hardly matters
    theirs = LinearDiscriminantAnalysis(priors=np.full(NAMES, 1 / NAMES)).fit(support, labels)
    ours = ask("lda", support, labels, queries).scores.argmax(axis=1)
    assert (ours == theirs.predict(queries)).mean() > 0.97


@pytest.mark.parametrize(("n", "d"), [(30, 60), (60, 30)])
def test_the_covariance_shrinks_as_in_scikit_learn(n: int, d: int) -> None:
    rows = np.random.default_rng(0).standard_normal((n, d)) * np.linspace(0.1, 2.0, d)
    theirs = ledoit_wolf(rows, assume_centered=True)[0]
    np.testing.assert_allclose(shrunk_covariance(rows, d), theirs, rtol=1e-9)
    basis = np.linalg.qr(rows.T)[0]  # in the space that the rows span, of d numbers still
    inside = shrunk_covariance(rows @ basis, d)
    np.testing.assert_allclose(inside, basis.T @ theirs @ basis, rtol=1e-7, atol=1e-12)


def test_lda_of_few_pictures_is_that_of_the_whole_space() -> None:
    support, labels, queries, _ = world()
    means = np.stack([support[labels == one].mean(axis=0) for one in range(NAMES)])
    covariance = ledoit_wolf((support - means[labels]).astype(np.float64), assume_centered=True)[0]
    covariance *= len(labels) / (len(labels) - NAMES)
    weights = np.linalg.solve(covariance, means.T).T
    theirs = queries @ weights.T - 0.5 * np.einsum("nd,nd->n", weights, means)
    ours = ask("lda", support, labels, queries).scores
    gaps = (ours - ours[:, :1]) - (theirs - theirs[:, :1])  # but for what all names share
    np.testing.assert_allclose(gaps, 0.0, atol=1e-2)


def test_the_vote_is_of_the_five_nearest_references() -> None:
    support, labels, queries, _ = world()
    found = ask("knn", support, labels, queries).scores
    similar = queries @ support.T
    for row, near in zip(found, np.argsort(-similar, axis=1)[:, :VOTERS], strict=True):
        assert set(np.flatnonzero(row > 0).tolist()) <= set(labels[near].tolist())


def test_only_our_matching_can_say_nobody() -> None:
    support, labels, queries, _ = world()
    for name in LIGHT:
        assert (ask(name, support, labels, queries).named is not None) is (name == "gallery")


def test_groups_of_methods() -> None:
    usual = [one.name for one in methods_of(None, pixels=True)[0]]
    assert usual == ["gallery", "nn", "mean", "mean-centered", "lda", "ridge", "logistic", "svm"]
    trained = {one.name for one in methods_of(["trained"], pixels=True)[0]}
    assert trained == {
        "lda", "ridge", "logistic", "svm", "softmax", "triplet", "finetune", "scratch",
    }  # fmt: skip
    assert len(methods_of(["all"], pixels=True)[0]) == len(METHODS)


def test_vectors_alone_leave_networks_out_of_all() -> None:
    names = {one.name for one in methods_of(["all"], pixels=False)[0]}
    assert names == set(METHODS) - {"finetune", "scratch"}


def test_a_network_asked_for_by_name_takes_pictures() -> None:
    with pytest.raises(CannotEvaluate, match="it takes pictures"):
        methods_of(["finetune"], pixels=False)


def test_an_unknown_method_lists_those_there_are() -> None:
    with pytest.raises(CannotEvaluate, match=r"did you mean knn\? there is usual, fast"):
        methods_of(["knm"], pixels=True)
