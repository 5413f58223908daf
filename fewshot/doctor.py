"""A gallery comes in; what is wrong with it, and what mending it would change, goes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fewshot.decision import same_picture_in
from fewshot.diagnosis import Sign, Signs, signs
from fewshot.errors import GalleryDamaged, UnknownBackbone
from fewshot.findings import Diagnosis, Effect, Finding
from fewshot.leave_one_out import Codes, Floats, Vectors
from fewshot.pipeline import ordered_map
from fewshot.records import Reference
from fewshot.removals import Removals
from fewshot.sharpness import sharpness
from fewshot.store import Store
from fewshot.vectors import blocks
from fewshot.watch import Watch
from fewshot.wording import advice, words

MOST_LOOKED_AT = 20_000
"""References that are looked at, evenly taken; of more it would take minutes, and gigabytes."""

MOST_WORKED_OUT = 1_000
"""Findings whose effect is worked out."""

_BESIDE = 2
_USUAL_COPY = 0.99


@dataclass(frozen=True, slots=True)
class _Looked:
    """The references looked at, a row each."""

    ids: Codes
    codes: Codes  # whose each is, 0 to the number of names - 1
    names: list[str]
    vectors: Vectors
    sharp: Floats
    shorter: Floats
    references: dict[int, Reference]


def diagnose(store: Store, watch: Watch, *, threshold: float | None = None) -> Diagnosis:
    """Look at all that is enrolled, or at 20,000 references of it, evenly taken.

    threshold: the similarity a name needs; else what 5 % of the gallery's stand-in strangers reach:
    each identity in turn asked against the class means of the others, each counting the same.
    Raises GalleryDamaged.
    """
    with store.reading():
        count = store.count()
        looked = _look(store, count, watch)
    if looked is None:
        return Diagnosis((), 0, count, 0, 1.0 if threshold is None else threshold, None, 0)
    found = signs(
        looked.vectors,
        looked.codes,
        same_picture=_same_picture(store),
        sharp=looked.sharp,
        shorter=looked.shorter,
    )
    removals = Removals(looked.vectors, looked.codes, threshold)
    rows = [one.rows[0] for one in found.found if one.rows][:MOST_WORKED_OUT]
    effects: dict[int, Effect] = {}
    with watch.bar("weighing removals", len(rows)) as advance:
        for at in range(0, len(rows), 32):
            some = rows[at : at + 32]
            effects |= zip(some, removals.alone(some), strict=True)
            advance(len(some))
    return Diagnosis(
        findings=tuple(_told(one, found, looked, removals, effects) for one in found.found),
        names=len(looked.names),
        references=count,
        looked_at=len(looked.ids),
        threshold=removals.threshold,
        accuracy=removals.accuracy if len(looked.names) > 1 else None,
        worked_out=len(rows),
    )


def _look(store: Store, count: int, watch: Watch) -> _Looked | None:
    """Read what is looked at; the caller holds the snapshot. None where nobody is enrolled."""
    step = max(1, -(-count // MOST_LOOKED_AT))
    ids, owners, vectors = [], [], []
    seen = 0
    for block in blocks(store):
        first = -seen % step
        seen += len(block.ids)
        ids.append(block.ids[first::step])
        owners.append(block.owners[first::step])
        vectors.append(block.vectors[first::step])
    if not ids:
        return None
    numbers = np.concatenate(ids)
    references = store.references_by_id(numbers.tolist())
    whose, codes = np.unique(np.concatenate(owners), return_inverse=True)
    named = store.names_of(whose.tolist())
    if len(references) != len(numbers) or len(named) != len(whose):
        raise GalleryDamaged(store.path, "a reference belongs to nobody")
    sharp = np.empty(len(numbers))
    with watch.bar("looking at pictures", len(numbers)) as advance:
        thumbnails = (store.thumbnail(number) for number in numbers.tolist())
        for row, measured in enumerate(ordered_map(sharpness, thumbnails)):
            sharp[row] = measured
            advance(1)
    return _Looked(
        ids=numbers,
        codes=codes.reshape(-1).astype(np.int64),
        names=[named[one] for one in whose.tolist()],
        vectors=np.concatenate(vectors),
        sharp=sharp,
        shorter=np.array([min(references[one].box[2:]) for one in numbers.tolist()], np.float64),
        references=references,
    )


def _told(
    sign: Sign, all_signs: Signs, looked: _Looked, removals: Removals, effects: dict[int, Effect]
) -> Finding:
    numbers = [int(looked.ids[row]) for row in sign.rows]
    names = [looked.names[one] for one in sign.names]
    sources = [looked.references[number].source for number in numbers]
    own, other = _similarities(sign, removals, looked)
    row = sign.rows[0] if sign.rows else -1
    return Finding(
        kind=sign.kind,
        references=tuple(numbers),
        names=tuple(names),
        sources=tuple(sources),
        score=sign.score if sign.kind != "tiny" else -sign.score,
        says=words(sign.kind, sources, names, sign.score, own, other),
        advice=advice(sign.kind, names),
        effect=effects.get(row),
        beside=_beside(sign.names, sign.rows, looked, removals),
    )


def _similarities(sign: Sign, removals: Removals, looked: _Looked) -> tuple[float, float]:
    """Return the cosines to its own name's mean without it, and to the other name's."""
    if not sign.rows:
        return float("nan"), float("nan")
    row, other = sign.rows[0], sign.names[-1]
    means = removals.means
    there = float(looked.vectors[row] @ means.sums[other]) / float(means.lengths[other])
    return float(removals.standing.own[row]), there


def _beside(
    names: Sequence[int], but: Sequence[int], looked: _Looked, removals: Removals
) -> tuple[tuple[str, int], ...]:
    """Return the best references of these names, nearest to the rest of their own."""
    found: list[tuple[str, int]] = []
    for name in names:
        rows = np.setdiff1d(np.flatnonzero(looked.codes == name), but)
        own = np.nan_to_num(removals.standing.own[rows], nan=-1.0)
        best = looked.ids[rows[np.argsort(-own, kind="stable")[:_BESIDE]]]
        found += [(looked.names[name], number) for number in best.tolist()]
    return tuple(found)


def _same_picture(store: Store) -> float:
    try:
        return same_picture_in(store.recipe)
    except UnknownBackbone:
        return _USUAL_COPY
