"""A trained model comes in; a backbone goes out: crops -> features, probabilities, unit vectors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fewshot.backbones.blueprint import Blueprint
from fewshot.backbones.catalog import OWN, PALETTE
from fewshot.backbones.choice import FILE
from fewshot.backbones.preprocessing import PREPROCESSINGS
from fewshot.backbones.spec import BackboneSpec
from fewshot.backbones.squeeze import prepared
from fewshot.bundles.bundle import Bundle
from fewshot.bundles.errors import BundleRefused
from fewshot.heads.head import Floats
from fewshot.lengths import unit_rows
from fewshot.watch import Watch

_DEAF = Watch()


class BundleBackbone:
    """Runs a model's graph by LiteRT, or palette, and its head by numpy; see `Backbone`."""

    def __init__(self, bundle: Bundle, path: Path, watch: Watch = _DEAF) -> None:
        """Take a checked model; raises BundleRefused where palette is no longer what it was."""
        self.bundle, self._path = bundle, path
        base = bundle.base
        self.blueprint: Blueprint | None = None
        self.fingerprint = bundle.fingerprint
        self.head: str | None = bundle.head.fingerprint
        self.lift: float | None = bundle.lift
        self.spec: BackboneSpec = replace(
            OWN,
            name=f"{FILE}{path}",
            summary=f"trained here, from {base.source}",
            input_size=base.size,
            d=bundle.head.d,
            license=base.license,
        )
        self._how = PREPROCESSINGS[base.preprocessing]
        if bundle.graph is None:
            from fewshot.backbones.palette import Palette

            self._palette = Palette(PALETTE)
            same = (self._palette.spec.d, self._palette.spec.input_size) == (base.d, base.size)
            if not same or self._palette.fingerprint != base.fingerprint:
                raise BundleRefused(path, "it was trained on another version of palette")
        else:
            from fewshot.backbones.litert import Interpreters

            self._interpreters = Interpreters(bundle.graph, base.size, base.d, watch, path)

    def embed(self, crops: Sequence[NDArray[np.uint8]], *, threads: int = 1) -> Floats:
        """Turn n crops into (n, d) float32 of length 1, in the space that was trained."""
        with self._finite():
            return self.bundle.head.embed(self.features(crops, threads=threads))

    def probabilities(self, crops: Sequence[NDArray[np.uint8]], *, threads: int = 1) -> Floats:
        """Turn n crops into (n, labels), each row of sum 1."""
        with self._finite():
            return self.bundle.head.probabilities(self.features(crops, threads=threads))

    @contextmanager
    def _finite(self) -> Iterator[None]:
        try:
            yield
        except FloatingPointError as error:
            raise BundleRefused(self._path, str(error)) from error

    def features(self, crops: Sequence[NDArray[np.uint8]], *, threads: int = 1) -> Floats:
        """Turn n crops, each (height, width, 3) uint8 RGB, into what the head takes, row by row."""
        base = self.bundle.base
        if self.bundle.graph is None:
            return self._palette.embed(crops, threads=threads)
        rows = np.empty((len(crops), base.d), np.float32)
        for row, crop in enumerate(crops):
            given = prepared(crop, base.size, self._how)
            rows[row] = self._interpreters.run(given, threads=threads)
        return unit_rows(rows) if self.bundle.head.takes == "unit" else rows
