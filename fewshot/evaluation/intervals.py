"""Figures of names come in; the 95 % intervals that a report gives of them go out.

The bootstrap over names, and Wilson's interval over pictures where it alone says too little.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fewshot.evaluation.bootstrap import Bootstrap, Estimate
from fewshot.interval import wilson

_WIDTHLESS = 1e-9


def over_names(draws: Bootstrap, values: NDArray[np.float64], pictures: int) -> Estimate:
    """Return the mean over names of shares of pictures.

    Its interval is nowhere narrower than Wilson's of as many pictures: near 0 and 1, names that
    were drawn are too much alike to tell what others would give.
    """
    found = draws.mean(values)
    low, high = wilson(found.value * pictures, pictures)
    return Estimate(found.value, min(found.low, low), max(found.high, high))


def over_pairs(draws: Bootstrap, values: NDArray[np.float64], pictures: int) -> Estimate:
    """Return the mean over pairs of names; Wilson's interval where a side is one, or all alike."""
    found = draws.pairs(values)
    has = ~np.isnan(values)
    fewest = min(int(has.any(axis=1).sum()), int(has.any(axis=0).sum()))
    if found.high - found.low > _WIDTHLESS and fewest > 1:
        return found
    return Estimate(found.value, *wilson(found.value * pictures, pictures))


def difference_over_names(
    draws: Bootstrap, ours: NDArray[np.float64], theirs: NDArray[np.float64], pictures: int
) -> Estimate:
    """Return the mean over names of paired differences.

    Where all names gain, or lose, the same, resampling them says nothing: the interval is then that
    of two shares of so many pictures that were not paired. Where none gains or loses there is none.
    """
    found = draws.mean(ours - theirs)
    if found.high - found.low > _WIDTHLESS or abs(found.value) < _WIDTHLESS:
        return found
    one, other = (
        wilson(float(np.nanmean(values)) * pictures, pictures) for values in (ours, theirs)
    )
    return Estimate(found.value, one[0] - other[1], one[1] - other[0])


def calibration_error(
    draws: Bootstrap, gaps: NDArray[np.float64], told: NDArray[np.float64]
) -> Estimate | None:
    """Return the expected calibration error; None where no probability was given.

    gaps: (names, bins), told: (names,), as a `Tally` has them. Names are resampled; the error of a
    draw is a sum of distances, so it is rather above the error of all names than below.
    Source: Guo et al., On Calibration of Modern Neural Networks, ICML 2017.
    """
    some = told > 0
    if not some.any():
        return None
    own = draws.draws(int(some.sum()))
    drawn = np.abs(own.weights @ gaps[some]).sum(axis=1) / (own.weights @ told[some])
    value = float(np.abs(gaps.sum(axis=0)).sum() / told.sum())
    found = own.estimate(value, drawn)
    return Estimate(value, min(value, found.low), max(value, found.high))
