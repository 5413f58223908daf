"""Digests and thumbnails of pictures come in; those that are one picture, or nearly, go out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fewshot.evaluation.perceptual_hash import Hashes, near_pairs, perceptual_hash
from fewshot.pipeline import ordered_map
from fewshot.same_picture import FLAT_APART, same_picture
from fewshot.small_views import View, prepare
from fewshot.watch import Watch

BOUND = 16
"""Bits of 64 by which the hashes of one picture may differ (measured: eval/near_copies.py)."""

LIKE = 0.65
"""The correlation of their colors, 8 x 8, that two pictures must have to be compared closely."""

MOST_LOOKS = 20_000
"""How many pairs are compared closely, the likeliest first (one: eval/same_picture.py)."""

MOST_LIKELY = 1_000_000
"""How many pairs of near hashes are kept, the nearest."""

_VIEWS, _BATCH, _AT_ONCE = 512, 64, 16_384


@dataclass(frozen=True, slots=True)
class Twins:
    """Two pictures that are one."""

    one: int
    other: int  # the later one
    kind: str  # "equal": the same file; "near": saved again, resized, mirrored, a little cropped


def find_twins(digests: Sequence[str], thumbnails: Sequence[bytes], watch: Watch) -> list[Twins]:
    """Find the pictures that are one: equal files first, then near ones.

    digests: SHA-256 of each file, or "" where there is none. thumbnails: as `images.thumbnail`
    makes them, or b"" where the picture could not be read.
    Of pictures that are all one, only as many pairs are named as join them (see `groups_of`): at
    most n - 1. Tells the watch where there were too many likely pairs to look at all of them.
    Raises ValueError where a thumbnail is no small JPEG.
    """
    if len(digests) != len(thumbnails):
        raise ValueError(f"{len(digests)} digests and {len(thumbnails)} thumbnails")
    twins, first = [], dict[str, int]()
    for number, digest in enumerate(digests):
        if digest and first.setdefault(digest, number) != number:
            twins.append(Twins(first[digest], number, "equal"))
    copies = {twin.other for twin in twins}
    asked = [i for i, jpeg in enumerate(thumbnails) if jpeg and i not in copies]
    return twins + list(_near(asked, thumbnails, watch))


def groups_of(n: int, pairs: Iterable[Twins]) -> NDArray[np.int64]:
    """Return the number (n,) of each picture's group, joined through chains of pairs.

    It is the lowest picture in the group; that of a picture without a twin is its own.
    """
    groups = _Groups(n)
    for pair in pairs:
        groups.join(pair.one, pair.other)
    return np.array([groups.of(number) for number in range(n)], np.int64)


class _Groups:
    """Pictures joined one pair at a time. Source: Tarjan, Journal of the ACM 1975."""

    def __init__(self, n: int) -> None:
        self._above = list(range(n))

    def of(self, number: int) -> int:
        """Return the lowest member of a picture's group."""
        above = self._above
        while above[number] != number:
            above[number] = above[above[number]]
            number = above[number]
        return number

    def join(self, one: int, other: int) -> bool:
        """Make two groups one; tell whether they were two."""
        low, high = sorted((self.of(one), self.of(other)))
        self._above[high] = low
        return low != high


def _near(asked: list[int], thumbnails: Sequence[bytes], watch: Watch) -> Iterator[Twins]:
    """Yield the near ones among the pictures that are asked about."""
    hashes = np.zeros((len(asked), 2), np.uint64)
    small = np.zeros((len(asked), 8, 8, 3), np.float32)
    colors: dict[int, NDArray[np.float32]] = {}
    with watch.bar("looking for copies", len(asked)) as more:
        for row, view in enumerate(ordered_map(lambda i: prepare(thumbnails[i]), asked)):
            if view.flat:
                colors[asked[row]] = view.mean
            else:
                hashes[row] = perceptual_hash(view.image)
                small[row] = _small(view)
            more(1)
    yield from _flat_twins(colors)
    kept = [row for row, number in enumerate(asked) if number not in colors]
    numbers = np.array([asked[row] for row in kept], np.int64)
    near, cut = _near_hashes(hashes[kept])
    likely = _likeliest(near, small[kept])
    yield from _confirmed(numbers[likely], cut, thumbnails, watch)


