"""Vectors and whose they are come in; the pairs that are one picture, or nearly so, go out."""

from __future__ import annotations

import numpy as np

from fewshot.leave_one_out import Codes, Vectors

MOST_PAIRS = 10_000
_AT_ONCE = 512


def copies(vectors: Vectors, codes: Codes, same_picture: float) -> list[tuple[int, int, float]]:
    """Return the pairs of rows, the earlier first, whose cosine is `same_picture` or more.

    vectors: (n, d), each of length 1; codes (n,). Of many that are alike each later row is named
    with the nearest before it, once of its own name and once of another; most similar first, at
    most 10,000.
    """
    found: list[tuple[int, int, float]] = []
    for start in range(0, len(vectors), _AT_ONCE):
        some = vectors[start : start + _AT_ONCE]
        end = start + len(some)
        similar = some @ vectors[:end].T
        similar[np.arange(start, end)[:, np.newaxis] <= np.arange(end)] = -1.0
        if similar.max(initial=-1.0) < same_picture:
            continue
        one_name = codes[start:end, np.newaxis] == codes[:end]
        for among in (one_name, ~one_name):
            asked = np.where(among, similar, -1.0)
            nearest = asked.argmax(axis=1)
            near = asked[np.arange(len(some)), nearest]
            found += [
                (int(nearest[row]), start + row, min(1.0, float(near[row])))
                for row in np.flatnonzero(near >= same_picture).tolist()
            ]
    return sorted(found, key=lambda pair: -pair[2])[:MOST_PAIRS]
