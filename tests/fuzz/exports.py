"""An export comes in; mutants of it go out, many of them with right checksums."""

from __future__ import annotations

import io
import json
import pickle
import random
import zipfile
from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from fewshot.backbones.artifact import MANIFEST
from tests.fuzz.values import (
    NUMBERS,
    TEXTS,
    Boom,
    mangled,
    odd_text,
)


def spoil_column(rng: random.Random, column: Any) -> Any:
    """Change a column of an export: its numbers, its shape, its kind."""
    if isinstance(column, bytes) or not column.shape:
        return column  # spoiled already
    flat = column.copy()
    if flat.size:
        value: Any = rng.choice((*NUMBERS, float("nan"), float("inf"), *TEXTS[:12]))
        try:
            flat.flat[rng.randrange(flat.size)] = value
        except (ValueError, OverflowError, TypeError):
            flat = flat[::-1].copy()
    kinds = "<f4 >f4 <f8 <i8 >i8 u1 i1 S40 S1 U9 <M8[s] c8 ? V8".split()
    some: tuple[Callable[[], Any], ...] = (
        *(lambda: flat,) * 4,
        *(
            lambda: column[:-1],
            lambda: column[:0],
            lambda: column[::-1].copy(),
            lambda: column[:1].reshape(-1)[0],
        ),
        *(lambda: column.astype(rng.choice(kinds)), lambda: np.asfortranarray(column)),
        *(lambda: column.view(rng.choice(kinds)), lambda: np.concatenate([column, column])),
        *(lambda: column[..., np.newaxis], lambda: column.reshape(-1), lambda: np.zeros((0, 0, 5))),
        *(lambda: np.array([Boom()] * 3, object), lambda: pickle.dumps(Boom())),
        lambda: np.zeros(3, [("a", "<i4"), ("b", "U3")]),
    )
    try:
        return rng.choice(some)()
    except (ValueError, TypeError, IndexError):
        return flat


def as_bytes(rng: random.Random, column: Any) -> bytes:
    if isinstance(column, bytes):
        return column
    np.save(buffer := io.BytesIO(), column, allow_pickle=True)
    data = buffer.getvalue()
    if rng.random() < 0.04:
        shape = rng.choice(
            ("(10**18,)", "(2**62, 4)", "(-1,)", "(True,)", "(0, 2**63)", "(3.0,)", "()", "(" * 500)
        )
        return (
            data[:10] + data[10:128].replace(b"(", shape.encode()[:80] + b" #(")[:118] + data[128:]
        )
    return data[:10] + mangled(rng, data[10:128], 8) + data[128:] if rng.random() < 0.05 else data


@lru_cache(1)
def columns_of(sound: bytes) -> dict[str, Any]:
    """Read the columns of a sound export, once for all mutants of it: none may write to them."""
    with np.load(io.BytesIO(sound)) as archive:
        columns = {name: archive[name] for name in archive.files if name[-5:] != ".json"}
    for column in columns.values():
        column.flags.writeable = False
    return columns


@lru_cache(1)
def manifest_of(sound: bytes) -> bytes:
    with np.load(io.BytesIO(sound)) as archive:
        return bytes(archive[MANIFEST])


def spoil_export(rng: random.Random, path: Path) -> None:
    """Mutate an export: its bytes, or its parts with right checksums, or the zip around them."""
    sound = (path.parent.parent / "good.npz").read_bytes()
    if rng.random() < 0.3:
        tail = len(sound) - rng.choice((2000, 300, len(sound)))
        path.write_bytes(sound[:tail] + mangled(rng, sound[tail:], rng.choice((22, 46, 512))))
        return
    columns, manifest = dict(columns_of(sound)), json.loads(manifest_of(sound))
    for _ in range(rng.choice((0, 1, 1, 2))):
        name = rng.choice(list(columns))
        columns[name] = spoil_column(rng, columns[name])
    if rng.random() < 0.1:
        columns[rng.choice(("../evil", "/evil", "a\0b", "evil/", "x" * 60_000, "."))] = np.zeros(3)
    if rng.random() < 0.05:
        del columns[rng.choice(list(columns))]
    data = {name: as_bytes(rng, column) for name, column in columns.items()}
    manifest["sha256"] = {name: sha256(one).hexdigest() for name, one in data.items()}
    text = odd_text(rng, manifest) if rng.random() < 0.3 else json.dumps(manifest).encode()
    members = [*((f"{name}.npy", one) for name, one in data.items()), (MANIFEST, text)]
    if rng.random() < 0.05:
        members.append(rng.choice(members))
    with zipfile.ZipFile(out := io.BytesIO(), "w") as archive:
        for name, one in members:
            about = zipfile.ZipInfo(name[:65_000])
            about.external_attr = rng.choice((0o600, 0o600, 0o600, 0o120777, 0o40755)) << 16
            if rng.random() < 0.01:
                about.compress_type, one = rng.choice((8, 12, 14)), one + bytes(1 << 17)
            archive.writestr(about, one)
    whole = out.getvalue()
    if rng.random() < 0.1:
        tail = len(whole) - rng.choice((22, 200, 1000))
        whole = whole[:tail] + mangled(rng, whole[tail:], 22)
    path.write_bytes(whole)
