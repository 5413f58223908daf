"""A network without weights and a file of them come in; the network holds them, all or none.

Three formats: the publishers' `.h5` (`published_h5`), and Keras 3's own `.weights.h5`, of the whole
network or of its part up to the layer asked for.
"""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import h5py
import keras
import numpy as np

from fewshot.backbones.errors import WeightsRefused
from fewshot.backbones.published_h5 import load_published

_MOST_ARRAYS = 20_000
_DAMAGE = (OSError, LookupError, RuntimeError, TypeError, ValueError, AttributeError)
"""What h5py and Keras raise over a damaged file."""


def load_weights(whole: keras.Model, part: keras.Model, path: Path) -> None:
    """Load a file into a network of which `part` is the part that is used.

    Which of the two the file was saved from is told by how many arrays it holds. Raises
    WeightsRefused where it fits neither; then nothing is to be used.
    """
    try:
        with h5py.File(path, "r") as file:
            own_format = "layers" in file and "layer_names" not in file.attrs
            arrays = _arrays(file, path) if own_format else []
    except WeightsRefused:
        raise
    except _DAMAGE as error:
        raise WeightsRefused(path, "it is no HDF5 file, or damaged") from error
    if own_format:
        _load_own_format(whole, part, path, arrays)
    else:
        load_published(whole, path)
    for variable in part.weights:
        if not np.isfinite(np.asarray(variable)).all():
            raise WeightsRefused(path, f"{variable.path} holds numbers that are not finite")


def _load_own_format(
    whole: keras.Model, part: keras.Model, path: Path, arrays: list[tuple[int, ...]]
) -> None:
    for model in (whole, part):
        shapes = [tuple(variable.shape) for variable in model.weights]
        if sorted(shapes) == sorted(arrays):
            try:
                _load(model, path)
            except _DAMAGE as error:
                raise WeightsRefused(path, _short(error)) from error
            return
    counts = sorted({len(whole.weights), len(part.weights)})
    wanted = " or ".join(str(count) for count in counts)
    if len(arrays) not in counts:
        reason = f"it holds {len(arrays)} arrays, the network takes {wanted}"
        raise WeightsRefused(path, reason, "if it was cut at a layer, name that by --layer")
    known = Counter(tuple(variable.shape) for variable in whole.weights)
    foreign = next(iter(Counter(arrays) - known), ())
    raise WeightsRefused(path, f"its arrays have other shapes than the network's, one {foreign}")


def _load(model: keras.Model, path: Path) -> None:
    """Let Keras load a file of its own format, whatever the file's name: Keras goes by the end."""
    if path.name.endswith(".weights.h5"):
        model.load_weights(path)
        return
    with TemporaryDirectory() as folder:
        named = Path(folder) / "network.weights.h5"
        try:
            named.symlink_to(path.absolute())
        except OSError:  # Windows, without the right to
            shutil.copyfile(path, named)
        model.load_weights(named)


def _arrays(file: h5py.File, path: Path) -> list[tuple[int, ...]]:
    """Return the shapes of all arrays; refuse what points out of the file."""
    shapes: list[tuple[int, ...]] = []
    link = file.get("layers", getlink=True)
    if not isinstance(link, h5py.HardLink) or not isinstance(file["layers"], h5py.Group):
        raise WeightsRefused(path, "its layers are no group of its own")
    waiting = [file["layers"]]
    while waiting:
        group = waiting.pop()
        for name in group:
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise WeightsRefused(path, f"{group.name}/{name} points elsewhere")
            one = group[name]
            if isinstance(one, h5py.Group):
                waiting.append(one)
            elif one.external or one.is_virtual or one.dtype.kind != "f":
                raise WeightsRefused(path, f"{one.name} is no plain array of floats")
            else:
                shapes.append(tuple(one.shape))
            if len(shapes) + len(waiting) > _MOST_ARRAYS:
                raise WeightsRefused(path, f"it holds more than {_MOST_ARRAYS:,} arrays")
    return shapes


def _short(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__