def _flat_twins(colors: dict[int, NDArray[np.float32]]) -> Iterator[Twins]:
    """Yield pictures of one color with the first of nearly that color, as `same_picture` does."""
    numbers, means = list(colors), np.array(list(colors.values()), np.float32)
    for row in range(1, len(numbers)):
        near = np.abs(means[:row] - means[row]).max(axis=1) <= FLAT_APART
        if near.any():
            yield Twins(numbers[int(near.argmax())], numbers[row], "near")


def _near_hashes(hashes: Hashes) -> tuple[NDArray[np.int32], bool]:
    """Return the pairs (p, 2) of near hashes; whether there were too many to keep."""
    kept: NDArray[np.int32] = np.empty((0, 3), np.int32)
    cut = False
    for block in near_pairs(hashes, BOUND):
        kept = np.concatenate([kept, block])
        if len(kept) > 2 * MOST_LIKELY:
            kept, cut = _nearest(kept), True
    cut = cut or len(kept) > MOST_LIKELY
    return _nearest(kept)[:, :2], cut


def _nearest(pairs: NDArray[np.int32]) -> NDArray[np.int32]:
    return pairs[np.argsort(pairs[:, 2], kind="stable")[:MOST_LIKELY]]


def _small(view: View) -> NDArray[np.float32]:
    """Reduce a picture to 8 x 8 colors (8, 8, 3), less their mean, of length 1."""
    colors = np.asarray(view.image.resize((8, 8), Image.Resampling.BILINEAR), np.float32)
    colors = colors - colors.mean(axis=(0, 1))
    reduced: NDArray[np.float32] = colors / (np.linalg.norm(colors) + np.float32(1e-6))
    return reduced


def _likeliest(near: NDArray[np.int32], small: NDArray[np.float32]) -> NDArray[np.int32]:
    """Return the pairs (p, 2) of pictures whose colors, mirrored or not, are alike, most first."""
    alike = np.empty(len(near), np.float32)
    for start in range(0, len(near), _AT_ONCE):
        one, other = (small[near[start : start + _AT_ONCE, side]] for side in (0, 1))
        both = [np.einsum("nyxc,nyxc->n", one, turned) for turned in (other, other[:, :, ::-1])]
        alike[start : start + _AT_ONCE] = np.maximum(*both)
    order = np.argsort(-alike, kind="stable")
    return near[order[: np.count_nonzero(alike >= LIKE)]]


def _confirmed(
    likely: NDArray[np.int64], cut: bool, thumbnails: Sequence[bytes], watch: Watch
) -> Iterator[Twins]:
    """Yield the pairs (p, 2) that are one picture and that no chain has joined yet.

    cut: whether there were more. Looked at a batch at a time, of a size that does not depend on
    the machine: so are the pairs that a chain spares.
    """
    groups = _Groups(len(thumbnails))

    @lru_cache(_VIEWS)
    def view(number: int) -> View:
        return prepare(thumbnails[number])

    def same(pair: tuple[int, int]) -> bool:
        return same_picture(view(pair[0]), view(pair[1]))

    pairs = zip(likely[:, 0].tolist(), likely[:, 1].tolist(), strict=True)
    apart = (pair for pair in pairs if groups.of(pair[0]) != groups.of(pair[1]))
    total, looks = min(len(likely), MOST_LOOKS), 0
    with watch.bar("comparing likely copies", total) as more:
        while batch := list(islice(apart, min(_BATCH, MOST_LOOKS - looks))):
            for (one, other), found in zip(batch, ordered_map(same, batch), strict=True):
                if found and groups.join(one, other):
                    yield Twins(one, other, "near")
                more(1)
            looks += len(batch)
        more(total - looks)
    if cut or next(apart, None):
        watch.say(
            f"Too many pictures are alike: only the {looks:,} likeliest pairs were compared for "
            "copies, so others may remain."
        )
