"""Pictures come in; what the teachers say of each of their crops goes out, kept on disk.

A teacher lends its vectors as targets, never its weights.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training import faces
from training.pictures import read
from training.views import GEOMETRY, VIEWS, cut, views_of

LOT = 256
"""Pictures a task."""

Targets = NDArray[np.float16]


def targets_of(title: str, files: Sequence[Path], keep: Path, processes: int) -> Targets:
    """Return a teacher's vectors, (n, VIEWS, d) float16, each of length one.

    title: as in `eval.backbones`, or "mobilefacenet". keep: a folder; a lot of pictures that was
    seen before is read from there, by its content.
    """
    keep.mkdir(parents=True, exist_ok=True)
    if title == faces.NAME:
        return faces.face_targets(files, keep, VIEWS)
    lots = [list(files[at : at + LOT]) for at in range(0, len(files), LOT)]
    with get_context("spawn").Pool(processes) as pool:
        done = []
        for n, lot in enumerate(pool.imap(_lot, [(title, lot, keep) for lot in lots]), start=1):
            done.append(lot)
            if sys.stderr.isatty():
                print(f"\r{title}: {n:,} of {len(lots):,} lots", end="", file=sys.stderr)
    return np.concatenate(done)


def _lot(task: tuple[str, list[Path], Path]) -> Targets:
    title, files, keep = task
    from eval.backbones import load

    backbone = load(title)
    contents = [file.read_bytes() for file in files]
    name = sha256(b"".join(sha256(one).digest() for one in contents)).hexdigest()[:32]
    kept = keep / f"{title}-{backbone.fingerprint[:8]}-{GEOMETRY}-{name}.npy"
    if kept.is_file():
        return np.asarray(np.load(kept), np.float16)
    pixels = read(files).pixels
    rows = [
        backbone.embed([cut(one, box) for box in views_of(content)])
        for one, content in zip(pixels, contents, strict=True)
    ]
    vectors = np.stack(rows).astype(np.float16)
    making = kept.with_suffix(".making")
    with making.open("wb") as file:
        np.save(file, vectors)
    making.replace(kept)
    return vectors


def shifted(targets: Targets) -> tuple[Targets, NDArray[np.float32]]:
    """Return vectors less their mean, of length one again, and the mean."""
    flat = targets.reshape(-1, targets.shape[-1]).astype(np.float32)
    mean = flat.mean(axis=0)
    flat -= mean
    flat /= np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6)
    return flat.reshape(targets.shape).astype(np.float16), mean


def centered(targets: Targets, known: Targets | None = None) -> Targets:
    """Return vectors square-rooted by sign, less their mean, of length one; zeros stay zeros.

    known: the vectors whose mean it is, where it isn't that of all.

    The root evens out the few numbers that lead (Hellinger's kernel; Arandjelovic, Zisserman, CVPR
    2012); the mean says nothing that tells pictures apart.
    """
    flat = targets.reshape(-1, targets.shape[-1])
    told = np.flatnonzero(flat.any(axis=1))
    rooted = _rooted(flat[told])
    others = None if known is None else known.reshape(-1, targets.shape[-1])
    mean = rooted if others is None else _rooted(others[others.any(axis=1)])
    rooted -= mean.mean(axis=0)
    rooted /= np.maximum(np.linalg.norm(rooted, axis=1, keepdims=True), 1e-6)
    found = np.zeros_like(flat)
    found[told] = rooted
    return found.reshape(targets.shape)


def _rooted(vectors: Targets) -> NDArray[np.float32]:
    numbers = vectors.astype(np.float32)
    return np.sign(numbers) * np.sqrt(np.abs(numbers))
