"""What a page shows beside its tables, as values: faces, mistakes, curves, a map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Mistake:
    """A picture, and what it was taken for; JPEG, or empty where there are none."""

    picture: bytes = field(repr=False)
    source: str  # where the picture lies, within its folder
    truth: str
    truth_picture: bytes = field(repr=False)  # the nearest enrolled picture of its own name
    answer: str
    answer_picture: bytes = field(repr=False)  # the enrolled picture it was taken for
    similarity: float  # cosine to what it was taken for
    own_similarity: float  # cosine to its own name's nearest


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """How often answers are wrong when the surest share of them is given, for one contender."""

    title: str
    coverage: NDArray[np.float64]  # (m,) rising, in (0, 1]
    risk: NDArray[np.float64]  # (m,) the share of wrong answers among these


@dataclass(frozen=True, slots=True, eq=False)
class GalleryMap:
    """The pictures laid out so that like lies near like."""

    places: NDArray[np.float64]  # (n, 2), each axis in [0, 1]
    labels: NDArray[np.int64]  # (n,) the number of each one's name
    pictures: tuple[bytes, ...]  # (n,) JPEG, or () where there are none
    method: str  # "t-SNE" or "principal components"
    backbone: str


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What is drawn beside the tables."""

    names: tuple[str, ...] = ()
    faces: Mapping[int, bytes] = field(default_factory=dict)  # by number of the name, JPEG
    confusion: NDArray[np.int64] | None = None  # (names, names): row the truth, column the answer
    confusion_of: str = ""  # whose: contender and backbone, in words
    mistakes: tuple[Mistake, ...] = ()  # the worst first
    curves: tuple[Curve, ...] = ()
    map: GalleryMap | None = None
