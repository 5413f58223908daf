"""Linear classifiers of scikit-learn on vectors: LDA, ridge, logistic regression, linear SVM.

Where there are fewer pictures than numbers in a vector, the vectors are first turned into the space
that the support spans: what a penalty on squares allows a classifier to use lies in it (the
representer theorem), so the answers are the same, sooner. LDA shrinks by what the whole space says.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
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
            weights, constants = self._fitted(x, labels, names, seed, support.vectors.shape[1])
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

    def _fitted(self, x: Scores, y: Labels, names: int, seed: int, d: int) -> tuple[Scores, Scores]:
        if self.kind == "lda":
            return _discriminant(x, y, names, d)
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


def _discriminant(x: Scores, y: Labels, names: int, d: int) -> tuple[Scores, Scores]:
    """Return the linear discriminants of names that count the same: weights, and constants.

    x: in the space that the support spans, of vectors of d numbers. Outside it the shrunk
    covariance is a multiple of the identity, and the means do not differ: it decides nothing.
    """
    counts = np.bincount(y, minlength=names)
    means = np.zeros((names, x.shape[1]))
    np.add.at(means, y, x)
    means /= counts[:, np.newaxis]
    covariance = shrunk_covariance(x - means[y], d)
    covariance *= len(x) / (len(x) - names)  # the means were estimated too
    floor = 1e-6 * float(np.trace(covariance)) / len(covariance) + 1e-12
    weights = np.linalg.solve(covariance + floor * np.eye(len(covariance)), means.T).T
    constants: Scores = -0.5 * np.einsum("nd,nd->n", weights, means)
    return np.asarray(weights, np.float64), constants


def shrunk_covariance(x: Scores, d: int) -> Scores:
    """Return the covariance of centered rows (n, r), shrunk towards its mean variance over d.

    d: of the space that the rows come from, r or more. With r = d it is scikit-learn's
    `ledoit_wolf`. Source: Ledoit, Wolf, Journal of Multivariate Analysis 2004.
    """
    n = len(x)
    sample = x.T @ x / n
    mean = float(np.trace(sample)) / d
    spread = float((sample**2).sum()) / d - mean**2
    noise = (float(((x**2).sum(axis=1) ** 2).sum()) / n - float((sample**2).sum())) / (n * d)
    share = min(1.0, max(0.0, noise / spread)) if spread > 0 else 0.0
    return (1.0 - share) * sample + share * mean * np.eye(x.shape[1])
