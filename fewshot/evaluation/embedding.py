"""Samples and a backbone come in; the vector of each goes out, made once and kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from fewshot.backbones.backbone import Backbone
from fewshot.crops import find_fixed
from fewshot.errors import UnreadableImage
from fewshot.evaluation.color_views import seen_as
from fewshot.evaluation.kept import Kept, vectors_file
from fewshot.evaluation.samples import Samples
from fewshot.images import decode, read_picture, thumbnail
from fewshot.pipeline import ordered_map
from fewshot.watch import Watch

Vectors = NDArray[np.float32]

CROP = "whole"
THUMBNAIL_FROM = 192
"""Pixels a side that decoding leaves of a picture that is shown, or looked at for copies."""

_AT_ONCE = 64


@dataclass(frozen=True, slots=True, eq=False)
class Embedded:
    """Vectors, and what they took."""

    vectors: Vectors  # (n, d), each of length 1
    milliseconds: float | None  # a picture, decoding included; None where all were known already


def embed_samples(
    samples: Samples,
    backbone: Backbone,
    view: str,
    watch: Watch,
    *,
    places: Sequence[int] | None = None,
    threads: int | None = None,
    keep: bool = True,
) -> Embedded:
    """Embed pictures of samples whole, seen as `view`; those known by content are not read.

    places: which of them, the rows of the others are 0. Raises UnreadableImage.
    """
    made_by = backbone.fingerprint[:32] + (f"-{backbone.head[:16]}" if backbone.head else "")
    kept = Kept(vectors_file(f"{made_by}-{CROP}-{view}") if keep else None)
    size = backbone.spec.d
    rows = np.zeros((len(samples), size), np.float32)
    wanted = list(range(len(samples))) if places is None else list(places)
    cut, at_least = find_fixed(CROP), 2 * backbone.spec.input_size

    def made(place: int) -> tuple[str, Vectors]:
        raw = read_picture(samples.files[place])
        pixels = seen_as(view, decode(raw, at_least=at_least).pixels)
        return raw.digest.hex(), backbone.embed([cut(pixels)[0].pixels])[0]

    try:
        known = kept.get([samples.digests[one] for one in wanted])
        waiting = []
        for place in wanted:
            content = known.get(samples.digests[place])
            vector = None if content is None else _read(content, size)
            if vector is None:
                waiting.append(place)
            else:
                rows[place] = vector
        if not waiting:
            return Embedded(rows, None)
        what = backbone.spec.name if view == "color" else f"{backbone.spec.name}, {view}"
        began, fresh = perf_counter(), dict[str, bytes]()
        with watch.bar(f"embedding, {what}", len(waiting)) as advance:
            every = ordered_map(made, waiting, workers=threads)
            for place, (digest, vector) in zip(waiting, every, strict=True):
                rows[place] = vector
                fresh[digest] = vector.astype("<f4").tobytes()
                if len(fresh) >= _AT_ONCE:  # so that an interrupted run has lost little
                    kept.put(fresh)
                    fresh = {}
                advance(1)
        kept.put(fresh)
        return Embedded(rows, 1e3 * (perf_counter() - began) / len(waiting))
    finally:
        kept.close()


def read_thumbnails(
    samples: Samples, watch: Watch, threads: int | None = None
) -> tuple[Samples, list[bytes], list[tuple[str, str]]]:
    """Decode all pictures once; return those that can be read, their thumbnails, and the others.

    A thumbnail is a JPEG of at most 128 pixels a side.
    """

    def small(place: int) -> bytes | UnreadableImage:
        try:
            raw = read_picture(samples.files[place])
            return thumbnail(decode(raw, at_least=THUMBNAIL_FROM).pixels)
        except UnreadableImage as error:
            return error

    found: list[bytes] = []
    refused: list[tuple[str, str]] = []
    kept = np.ones(len(samples), np.bool_)
    with watch.bar("reading pictures", len(samples)) as advance:
        for place, one in enumerate(ordered_map(small, range(len(samples)), workers=threads)):
            if isinstance(one, UnreadableImage):
                kept[place] = False
                refused.append((samples.shown(place), one.reason))
            else:
                found.append(one)
            advance(1)
    return (samples if kept.all() else samples.only(kept)), found, refused


def _read(content: bytes, size: int) -> Vectors | None:
    """Return a vector as it was kept, if it is one."""
    if len(content) != 4 * size:
        return None
    vector = np.frombuffer(content, "<f4").astype(np.float32)
    return vector if abs(float(vector @ vector) - 1.0) < 1e-3 else None
