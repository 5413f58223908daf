"""Two sets of the same names come in; how well the one is named by the other goes out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eval.episodes import centered
from eval.pictures import PictureSet

Embedded = tuple[PictureSet, NDArray[np.float32]]


def crossed_accuracies(
    enrolled: Embedded, asked: Embedded, *, shots: int, draws: int, seed: int
) -> tuple[NDArray[np.float64], int]:
    """Return each class's accuracy by the nearest class mean, centered, and how many are asked.

    Each draw takes `shots` pictures (all, where there are fewer) of every class that both sets have
    from the one; all of the other's pictures of these classes are queries. The same
    seed gives the same draws whatever the vectors.
    """
    rng = np.random.default_rng(seed)
    names = [name for name in enrolled[0].classes if name in asked[0].classes]
    own = [np.flatnonzero(enrolled[0].labels == enrolled[0].classes.index(one)) for one in names]
    theirs = [np.flatnonzero(asked[0].labels == asked[0].classes.index(one)) for one in names]
    truth = np.repeat(np.arange(len(names)), [len(one) for one in theirs])
    queries = asked[1][np.concatenate(theirs)]
    right = np.zeros(len(names))
    for _ in range(draws):
        support = np.concatenate([rng.permutation(one)[:shots] for one in own])
        owners = np.repeat(np.arange(len(names)), [min(shots, len(one)) for one in own])
        known, new = centered(enrolled[1][support], queries)
        means = np.stack([known[owners == one].mean(axis=0) for one in range(len(names))])
        means /= np.linalg.norm(means, axis=1, keepdims=True)
        hits = truth[np.argmax(new @ means.T, axis=1) == truth]
        right += np.bincount(hits, minlength=len(names))
    accuracies = right / (draws * np.bincount(truth, minlength=len(names)))
    return np.asarray(accuracies), len(truth)
