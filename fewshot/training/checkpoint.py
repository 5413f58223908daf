"""Where a training stands comes in; a file goes out that it is taken up from after an interruption.

Numbers of one kind lie in a column of an .npz, one array after the other: no pickle.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fewshot.errors import FileDamaged
from fewshot.heads.fitting import Arrays, Epoch, State
from fewshot.npz import NpzReader, NpzWriter, opened_npz
from fewshot.training.errors import CannotResume
from fewshot.training.phases import Progress
from fewshot.written import written_whole

_DIGESTS = ("pictures", "base")
_COLUMNS = ("<f4", "<f8")
_KINDS = ("variables", "optimizer", "best")


def write_checkpoint(path: Path, progress: Progress, key: Mapping[str, Any]) -> None:
    """Write where a training stands. key: all that decides what it gives, ready for JSON."""
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
            for column in _COLUMNS:
                own = [one.reshape(-1) for one in arrays if _column_of(one.dtype) == column]
                archive.column(f"{kind}{column[1:]}", column, (sum(map(len, own)),), own)
        archive.close(about)


def _column_of(dtype: Any) -> str:
    """Return how numbers are kept: as they are, where they are float32, else as float64."""
    return "<f4" if np.dtype(dtype) == np.float32 else "<f8"


def read_checkpoint(path: Path, key: Mapping[str, Any]) -> Progress:
    """Return where a training stood; raises FileDamaged, and CannotResume for another one."""
    with opened_npz(path) as archive:
        about = archive.manifest
        try:
            before = dict(about["key"])
            if before != key:
                differs = [one for one in key if before.get(one) != key[one]]
                told = [f"{one} was {before.get(one)}" for one in differs if one not in _DIGESTS]
                raise CannotResume(path, ", ".join(told or ["its pictures were others"]))
            shapes = about["shapes"]
            state = State(
                [Epoch(**one) for one in about["done"]],
                **{kind: _parted(archive, kind, shapes[kind]) for kind in _KINDS if kind in shapes},
                best_loss=float("inf") if about["best_loss"] is None else about["best_loss"],
                waited=about["waited"],
            )
            history = tuple(Epoch(**one) for one in about["history"])
            return Progress(about["phase"], history, state)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise FileDamaged(path, "it is no checkpoint of this version") from error


def _parted(archive: NpzReader, kind: str, shapes: Sequence[Sequence[Any]]) -> Arrays:
    numbers = {column: archive.column(f"{kind}{column[1:]}", column).all() for column in _COLUMNS}
    arrays, at = [], dict.fromkeys(_COLUMNS, 0)
    for dtype, *shape in shapes:
        column = _column_of(dtype)
        begin, count = at[column], int(np.prod(shape, dtype=np.int64))
        arrays.append(numbers[column][begin : begin + count].reshape(shape).astype(dtype))
        at[column] += count
    if any(at[column] != len(numbers[column]) for column in _COLUMNS):
        raise ValueError("the arrays have other sizes than they say")
    return arrays
