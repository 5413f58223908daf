"""A store comes in; the rule its queries are named by, and why, goes out; and is written down.

Loads no numpy, so that `fewshot info` can say it.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from array import array
from dataclasses import asdict, dataclass, field

from fewshot.errors import GalleryDamaged
from fewshot.gallery_file import sqlite_errors, transaction
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
    rows = store.all("SELECT about FROM naming WHERE length(about) <= ?", (str,), (MOST_TEXT,))
    if not rows:
        return Naming()
    try:
        about = json.loads(rows[0][0])
        temperature = about["temperature"]
        naming = Naming(
            rule=Rule.parse(about["rule"]),
            chosen_by=_one_of(about["chosen_by"], ("default", "gallery", "user")),
            references=int(about["references"]),
            center=str(about["center"]),
            temperature=None if temperature is None else float(temperature),
            held_out=int(about["held_out"]),
            tried=tuple(
                Tried(
                    str(Rule.parse(one["rule"])),
                    *(float(one[key]) for key in ("accuracy", "behind", "standard_error")),
                )
                for one in about["tried"][:MOST_TRIED]
            ),
        )
        if naming.temperature is not None and not 1e-4 <= naming.temperature <= 100.0:
            raise ValueError("its temperature is out of bounds")
        center = array("f", base64.b64decode(naming.center, validate=True))
        if len(center) != store.recipe.d * (naming.rule.space == "centered"):
            raise ValueError("its center is of another length")
        if not all(-1.001 <= one <= 1.001 for one in center):  # NaN fails too
            raise ValueError("its center is no mean of unit vectors")
        if not all(math.isfinite(one.accuracy + one.standard_error) for one in naming.tried):
            raise ValueError("an accuracy is none")
    except (LookupError, TypeError, ValueError, RecursionError, binascii.Error) as error:
        reason = f"how it names cannot be read ({error}); fewshot calibrate writes it anew"
        raise GalleryDamaged(store.path, reason) from error
    return naming


def write_naming(store: Store, naming: Naming) -> None:
    """Write down how a gallery names from now on."""
    about = asdict(naming) | {"rule": str(naming.rule)}
    with sqlite_errors(store.path), transaction(store.connection):
        store.connection.execute(
            "INSERT OR REPLACE INTO naming VALUES (1, ?)", (json.dumps(about),)
        )


def _one_of(value: object, known: tuple[str, ...]) -> str:
    if value not in known:
        raise ValueError(f"{value!r} is none of {', '.join(known)}")
    return str(value)
