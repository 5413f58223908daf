"""Pictures and a way to train come in; how much nearer strangers come than training lets names go.

A gallery learns how near strangers come from its own names, each playing the stranger in turn. In a
space that was trained on these very names that no longer holds: training has pushed them apart, and
strangers it has not. So some names are left out, the training is done once more on the others, and
the names left out are shown to it as strangers. What they come nearer by is the lift, and a gallery
made with the model adds it to what its own names say.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from fewshot.heads.batches import Labels
from fewshot.heads.head import Floats
from fewshot.heads.temperature import class_means
from fewshot.lengths import unit_rows
from fewshot.scoring import NEVER, decision_scores

Places = NDArray[np.int64]
Space = Callable[[Places], Floats]
"""Places of pictures come in; their vectors in a trained space, of length 1, go out."""

MANY, FOLDS, FOLDS_OF_FEW = 20, 3, 5
"""Of few names, fewer are left out at a time: what is left must not be much less than all."""
FEWEST_NAMES = 6
"""Names from which on some can be left out and enough are left."""
AT = 0.05
"""Of strangers, the share that comes nearer than where both are compared."""


def stranger_lift(
    labels: Labels,
    train: Callable[[Places, Labels], Space],
    *,
    folds: int | None = None,
    seed: int = 0,
) -> float | None:
    """Return how much nearer strangers come, as a decision score, 0 or more.

    train: trains on pictures at these places, their labels from 0 on, and returns the space.
    folds: how often it is called; None: `folds_of` the names.
    None where there are too few names to leave some out.
    """
    names = int(labels.max()) + 1
    if names < FEWEST_NAMES:
        return None
    folds = folds or folds_of(names)
    fold_of = np.random.default_rng((seed, 77)).permutation(names) % folds
    lifts = []
    for fold in range(folds):
        left_in = np.flatnonzero(fold_of != fold)
        inside = np.flatnonzero(np.isin(labels, left_in))
        outside = np.flatnonzero(~np.isin(labels, left_in))
        own = np.searchsorted(left_in, labels[inside])
        space = train(inside, own)
        vectors, strangers = space(inside), space(outside)
        means = unit_rows(class_means(vectors, own, len(left_in)))
        stand_ins = vectors @ means.T
        stand_ins[np.arange(len(own)), own] = NEVER
        lifts.append(_reached(strangers @ means.T) - _reached(stand_ins))
    return max(0.0, float(np.mean(lifts)))


def folds_of(names: int) -> int:
    """Return how often training is done again, each time without some of so many names."""
    return FOLDS if names >= MANY else FOLDS_OF_FEW


def _reached(cosines: Floats) -> float:
    """Return the decision score that the share AT of pictures reaches; cosines: (n, names)."""
    best = np.sort(cosines, axis=1)[:, ::-1]
    scores = decision_scores(best[:, :2])
    return float(np.quantile(scores, 1 - AT))
