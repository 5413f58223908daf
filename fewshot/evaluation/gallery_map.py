"""Vectors come in; places on a plane, like near like, go out."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from fewshot.index import Vectors

FEWEST = 12
"""Vectors below which there is nothing for t-SNE to lay out."""


def laid_out(vectors: Vectors, seed: int) -> tuple[NDArray[np.float64], str]:
    """Lay out vectors (n, d) by t-SNE: (n, 2), each axis in [0, 1], and by which method.

    By principal components where there are fewer than 12, or scikit-learn is not installed.
    Source: van der Maaten, Hinton, JMLR 2008; scikit-learn's TSNE.
    """
    if len(vectors) < FEWEST or find_spec("sklearn") is None:
        return _within(_components(vectors)), "principal components"
    from sklearn.manifold import TSNE

    perplexity = min(20.0, (len(vectors) - 1) / 3.0)
    made = TSNE(
        metric="cosine", init=_components(vectors).astype(np.float32) * 1e-4 + 0.0,
        perplexity=perplexity, random_state=seed, n_jobs=1,
    ).fit_transform(vectors)  # fmt: skip
    return _within(np.asarray(made, np.float64)), "t-SNE"


def _components(vectors: Vectors) -> NDArray[np.float64]:
    """Return the first two principal components, each of spread 1."""
    inner = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    left, lengths, _ = np.linalg.svd(inner, full_matrices=False)
    two = np.zeros((len(vectors), 2))
    shown = min(2, len(lengths))
    two[:, :shown] = left[:, :shown] * lengths[:shown]
    return two / max(float(two.std(axis=0).max()), 1e-12)


def _within(places: NDArray[np.float64]) -> NDArray[np.float64]:
    low, high = places.min(axis=0), places.max(axis=0)
    return np.asarray((places - low) / np.maximum(high - low, 1e-12))
