"""A store comes in; the rule its queries are named by, and why, goes out; and is written down.

Loads no numpy, so that `fewshot info` can say it.
"""

from __future__ import annotations

import base64
import json
import sys
from array import array
from dataclasses import asdict, dataclass, field
from typing import Any

from fewshot.errors import GalleryDamaged
from fewshot.gallery_file import sqlite_errors, transaction
from fewshot.operations import erased_since
from fewshot.rules import SIMPLEST, Rule
from fewshot.store import Store

MOST_TRIED = 32
MOST_TEXT = 1 << 24


@dataclass(frozen=True, slots=True)
class Tried:
    """A rule, and how often it named held-out references rightly, at 5 % of false names."""

    rule: str
    accuracy: float  # each name counting the same, in [0, 1]
    behind: float  # how much the best rule is ahead of it
    standard_error: float  # of that


@dataclass(frozen=True, slots=True)
class Naming:
    """How a gallery names."""

    rule: Rule = SIMPLEST
    chosen_by: str = "default"  # "default", "gallery" or "user"
    references: int = 0  # how many there were when it was chosen
    center: str = ""  # base64 of d float32, for a centered space
    temperature: float | None = None  # of the softmax over scores; None: too little data
    held_out: int = 0  # references asked to choose and to fit
    tried: tuple[Tried, ...] = field(default=())


def naming_of(store: Store) -> Naming:
    """Return how a gallery names: as it is written down, else the simplest way.

    Raises GalleryDamaged.
    """
    rows = store.all(
        "SELECT CASE WHEN length(about) <= ? THEN about END FROM naming", (str,), (MOST_TEXT,)
    )
    if not rows:
        return Naming()
    try:
        naming = _read(json.loads(rows[0][0]))
        center = array("f", base64.b64decode(naming.center, validate=True))
        if len(center) != store.recipe.d * (naming.rule.space == "centered"):
            raise ValueError("its center is of another length")
        if not all(-1.001 <= one <= 1.001 for one in center):  # NaN fails too
            raise ValueError("its center is no mean of unit vectors")
    except (LookupError, TypeError, ValueError, OverflowError, RecursionError) as error:
        reason = f"how it names cannot be read ({error}), which fewshot calibrate mends"
        raise GalleryDamaged(store.path, reason) from error
    return naming


def _read(about: dict[str, Any]) -> Naming:
    """Return what is written down; raises what reading it may."""
    temperature = about["temperature"]
    return Naming(
        rule=Rule.parse(str(about["rule"])),
        chosen_by=_one_of(about["chosen_by"], ("default", "gallery", "user")),
        references=int(_between(about["references"], 0, sys.maxsize)),
        center=str(about["center"]),
        temperature=None if temperature is None else _between(temperature, 1e-4, 100.0),
        held_out=int(_between(about["held_out"], 0, sys.maxsize)),
        tried=tuple(
            Tried(
                str(Rule.parse(str(one["rule"]))),
                *(_between(one[key], -2, 2) for key in ("accuracy", "behind", "standard_error")),
            )
            for one in about["tried"][:MOST_TRIED]
        ),
    )


def has_center(store: Store) -> Naming | None:
    """Return how a gallery names where that rests on the center of its vectors; else None."""
    try:
        naming = naming_of(store)
    except GalleryDamaged:
        return None
    return naming if naming.center else None


def write_naming(store: Store, naming: Naming, as_of: int | None = None) -> bool:
    """Write down how a gallery names from now on.

    as_of: the last operation that it was chosen by; False, and nothing is written, where somebody
    was erased since: its center could hold a trace of them.
    """
    about = asdict(naming) | {"rule": str(naming.rule)}
    with sqlite_errors(store.path), transaction(store.connection):
        if as_of is not None and erased_since(store, as_of):
            return False
        store.connection.execute(
            "INSERT OR REPLACE INTO naming VALUES (1, ?)", (json.dumps(about),)
        )
    return True


def _between(value: object, low: float, high: float) -> float:
    if not isinstance(value, (int, float)) or not low <= value <= high:  # NaN fails too
        raise ValueError(f"{str(value)[:20]} does not lie between {low} and {high}")
    return float(value)


def _one_of(value: object, known: tuple[str, ...]) -> str:
    if value not in known:
        raise ValueError(f"{value!r} is none of {', '.join(known)}")
    return str(value)
