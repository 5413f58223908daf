"""Pictures and targets come in; batches go out, drawn ahead by a thread, the same for a seed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.pictures import Pictures, digest_of
from training.recipe import PALETTE
from training.views import VIEWS, Box, student_view

SETS: Mapping[str, float] = {
    "hololive20": 11, "genshin89": 7, "pokemon150": 14, "pokemon_artpairs": 6, "simpsons42": 10,
    "lol148": 8, "emoji_styles": 7, "ourcar_caric": 8, "ourcar_photo": 10, "lfw": 12,
    "tinyimagenet200": 30, "grocery81": 8, "omniglot_small": 2, "pacs_objects_styles": 4,
}  # fmt: skip
"""How often a set is drawn, in parts; a set not named here counts as `OTHER`."""
OTHER = 5.0
AHEAD = 3


class Draw:
    """Draws batches: a set by its weight, a class by the root of its size, a picture, a crop."""

    def __init__(
        self,
        pictures: Pictures,
        views: list[list[Box]],
        targets: Mapping[str, NDArray[np.float16]],
        seed: int,
        alone: float = 0.0,
    ) -> None:
        """Take n pictures, their crops, and what is told of each crop, (n, VIEWS, d).

        alone: the share of samples that palette's vectors are left out of, zeros in their place.
        """
        self._alone = alone
        self._pictures, self._views, self._targets, self._seed = pictures, views, targets, seed
        self._labels = pictures.labels()
        self.classes = sorted(set(pictures.classes))
        self.sizes = {name: one.shape[-1] for name, one in targets.items()}
        self.pictures = len(pictures)
        self.digest = digest_of(pictures.files)
        self._until = np.cumsum(chances(pictures))

    def batch(self, step: int, size: int, side: int) -> tuple[Any, dict[str, Any]]:
        """Return (size, side, side, 3) float32 and the targets by name; one step, one batch."""
        random = np.random.default_rng([self._seed, step])
        found = np.searchsorted(self._until, random.random(size) * self._until[-1], side="right")
        rows = np.minimum(found, len(self._until) - 1)
        seen = random.integers(0, VIEWS, size)
        given = np.empty((size, side, side, 3), np.float32)
        for at, (row, view) in enumerate(zip(rows, seen, strict=True)):
            given[at] = student_view(
                self._pictures.pixels[row], self._views[row][view], side, random
            )
        answers: dict[str, Any] = {"label": self._labels[rows]}
        for name, targets in self._targets.items():
            answers[name] = targets[rows, seen].astype(np.float32)
        answers[PALETTE][random.random(size) < self._alone] = 0.0
        return given, answers

    def batches(
        self, start: int, steps: int, size: int, side: int
    ) -> Iterator[tuple[Any, dict[str, Any]]]:
        """Yield the batches of steps start .. start + steps - 1, some drawn ahead."""
        with ThreadPoolExecutor(1) as pool:
            waiting = [
                pool.submit(self.batch, start + n, size, side) for n in range(min(AHEAD, steps))
            ]
            for n in range(steps):
                if n + AHEAD < steps:
                    waiting.append(pool.submit(self.batch, start + n + AHEAD, size, side))
                yield waiting.pop(0).result()


def chances(pictures: Pictures) -> NDArray[np.float64]:
    """Return how likely each of n pictures is drawn; the sum is 1."""
    named = list(zip(pictures.sets, pictures.classes, strict=True))
    sizes: dict[tuple[str, str], int] = {}
    for one in named:
        sizes[one] = sizes.get(one, 0) + 1
    share = np.array([sizes[one] ** -0.5 for one in named])
    for name in set(pictures.sets):
        of_set = np.array([one == name for one in pictures.sets])
        share[of_set] *= SETS.get(name, OTHER) / share[of_set].sum()
    return np.asarray(share / share.sum())
