"""What nobody expects: numbers, texts, JSON and bytes that a hostile file may hold."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from fewshot.naming import Naming, Tried
from fewshot.recipe import Recipe
from fewshot.rules import Rule
from fewshot.watch import Watch
from tests.test_artifact import BLUEPRINT

SECONDS, ROOM = 10.0, 3 << 29  # what a mutant may take: time, memory above what there is before
D, UNIT = 8, np.eye(8, dtype=np.float32)[0]
RECIPE = Recipe("whole", "palette", "ab", None, D)
BUILT = Recipe("whole", "vgg19", BLUEPRINT.fingerprint, None, D, BLUEPRINT)
NAMING = Naming(Rule("vote", "root"), "gallery", 9, "", 0.05, 9, (Tried("mean", 1.0, 0.0, 0.0),))
NUMBERS = (0, 1, -1, 2, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, -(2**31), 2**32 - 1, 2**63 - 1, -(2**63))
TEXTS: tuple[str, ...] = (
    "",
    " ",
    "\0",
    "a\0b",
    "../evil",
    "/",
    "\ud800",
    "é",
    "\u0661 \u0662 \u0663 \u0664",
    "1 2 3",
    "1 2 3 4 5",
)
TEXTS += ("-1 -2 -3 -4", "9 9 9 " + "9" * 30, "9" * 5000, "a" * 1_000_000, "aqua", "megumin", "1_0")
TEXTS += ("nan nan nan nan", "9223372036854775808 0 0 0", "null", "x" * 300, "\n", "2026", "undo")
TEXTS += ("file:../evil", "vggface", "enroll", "mtcnn", "::1", "%s", "\u202e", "e\u0301", "palette")
DEAF = Watch()

Mutate = Callable[[random.Random, Path], object]


class Boom:
    """Makes a file where it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (open, (os.environ["BOOM"], "w"))


def mangled(rng: random.Random, data: bytes, page: int = 64) -> bytes:
    """Change bytes without knowing what they mean: bits, numbers, pages, length."""
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        at = rng.randrange(len(out) + 1)
        one, other = (rng.randrange(len(out) // page + 1) * page for _ in "12")
        what = rng.randrange(9)
        if what < 3:
            out[at : at + 1] = bytes([rng.choice((0, 255, rng.randrange(256)))])
        elif what < 5:
            size = rng.choice((1, 2, 4, 8))
            number = rng.choice(NUMBERS) % (1 << 8 * size)
            out[at : at + size] = number.to_bytes(size, rng.choice(("big", "little")))
        elif what == 5:
            out[one : one + page] = out[other : other + page]
        elif what == 6:
            out[one : one + page] = bytes(page) if rng.random() < 0.5 else rng.randbytes(page)
        elif what == 7:
            del out[slice(at, None) if rng.random() < 0.5 else slice(one, one + page)]
        else:
            out[at:at] = out[one:other] or b"\xff" * page
    return bytes(out)


def odd(rng: random.Random) -> Any:
    """Return a value that JSON can carry and hardly anything expects."""
    deep = "[" * 300 + "]" * 300
    values: tuple[Any, ...] = (
        None,
        True,
        False,
        1.5,
        float("nan"),
        float("inf"),
        1e308,
        10**400,
        [],
        {},
        [1],
        {"d": 1},
    )
    return rng.choice((*values, *NUMBERS, *TEXTS, 65_536, 65_537, 8, json.loads(deep)))


def odd_json(rng: random.Random, value: Any, depth: int = 0) -> Any:
    """Change a part of what JSON says, at any depth."""
    if isinstance(value, dict) and value and (not depth or rng.random() < 0.8):
        key = rng.choice(list(value))
        changed = dict(value)
        match rng.randrange(8):
            case 0:
                del changed[key]
            case 1:
                changed[rng.choice(TEXTS)] = odd(rng)
            case _:
                changed[key] = odd_json(rng, value[key], depth + 1)
        return changed
    if isinstance(value, str) and value and rng.random() < 0.3:
        return mangled(rng, value.encode(), 4).decode(errors="replace")
    return odd(rng)


def odd_text(rng: random.Random, value: Any) -> bytes:
    """Write JSON of which a part is changed; now and then not even JSON."""
    text = json.dumps(odd_json(rng, value) if rng.random() < 0.95 else value)
    if rng.random() < 0.05:
        text = rng.choice(
            ("[" * 90_000, '{"a":' * 90_000, text[:-1], text * 2, "9" * 5000, "\ufeff" + text)
        )
    if rng.random() < 0.05:
        text = text[:-1] + "," + text[1:]  # every key twice
    data = text.encode(errors="surrogatepass")
    return mangled(rng, data, 8) if rng.random() < 0.1 else data
