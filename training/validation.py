"""Vectors of held-out classes come in; how often the nearest class mean names them goes out.

The classes are cut from the training pictures by name (`held_out`), so that a choice made here
knows nothing of the pictures that the result is judged on.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from math import ceil

import numpy as np
from numpy.typing import NDArray

from training.pictures import Pictures

Vectors = NDArray[np.float32]

HELD_OUT: Mapping[str, float] = {
    "hololive20": 0.45, "simpsons42": 0.4, "genshin89": 0.35, "pokemon150": 0.25, "lol148": 0.2,
    "ourcar": 0.2, "grocery81": 0.35, "tinyimagenet200": 0.15,
}  # fmt: skip
"""The share of a set's classes that is held out."""
DRAWN = ("hololive20", "genshin89", "pokemon150", "simpsons42", "lol148")
OTHER = ("grocery81", "tinyimagenet200", "ourcar_photo", "ourcar_caric")
SHOTS = 5
MOST = 40
"""Pictures of a held-out class that are looked at."""
DRAWS = 20


def held_out(classes: list[str]) -> set[str]:
    """Return the classes that are not trained on while choosing, of all there are."""
    found: set[str] = set()
    for name, share in HELD_OUT.items():
        own = sorted(
            {one for one in classes if one.startswith(f"{name}/")},
            key=lambda one: sha256(one.encode()).hexdigest(),
        )
        found.update(own[: ceil(share * len(own))])
    people = {_person(one) for one in found if one.startswith("ourcar/")}
    found.update(one for one in classes if one.startswith("lfw/") and _person(one) in people)
    return found


def _person(name: str) -> str:
    return name.partition("/")[2].casefold()


def looked_at(pictures: Pictures, classes: set[str]) -> list[int]:
    """Return the pictures of those classes, at most `MOST` of one class and set."""
    counts: dict[tuple[str, str], int] = {}
    rows = []
    for row, (name, label) in enumerate(zip(pictures.sets, pictures.classes, strict=True)):
        counts[name, label] = counts.get((name, label), 0) + 1
        if label in classes and counts[name, label] <= MOST:
            rows.append(row)
    return rows


def scores(pictures: Pictures, vectors: Vectors) -> dict[str, float]:
    """Return each set's accuracy, the crossing of photograph and caricature, and two means.

    Balanced over classes, 5 pictures each (3 where fewer than 7 are there), 20 draws.
    """
    sets = np.array(pictures.sets)
    labels = pictures.labels()
    found = {}
    for name in (*DRAWN, *OTHER):
        rows = np.flatnonzero(sets == name)
        if rows.size:
            found[name] = _drawn(vectors[rows], labels[rows])
    photo, drawn = (np.flatnonzero(sets == name) for name in ("ourcar_photo", "ourcar_caric"))
    if photo.size and drawn.size:
        found["photo_to_caric"] = _crossed(vectors, labels, photo, drawn)
        found["caric_to_photo"] = _crossed(vectors, labels, drawn, photo)
    for title, names in (("mean_drawn", DRAWN), ("mean_other", OTHER)):
        there = [found[name] for name in names if name in found]
        if there:
            found[title] = float(np.mean(there))
    return found


def nearest_mean(
    support: Vectors, names: NDArray[np.int64], queries: Vectors, truth: NDArray[np.int64]
) -> float:
    """Return the balanced accuracy of the nearest class mean, centered on the support."""
    middle = support.mean(axis=0)
    support, queries = unit(support - middle), unit(queries - middle)
    known = np.unique(names)
    means = unit(np.stack([support[names == one].mean(axis=0) for one in known]))
    right = known[np.argmax(queries @ means.T, axis=1)] == truth
    return float(np.mean([right[truth == one].mean() for one in np.unique(truth)]))


def unit(vectors: Vectors) -> Vectors:
    """Return rows of length one."""
    lengths = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return np.asarray(vectors / lengths, np.float32)


def _drawn(vectors: Vectors, labels: NDArray[np.int64]) -> float:
    random = np.random.default_rng(0)
    found = []
    for _ in range(DRAWS):
        support: list[int] = []
        asked: list[int] = []
        for one in np.unique(labels):
            rows = random.permutation(np.flatnonzero(labels == one))
            shots = SHOTS if rows.size > SHOTS + 1 else 3
            if rows.size > shots:
                support.extend(rows[:shots])
                asked.extend(rows[shots:])
        found.append(nearest_mean(vectors[support], labels[support], vectors[asked], labels[asked]))
    return float(np.mean(found))


def _crossed(
    vectors: Vectors, labels: NDArray[np.int64], enrolled: NDArray[np.int64],
    asked: NDArray[np.int64],
) -> float:  # fmt: skip
    random = np.random.default_rng(0)
    found = []
    for _ in range(DRAWS):
        support = np.concatenate(
            [
                random.permutation(enrolled[labels[enrolled] == one])[:SHOTS]
                for one in np.unique(labels[enrolled])
            ]
        )
        known = np.isin(labels[asked], labels[support])
        found.append(
            nearest_mean(
                vectors[support], labels[support], vectors[asked[known]], labels[asked[known]]
            )
        )
    return float(np.mean(found))
