"""A checked graph comes in; crops -> unit vectors, by LiteRT, on as many cores as are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Condition, Lock

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from fewshot.backbones.artifact import Artifact
from fewshot.backbones.blueprint import Blueprint
from fewshot.backbones.errors import ArtifactRefused
from fewshot.backbones.preprocessing import PREPROCESSINGS
from fewshot.backbones.spec import BackboneSpec
from fewshot.backbones.squeeze import prepared
from fewshot.lengths import unit_rows
from fewshot.watch import Watch

_DEAF = Watch()
MAX_NUMBERS = 1 << 30
MOST = 8
"""Interpreters at once: each holds the weights once more."""


class Interpreters:
    """LiteRT interpreters of one graph, lent to one thread at a time and made when wanted."""

    def __init__(
        self,
        graph: Path | bytes,
        size: int,
        d: int,
        watch: Watch = _DEAF,
        where: Path | None = None,
    ) -> None:
        """Take a graph (1, size, size, 3) float32 -> (1, d) float32, a file or its bytes.

        watch: surrounds the making of the first one, which LiteRT announces on standard error.
        where: the file that bytes come from, for errors.
        """
        self._graph, self._size, self._d = graph, size, d
        self._where = graph if isinstance(graph, Path) else where or Path("<graph>")
        self._watch: Watch | None = watch
        self._first = Lock()
        self._idle: dict[int, list[Interpreter]] = {}
        self._lent = 0
        self._returned = Condition()

    def run(self, given: NDArray[np.float32], *, threads: int) -> NDArray[np.float32]:
        """Turn an input (1, size, size, 3) into the network's output (d,), not normalized.

        Raises ArtifactRefused for a graph that LiteRT cannot run, or of another shape.
        """
        with self._borrowed(threads) as interpreter:
            interpreter.set_tensor(interpreter.get_input_details()[0]["index"], given)
            interpreter.invoke()
            output = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
        return np.asarray(output[0], np.float32)

    @contextmanager
    def _borrowed(self, threads: int) -> Iterator[Interpreter]:
        with self._returned:
            while self._lent >= MOST:
                self._returned.wait()
            self._lent += 1
            idle = self._idle.setdefault(threads, [])
            interpreter = idle.pop() if idle else None
        try:
            interpreter = interpreter or self._make(threads)
            yield interpreter
            idle.append(interpreter)
        finally:
            with self._returned:
                self._lent -= 1
                self._returned.notify()

    def _make(self, threads: int) -> Interpreter:
        with self._first:
            if self._watch is None:
                return self._made(threads)
            with self._watch.quiet():
                made = self._made(threads)
            self._watch = None
            return made

    def _refuse_size(self, interpreter: Interpreter) -> None:
        """Raise ArtifactRefused for a graph that would take more memory than any of ours does."""
        numbers = sum(
            int(np.prod(one["shape"], dtype=object)) for one in interpreter.get_tensor_details()
        )
        if numbers > MAX_NUMBERS:
            raise ArtifactRefused(self._where, f"its graph computes with {numbers:,} numbers")

    def _made(self, threads: int) -> Interpreter:
        try:
            if isinstance(self._graph, bytes):
                interpreter = Interpreter(model_content=self._graph, num_threads=threads)
                self._refuse_size(interpreter)
            else:
                interpreter = Interpreter(str(self._graph), num_threads=threads)
            interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise ArtifactRefused(self._where, f"LiteRT cannot run it: {error}") from error
        for details, shape in (
            (interpreter.get_input_details(), [1, self._size, self._size, 3]),
            (interpreter.get_output_details(), [1, self._d]),
        ):
            if len(details) != 1 or details[0]["shape"].tolist() != shape:
                raise ArtifactRefused(self._where, f"it has not the shape {shape}")
            if details[0]["dtype"] != np.float32:
                raise ArtifactRefused(self._where, "it does not compute with float32 at its ends")
        return interpreter


class LiteRTBackbone:
    """A backbone that Keras built and LiteRT runs; see `Backbone`."""

    def __init__(self, artifact: Artifact, spec: BackboneSpec, watch: Watch = _DEAF) -> None:
        """Take a checked artifact and its card."""
        self.artifact = artifact
        manifest = artifact.manifest
        self.blueprint: Blueprint | None = manifest.blueprint
        made = manifest.blueprint
        self.fingerprint = made.fingerprint
        self.head: str | None = None
        self.lift: float | None = None
        self.spec = replace(spec, input_size=made.size, d=manifest.d, license=manifest.license)
        self._preprocessing = PREPROCESSINGS[made.preprocessing]
        self._interpreters = Interpreters(artifact.graph, made.size, manifest.d, watch)

    def embed(self, crops: Sequence[NDArray[np.uint8]], *, threads: int = 1) -> NDArray[np.float32]:
        """Turn n crops, each (height, width, 3) uint8 RGB, into (n, d) float32 of length 1.

        A crop is squeezed to a square by Pillow's bilinear filter. A network that answers all
        zeros gives the vector whose numbers are all alike.
        """
        vectors = np.empty((len(crops), self.spec.d), np.float32)
        for row, crop in enumerate(crops):
            given = prepared(crop, self.spec.input_size, self._preprocessing)
            vectors[row] = self._interpreters.run(given, threads=threads)
        return unit_rows(vectors)
