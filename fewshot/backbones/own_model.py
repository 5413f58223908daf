"""A user's own Keras model file comes in; what it takes, read without running it, goes out.

Only what Keras itself defines is accepted: a layer that carries code (Lambda), or that is looked up
in another package, is refused before Keras sees the file.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fewshot.backbones.errors import WeightsRefused

MAX_CONFIG, MAX_FILE = 16 << 20, 4 << 30
_CARRY_CODE = {"Lambda", "TorchModuleWrapper", "JaxLayer", "FlaxLayer", "TFSMLayer", "function"}
_RESCALE = {"Rescaling", "Normalization"}
_MODEL_FORMATS = ".keras, or the .h5 or .hdf5 of an older Keras"


@dataclass(frozen=True, slots=True)
class OwnModel:
    """What a model file says of itself."""

    path: Path
    size: int | None  # pixels a side; None where any will do
    rescales: bool  # whether its own layers bring pixels of 0 to 255 into their range


def read_own_model(path: Path) -> OwnModel:
    """Read a `.keras` or `.h5` model's configuration; raises WeightsRefused."""
    import lzma
    import zipfile
    import zlib

    try:
        if path.is_dir():
            raise WeightsRefused(path, f"it is a folder; save the model as {_MODEL_FORMATS}")
        if path.stat().st_size > MAX_FILE:
            raise WeightsRefused(path, f"it has more than {MAX_FILE >> 30} GiB")
        if path.suffix == ".keras":  # by the name, as Keras itself decides
            config = json.loads(_from_zip(path))
        elif path.suffix in (".h5", ".hdf5"):
            config = json.loads(_from_hdf5(path))
        else:
            raise WeightsRefused(
                path, f"its name does not end as a model's does ({_MODEL_FORMATS})"
            )
    except OSError as error:
        raise WeightsRefused(path, (error.strerror or str(error)).lower()) from error
    except (
        ValueError, LookupError, TypeError, RuntimeError, EOFError,
        zipfile.BadZipFile, zlib.error, lzma.LZMAError,
    ) as error:  # fmt: skip
        reason = f"it is no Keras model, or damaged ({_MODEL_FORMATS})"
        raise WeightsRefused(path, reason) from error
    parts = list(_parts(config))
    for part in parts:
        _refuse_code(path, part)
    classes = {part["class_name"] for part in parts if "class_name" in part}
    return OwnModel(path, _size(path, parts), bool(classes & _RESCALE))


def _refuse_code(path: Path, part: dict[str, Any]) -> None:
    kind, module = part.get("class_name"), part.get("module")
    words = (kind, module, part.get("registered_name"))
    if "class_name" in part and not all(one is None or isinstance(one, str) for one in words):
        raise WeightsRefused(path, "its configuration is not one that Keras writes")
    if kind in _CARRY_CODE:
        raise WeightsRefused(path, f"it holds a {kind}, which is code in a file")
    foreign = isinstance(module, str) and module.split(".")[0] not in ("keras", "builtins")
    registered = part.get("registered_name")
    if kind and (foreign or (isinstance(registered, str) and ">" in registered)):
        raise WeightsRefused(path, f"its {kind} is not of Keras itself, but of other code")


def _size(path: Path, parts: list[dict[str, Any]]) -> int | None:
    for part in parts:
        shape = part.get("batch_shape") or part.get("batch_input_shape")
        if isinstance(shape, list) and shape:
            if len(shape) != 4 or shape[3] != 3:
                raise WeightsRefused(path, f"it takes {shape}, not color pictures (n, h, w, 3)")
            if shape[1] != shape[2]:
                raise WeightsRefused(path, f"it takes pictures of {shape[2]} x {shape[1]}: squares")
            return shape[1] if type(shape[1]) is int else None
    return None


def _parts(config: object) -> Iterator[dict[str, Any]]:
    """Yield every mapping of a configuration, outermost first."""
    waiting = deque([config])
    while waiting:
        one = waiting.popleft()
        if isinstance(one, dict):
            yield one
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one


def _from_zip(path: Path) -> str:
    import zipfile

    with zipfile.ZipFile(path) as archive:
        if sum(one.file_size for one in archive.infolist()) > MAX_FILE:
            raise ValueError("it unpacks to too much")
        if archive.getinfo("config.json").file_size > MAX_CONFIG:
            raise ValueError("its configuration is too large")
        return archive.read("config.json").decode()


def _from_hdf5(path: Path) -> str:
    import h5py

    with h5py.File(path, "r") as file:
        text = file.attrs["model_config"]
    if len(text) > MAX_CONFIG:
        raise ValueError("its configuration is too large")
    return text.decode() if isinstance(text, bytes) else str(text)
