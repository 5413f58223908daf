"""A trained model, as a value: what it is, its graph and its head. Written to one file, and read.

model.fewshot: manifest.json, model.tflite, head/kernel0.npy ..., model_card.md, log.jsonl,
               learning_curve.png, confusion.png
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewshot.backbones.blueprint import MAX_SIZE
from fewshot.backbones.preprocessing import PREPROCESSINGS
from fewshot.bundles.archive import read_archive, write_archive
from fewshot.bundles.errors import BundleRefused
from fewshot.crops import FIXED
from fewshot.heads.head import MAX_CLASSES, Floats, Head
from fewshot.names import MAX_LENGTH
from fewshot.npz import NO_ZIP, Column
from fewshot.recipe import MAX_D
from fewshot.written import written_whole

GRAPH, CARD, LOG, CURVE, CONFUSION = (
    "model.tflite", "model_card.md", "log.jsonl", "learning_curve.png", "confusion.png",
)  # fmt: skip
PALETTE = "palette"


@dataclass(frozen=True, slots=True)
class Base:
    """What makes the numbers that a head takes.

    network: a name of the catalog, "file" or "scratch". size: pixels a side. d: numbers it gives.
    fingerprint: of the backbone it was, or "" for a network trained here. source: what it was
    before, for people. license: of the weights it started from.
    """

    network: str
    size: int
    preprocessing: str
    d: int
    fingerprint: str
    source: str
    license: str
    crop: str = "whole"

    def __post_init__(self) -> None:
        texts = (self.network, self.fingerprint, self.source, self.license)
        if not all(isinstance(one, str) and len(one) <= 4096 for one in texts):
            raise ValueError("a base's parts are short texts")
        if self.preprocessing not in PREPROCESSINGS or self.crop not in FIXED:
            raise ValueError("it needs a preprocessing or a crop that this version has not")
        for value, most in ((self.size, MAX_SIZE), (self.d, MAX_D)):
            if type(value) is not int or not 1 <= value <= most:
                raise ValueError(f"a size in it is {value!r}")

    def to_mapping(self) -> dict[str, Any]:
        """Return its parts, ready for JSON."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, eq=False)
class Bundle:
    """A trained model.

    labels: its classes, in the order of the head's. graph: LiteRT, (1, size, size, 3) -> (1, d);
    None where the base is palette. about: settings, data, metrics, parity, versions. extras: the
    members that people look at.
    """

    base: Base
    head: Head
    labels: tuple[str, ...]
    graph: bytes | None
    about: Mapping[str, Any] = field(default_factory=dict)
    extras: Mapping[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if (self.graph is None) != (self.base.network == PALETTE):
            raise ValueError("it has no graph")
        if self.head.d_in != self.base.d:
            raise ValueError(f"its head takes {self.head.d_in} numbers, it makes {self.base.d}")
        good = all(isinstance(one, str) and 0 < len(one) <= MAX_LENGTH for one in self.labels)
        if not good or len(set(self.labels)) != len(self.labels) or len(self.labels) > MAX_CLASSES:
            raise ValueError("its labels are not names")
        if self.head.classes != len(self.labels):
            raise ValueError(f"it has {len(self.labels)} labels for {self.head.classes} classes")

    @property
    def lift(self) -> float | None:
        """By how much strangers come nearer than names of its training; None where unmeasured."""
        found = self.about.get("stranger_lift")
        return found if isinstance(found, float) and 0.0 <= found <= 2.0 else None

    @property
    def fingerprint(self) -> str:
        """Return the digest of all that decides what the head is given, hex."""
        parts = {
            name: value
            for name, value in self.base.to_mapping().items()
            if name not in ("source", "license", "fingerprint")
        }
        digest = sha256(json.dumps(parts, sort_keys=True).encode())
        digest.update(self.base.fingerprint.encode() if self.graph is None else self.graph)
        return digest.hexdigest()

    def write(self, path: Path) -> str:
        """Write it to a file, whole or not at all; return its SHA-256; raises CannotWrite."""
        members = {} if self.graph is None else {GRAPH: self.graph}
        members |= {f"head/{name}.npy": _npy(one) for name, one in self.head.arrays().items()}
        about = {
            **self.about,
            "base": self.base.to_mapping(),
            "head": self.head.about(),
            "labels": list(self.labels),
        }
        made = io.BytesIO()
        write_archive(made, about, members | dict(self.extras))
        with written_whole(path, "model") as file:
            file.write(made.getbuffer())
        return sha256(made.getbuffer()).hexdigest()


def read_bundle(path: Path) -> Bundle:
    """Read what `Bundle.write` wrote, checked whole; raises BundleRefused for anything else."""
    manifest, members = read_archive(path)
    try:
        head = {
            name.removeprefix("head/").removesuffix(".npy"): _array(path, name, data)
            for name, data in members.items()
            if name.startswith("head/")
        }
        labels = manifest.pop("labels")
        if not isinstance(labels, list):
            raise ValueError("its labels are no list")
        return Bundle(
            Base(**manifest.pop("base")),
            Head.from_parts(manifest.pop("head"), head),
            tuple(labels),
            members.get(GRAPH),
            manifest,
            {name: members[name] for name in (CARD, LOG, CURVE, CONFUSION) if name in members},
        )
    except NO_ZIP as error:
        raise BundleRefused(path, f"it is not whole: {error}") from error


def _npy(array: Floats) -> bytes:
    made = io.BytesIO()
    np.lib.format.write_array(made, np.ascontiguousarray(array, "<f4"), allow_pickle=False)
    return made.getvalue()


def _array(path: Path, name: str, data: bytes) -> NDArray[np.float32]:
    column = Column(path, name, io.BytesIO(data), len(data))
    if column.dtype != np.dtype("<f4"):
        raise ValueError(f"{name} is {column.dtype}")
    return column.all().astype(np.float32)
