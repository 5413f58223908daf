"""Where a training stands comes in; a file goes out that it is taken up from after an interruption.

All numbers of one kind lie in one column of an .npz, one array after the other: no pickle.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewshot.errors import FileDamaged
from fewshot.heads.fitting import Arrays, Epoch, State
from fewshot.npz import NpzReader, NpzWriter, opened_npz
from fewshot.training.phases import Progress
from fewshot.written import written_whole

_KINDS = ("variables", "optimizer", "best")


def write_checkpoint(path: Path, progress: Progress, key: str) -> None:
    """Write where a training stands. key: the digest of settings and pictures."""
    state = progress.state or State()
    shapes: dict[str, list[list[Any]]] = {}
    about = {
        "key": key,
        "phase": progress.phase,
        "history": [one.to_mapping() for one in progress.history],
        "done": [one.to_mapping() for one in state.done],
        "best_loss": state.best_loss if np.isfinite(state.best_loss) else None,
        "waited": state.waited,
        "shapes": shapes,
    }
    with written_whole(path, "checkpoint") as file, NpzWriter(file) as archive:
        for kind in _KINDS:
            arrays: Arrays | None = getattr(state, kind)
            if arrays is None:
                continue
            shapes[kind] = [[one.dtype.str, *one.shape] for one in arrays]
            numbers = [np.atleast_1d(one).astype("<f8").reshape(-1) for one in arrays]
            archive.column(kind, "<f8", (sum(map(len, numbers)),), numbers)
        archive.close(about)


def read_checkpoint(path: Path, key: str) -> Progress | None:
    """Return where a training stood; None where it was another one's. Raises FileDamaged."""
    with opened_npz(path) as archive:
        about = archive.manifest
        try:
            if about["key"] != key:
                return None
            state = State(
                [Epoch(**one) for one in about["done"]],
                best_loss=float("inf") if about["best_loss"] is None else about["best_loss"],
                waited=about["waited"],
            )
            for kind, shapes in about["shapes"].items():
                if kind in _KINDS:
                    setattr(state, kind, _parted(archive, kind, shapes))
            history = tuple(Epoch(**one) for one in about["history"])
            return Progress(about["phase"], history, state)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise FileDamaged(path, "it is no checkpoint of this version") from error


def _parted(archive: NpzReader, kind: str, shapes: Sequence[Sequence[Any]]) -> Arrays:
    numbers: NDArray[np.float64] = archive.column(kind, "<f8").all()
    arrays, at = [], 0
    for dtype, *shape in shapes:
        count = int(np.prod(shape, dtype=np.int64))
        arrays.append(numbers[at : at + count].reshape(shape).astype(dtype))
        at += count
    if at != len(numbers):
        raise ValueError("the arrays have other sizes than they say")
    return arrays
