"""A large gallery comes in; an approximate index of it, its recall measured, goes out.

Every vector is read once, and some thousands are held at a time.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fewshot.approximate import ApproximateIndex, Codebook
from fewshot.cached import Lenses, keep
from fewshot.errors import GalleryUnavailable
from fewshot.growing import GrowingRows
from fewshot.index import APPROXIMATE_FROM, Ids, Vectors, check_vectors, nearest_first
from fewshot.operations import last_operation, now
from fewshot.prototypes import Prototypes
from fewshot.records import CachedIndex
from fewshot.store import Store
from fewshot.vectors import Block, all_ids, blocks, fetched
from fewshot.watch import Watch

WANTED = 0.985
"""The recall from which on no more codes are ranked, on half of the questions."""

RANKED = (50, 75, 100, 150, 200, 300, 400, 500, 750, 1000, 1500, 2000)
QUESTIONS, K = 400, 10

_TRAINED_ON = 5_000
_SEED = 11


def build_index(store: Store, watch: Watch) -> CachedIndex | None:
    """Build the index of a gallery and keep it beside the file; None where exact search will do.

    Its recall at 10 is measured against exact search: 400 references are asked for their nearest
    others. Half of them decide how many codes are ranked, the other half is what is reported. None
    for less than 100,000 references, or where ranking 2,000 does not find 98.5 %.
    Raises CannotWrite, GalleryUnavailable.
    """
    with store.reading():
        ids = all_ids(store)
        if len(ids) < APPROXIMATE_FROM:
            return None
        rng = np.random.default_rng(_SEED)
        book = Codebook.train(fetched(store, _some(ids, _TRAINED_ON, rng)))
        asked = _some(ids, QUESTIONS, rng)
        questions = _Questions(asked, fetched(store, asked))
        codes: GrowingRows[np.uint8] = GrowingRows((book.bytes,), np.uint8)
        owners: GrowingRows[np.int64] = GrowingRows((), np.int64)
        prototypes = Prototypes.of(store.recipe.d)
        with watch.bar("indexing", len(ids)) as advance:
            for block in blocks(store):
                check_vectors(block.vectors, store.recipe.d)
                codes.append(book.encode(block.vectors))
                owners.append(block.owners)
                prototypes.add(block.vectors, block.owners)
                questions.see(block)
                advance(len(block.ids))
        ranked, about = questions.judge(
            ApproximateIndex(
                store.recipe.d,
                book,
                codes.rows,
                ids,
                owners.rows,
                ranked=0,
                fetch=lambda some: fetched(store, some),
            )
        )
        if about is None:
            return None
        lenses = Lenses(
            operation=last_operation(store),
            last=int(ids[-1]),
            ranked=ranked,
            book=book,
            codes=codes.rows,
            ids=ids,
            owners=owners.rows,
            names=prototypes.owners,
            sums=prototypes.sums,
        )
    if not keep(store, lenses, about):
        reason = "somebody was erased while its index was built; build it again"
        raise GalleryUnavailable(store.path, reason)
    return about


def _some(ids: Ids, most: int, rng: np.random.Generator) -> Ids:
    return np.sort(rng.permutation(ids)[:most])


class _Questions:
    """References that are asked for their nearest others."""

    def __init__(self, ids: Ids, vectors: Vectors) -> None:
        self.ids, self.vectors = ids, vectors
        self._best = np.full((len(ids), K), -np.inf, np.float32)
        self._nearest = np.zeros((len(ids), K), np.int64)

    def see(self, block: Block) -> None:
        """Compare with some more references, exactly."""
        similar = self.vectors @ block.vectors.T
        similar[self.ids[:, np.newaxis] == block.ids] = -np.inf
        nearer = similar.max(axis=1) > self._best[:, -1]
        found = nearest_first(
            np.concatenate([self._best[nearer], similar[nearer]], axis=1),
            np.concatenate(
                [self._nearest[nearer], np.tile(block.ids, (int(nearer.sum()), 1))], axis=1
            ),
            K,
        )
        self._best[nearer], self._nearest[nearer] = found.similarities, found.ids

    def judge(self, index: ApproximateIndex) -> tuple[int, CachedIndex | None]:
        """Return how many codes are to be ranked, and what that finds; None where too little."""
        places = np.stack([self._places(index, row) for row in range(len(self.ids))])
        choosing, reporting = places[::2], places[1::2]
        for ranked in RANKED:
            if (choosing < ranked).mean() >= WANTED:
                break
        else:
            return 0, None
        found = (reporting < ranked).mean(axis=1)
        low, high = _interval(found)
        return ranked, CachedIndex(
            kind=f"{index.kind}, {ranked} ranked exactly",
            references=len(index),
            recall=float(found.mean()),
            recall_interval=(low, high),
            queries=len(found),
            built_at=now(),
        )

    def _places(self, index: ApproximateIndex, row: int) -> NDArray[np.int64]:
        """Return at which place among the best codes each of the true neighbors stands."""
        best = index.best(self.vectors[row], RANKED[-1] + 1)
        best = best[best != self.ids[row]]
        place = {number: at for at, number in enumerate(best.tolist())}
        far = RANKED[-1]
        return np.array([place.get(number, far) for number in self._nearest[row].tolist()])


def _interval(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of a mean."""
    draws = np.random.default_rng(_SEED).integers(0, len(values), (1000, len(values)))
    low, high = np.percentile(values[draws].mean(axis=1), (2.5, 97.5))
    return float(low), float(high)
