"""A backbone and samples come in; the samples as it sees them, in each view, go out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache as remembered
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any
from weakref import finalize

import numpy as np
from numpy.typing import NDArray

from fewshot.evaluation.asking import Seen
from fewshot.evaluation.color_views import seen_as
from fewshot.evaluation.contender import Pixels
from fewshot.evaluation.embedding import CROP, Vectors, embed_samples
from fewshot.evaluation.methods import Known
from fewshot.evaluation.ready import Ready
from fewshot.evaluation.samples import Samples
from fewshot.lengths import unit_rows
from fewshot.training.squares import read_squares
from fewshot.watch import Watch

PixelsOf = Callable[[NDArray[np.int64], str], Pixels]

GIVEN = "vectors"
"""What vectors that were given are called in a report."""


def seen_by(
    ready: Ready,
    samples: Samples,
    pixels: PixelsOf,
    views: Sequence[str],
    rate: float,
    watch: Watch,
    *,
    threads: int | None,
    keep: bool,
) -> Seen:
    """Embed the samples by a backbone, what is asked in each view.

    pixels: what `pixels_of` gives of the same samples, whatever the backbone.
    """
    how: dict[str, Any] = {"threads": threads, "keep": keep}
    color = embed_samples(samples, ready.backbone, "color", watch, **how)
    asked = np.flatnonzero(samples.asks).tolist()
    vectors = {
        view: color.vectors
        if view == "color"
        else embed_samples(samples, ready.backbone, view, watch, places=asked, **how).vectors
        for view in views
    }
    known = Known(ready.backbone.spec.name, ready.layer, ready.choice, ready.lift, rate)
    fingerprint = ready.backbone.fingerprint + (ready.backbone.head or "")
    stamp = ready.stamp(from_imagenet=samples.from_imagenet)
    return Seen(
        ready.title, fingerprint, known, color.vectors, vectors, pixels,
        ready.license, stamp, color.milliseconds,
    )  # fmt: skip


def given_vectors(vectors: NDArray[np.float32], rate: float) -> Seen:
    """Take vectors (n, d) as they are, but for their length."""
    rows: Vectors = unit_rows(vectors)
    return Seen(GIVEN, "", Known(None, None, None, 0.0, rate), rows, {"color": rows})


def pixels_of(samples: Samples, watch: Watch) -> PixelsOf:
    """Return what gives the squares of some places, as a view; each size is read once."""

    @remembered
    def whole(size: int) -> NDArray[np.uint8]:
        folder = Path(mkdtemp(prefix="fewshot-"))  # a large array lies there while it is used
        finalize(of, rmtree, folder, ignore_errors=True)
        squares, refused = read_squares(samples.files, size, CROP, folder, watch)
        if refused:
            raise refused[0]
        return squares

    def of(places: NDArray[np.int64], view: str) -> Pixels:
        def at(size: int) -> NDArray[np.uint8]:
            squares = whole(size)[places]
            if view == "color":
                return squares
            return np.stack([seen_as(view, one) for one in squares])

        return at

    return of
