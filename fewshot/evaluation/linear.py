"""Linear classifiers of scikit-learn on vectors: LDA, ridge, logistic regression, linear SVM.

Where there are fewer pictures than numbers in a vector, the vectors are first turned into the space
that the support spans: what a penalty on squares allows a classifier to use lies in it (the
representer theorem), so the answers are the same, sooner.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.covariance import ledoit_wolf
from sklearn.linear_model import LogisticRegression, RidgeClassifierCV
from sklearn.svm import LinearSVC

from fewshot.evaluation.contender import Labels, Said, Scores, Side
from fewshot.evaluation.nearest import softmax
from fewshot.index import Vectors

KINDS = ("lda", "ridge", "logistic", "svm")
_ALPHAS = np.geomspace(1e-3, 1e3, 13)


@dataclass(frozen=True)
class Linear:
    """One of KINDS, with the settings that are usual for vectors of length 1.

    lda: one covariance for all names, shrunk by Ledoit and Wolf's rule. ridge: the penalty chosen
    by leave-one-out in closed form. logistic: C = 1, as in Tian et al., ECCV 2020 (Rethinking
    Few-Shot Image Classification). svm: C = 1, one name against the rest.
    """

    kind: str

    def fit(self, support: Side, labels: Labels, names: int, seed: int) -> FittedLinear | None:
        """Fit in the space that the support spans; LDA takes two pictures of some name."""
        if self.kind == "lda" and len(labels) == names:
            return None
        basis = _basis(support.vectors)
        x = np.asarray(support.vectors if basis is None else support.vectors @ basis, np.float64)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of not having converged to the last digit
            weights, constants = self._fitted(x, labels, names, seed)
        if names == 2 and len(weights) == 1:  # one number tells two names apart
            weights, constants = (
                np.stack([-weights[0], weights[0]]),
                np.array([-1.0, 1.0]) * constants,
            )
            if self.kind == "logistic":
                weights, constants = weights / 2.0, constants / 2.0
        whole = weights if basis is None else weights @ basis.T.astype(np.float64)
        return FittedLinear(
            np.asarray(whole, np.float32), constants, self.kind in ("lda", "logistic")
        )

    def _fitted(self, x: Scores, y: Labels, names: int, seed: int) -> tuple[Scores, Scores]:
        if self.kind == "lda":
            return _discriminant(x, y, names)
        model = _model(self.kind, seed).fit(x, y)
        return np.atleast_2d(model.coef_), np.atleast_1d(model.intercept_)


@dataclass(frozen=True)
class FittedLinear:
    """Weights (names, d) and constants (names,)."""

    weights: Vectors
    constants: Scores
    gives_chances: bool

    @property
    def size(self) -> int:
        """Of weights and constants."""
        return self.weights.nbytes + 4 * len(self.constants)

    def ask(self, queries: Side) -> Said:
        """Score by what the classifier decides on."""
        found = (queries.vectors @ self.weights.T).astype(np.float64) + self.constants
        return Said(found, softmax(found) if self.gives_chances else None)


def _basis(vectors: Vectors) -> Vectors | None:
    """Return orthonormal directions (d, n) that span vectors (n, d); None where n >= d."""
    n, d = vectors.shape
    return np.asarray(np.linalg.qr(vectors.T)[0], np.float32) if n < d else None


def _model(kind: str, seed: int) -> Any:
    if kind == "ridge":
        return RidgeClassifierCV(alphas=_ALPHAS)
    if kind == "logistic":
        return LogisticRegression(C=1.0, max_iter=1_000)
    return LinearSVC(C=1.0, random_state=seed, max_iter=5_000)


def _discriminant(x: Scores, y: Labels, names: int) -> tuple[Scores, Scores]:
    """Return the linear discriminants of names that count the same: weights, and constants."""
    counts = np.bincount(y, minlength=names)
    means = np.zeros((names, x.shape[1]))
    np.add.at(means, y, x)
    means /= counts[:, np.newaxis]
    covariance = ledoit_wolf(x - means[y], assume_centered=True)[0]
    covariance = covariance * (len(x) / (len(x) - names))  # the means were estimated too
    floor = 1e-6 * float(np.trace(covariance)) / len(covariance) + 1e-12
    weights = np.linalg.solve(covariance + floor * np.eye(len(covariance)), means.T).T
    return weights, -0.5 * np.einsum("nd,nd->n", weights, means)
