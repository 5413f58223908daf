"""Vectors, whose they are, and how sharp and large each picture is come in; signs of faults go out.

Numbers only: `doctor` reads a gallery and puts the signs into words.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from fewshot.copies import copies
from fewshot.findings import KINDS
from fewshot.leave_one_out import Codes, Floats, Means, Vectors, centered, standing
from fewshot.mislabeling import ONE_OTHER, WRONG, Suspicion, suspect
from fewshot.sharpness import blurred, tiny

MISLABELED, SAME_IDENTITY, COPY_ACROSS, OUTLIER, BLURRED, TINY, COPY = KINDS

_FENCE = 1.5


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing found, in rows and names by number."""

    kind: str
    rows: tuple[int, ...]  # the one that could go first
    names: tuple[int, ...]  # whose they are, each once; then the name it stands with
    score: float  # larger is worse, within a kind


@dataclass(frozen=True, slots=True)
class Signs:
    """All that was found, by kind as in KINDS, worst first."""

    found: list[Sign]
    suspicion: Suspicion = field(repr=False)


def signs(
    vectors: Vectors,
    codes: Codes,
    *,
    same_picture: float,
    sharp: Floats | None = None,
    shorter: Floats | None = None,
) -> Signs:
    """Look at `vectors` (n, d), each of length 1, of the names `codes` (n,), 0 to the number - 1.

    same_picture: the cosine from which two pictures are taken for one. sharp (n,): of `sharpness`.
    shorter (n,): the shorter side of each crop, in pixels.
    """
    seen = centered(vectors, codes)
    suspicion = suspect(seen, codes)
    accused = (suspicion.wrong >= WRONG) & (suspicion.share >= ONE_OTHER)
    found = [
        Sign(
            MISLABELED,
            (row,),
            (int(codes[row]), int(suspicion.other[row])),
            float(suspicion.wrong[row]),
        )
        for row in np.flatnonzero(accused).tolist()
    ]
    found += [Sign(SAME_IDENTITY, (), (one, other), sure) for one, other, sure in suspicion.twins]
    for one, other, near in copies(vectors, codes, same_picture):
        names = tuple(dict.fromkeys((int(codes[other]), int(codes[one]))))
        kind = COPY if len(names) == 1 else COPY_ACROSS
        found.append(Sign(kind, (other, one), names, near))
    found += _outliers(seen, codes, accused)
    if sharp is not None:
        usual = float(np.nanmedian(sharp)) if not np.isnan(sharp).all() else 0.0
        found += [
            Sign(BLURRED, (row,), (int(codes[row]),), float(np.exp(usual - sharp[row])))
            for row in np.flatnonzero(blurred(sharp)).tolist()
        ]
    if shorter is not None:
        found += [
            Sign(TINY, (row,), (int(codes[row]),), -float(shorter[row]))
            for row in np.flatnonzero(tiny(shorter)).tolist()
        ]
    found.sort(key=lambda one: (KINDS.index(one.kind), -one.score, one.rows, one.names))
    return Signs(found, suspicion)


def _outliers(seen: Vectors, codes: Codes, but: NDArray[np.bool_]) -> list[Sign]:
    """Return the references that stand with nobody: less than half as near as is usual.

    And below the lower fence of the gallery's own, 1.5 times the distance between the quartiles
    (Tukey, 1977), of how near each reference comes to any class mean, its own without it.
    """
    stands = standing(seen, codes, Means(seen, codes))
    near = np.fmax(stands.own, stands.nearest)
    near[np.isnan(stands.own) | but] = np.nan  # one alone has nothing to be far from
    known = near[~np.isnan(near)]
    if not len(known):
        return []
    low, middle, high = np.quantile(known, (0.25, 0.5, 0.75))
    fence = min(low - _FENCE * (high - low), middle / 2.0)
    return [
        Sign(OUTLIER, (row,), (int(codes[row]),), float(fence - near[row]))
        for row in np.flatnonzero(near < fence).tolist()
    ]
