"""A network and a published Keras `.h5` file come in; the network goes out with its weights.

The files are of the layout that Keras 1 and 2 wrote: an attribute `layer_names`, and in the group
of each layer an attribute `weight_names`. Keras itself loads them by name and skips what does not
fit without a word, which leaves random weights behind; here all fits, or nothing is assigned.

A file is a stranger's: links that lead out of it, data kept outside of it, and more data than the
network has place for are refused before they are read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
from numpy.typing import NDArray

from fewshot.backbones.errors import WeightsRefused

MOST_NAMES = 10_000  # layers of a file, or weights of a layer
LONGEST_NAME = 1_000  # bytes
_FAMILIAR = {
    "pointwise_kernel": "pointwise_kernel",
    "depthwise_kernel": "kernel",
    "kernel": "kernel",
    "W": "kernel",
    "bias": "bias",
    "b": "bias",
    "gamma": "gamma",
    "beta": "beta",
    "moving_mean": "moving_mean",
    "running_mean": "moving_mean",
    "moving_variance": "moving_variance",
    "running_std": "moving_variance",
}
"""What a weight is, by the ends of the names that Keras 1, 2 and 3 gave it."""
_NUMBERED = re.compile(r"(_\d+)?(:\d+)?$")  # conv1_1_W_1:0 is a W, as is conv1_1_W


@dataclass(frozen=True, slots=True)
class _FileLayer:
    """A layer of the file that has weights."""

    name: str
    group: Any
    weights: list[str]


class _Unfit(Exception):
    """Why a file is refused."""


def load_published(model: keras.Model, path: Path) -> None:
    """Assign the weights of a legacy Keras `.h5` file to a built network; all of them or none.

    Layers without weights are passed over on both sides, and "/" in the file's names is "__" in
    the network's. Where both have the same names, those decide; else the order of the layers does,
    so that files whose layers were numbered otherwise fit too. Counts, the order within a layer
    where the file names it, shapes, and that all is finite are checked first.

    Raises WeightsRefused, which names the first layer that does not fit. Needs memory for the
    file's weights beside the network's.
    """
    if not path.is_file():
        raise WeightsRefused(path, "there is no such file")
    try:
        with h5py.File(path, "r") as file:
            found = list(_matched(model, file))
    except _Unfit as unfit:
        raise WeightsRefused(path, str(unfit)) from None
    except PermissionError:
        raise WeightsRefused(path, "it may not be read") from None
    except (OSError, LookupError, RuntimeError, TypeError, ValueError) as error:
        damage = f"it is truncated or damaged ({error})"
        reason = damage if h5py.is_hdf5(path) else "it is no HDF5 file"
        raise WeightsRefused(path, reason) from error
    for variable, values in found:
        variable.assign(values)


def _matched(model: keras.Model, file: Any) -> Iterator[tuple[Any, NDArray[np.float32]]]:
    """Pair each of the network's variables with its values in the file."""
    ours = [layer for layer in model.layers if layer.weights]
    pairs = list(_paired(ours, _layers(file)))
    weights = [item for layer, theirs in pairs for item in _fitting(layer, theirs)]
    for label, variable, dataset in weights:  # all fits by now: what is read is bounded
        yield variable, _values(label, dataset)


def _layers(file: Any) -> list[_FileLayer]:
    """Return the layers of the file that have weights, in its order."""
    root = file
    inner = root.get("model_weights", getlink=True)
    if not _has_names(root, "layer_names") and inner is not None:
        root = _item(root, "model_weights", "model_weights")
    if not _has_names(root, "layer_names"):
        raise _Unfit("it has no layer_names: it is no file of weights by Keras 1 or 2")
    layers = []
    for name in _names(root, "layer_names"):
        group = _item(root, name, f"layer {name}")
        weights = _names(group, "weight_names")
        if weights:
            layers.append(_FileLayer(name.replace("/", "__"), group, weights))
    name, times = Counter(layer.name for layer in layers).most_common(1)[0] if layers else ("", 0)
    if times > 1:
        raise _Unfit(f"layer {name} is in it {times} times")
    return layers


def _paired(ours: list[Any], theirs: list[_FileLayer]) -> Iterator[tuple[Any, _FileLayer]]:
    """Pair the layers by their names, or by their order where the names differ."""
    by_name = {layer.name: layer for layer in theirs}
    names = {layer.name for layer in ours}
    if len(ours) != len(theirs):
        more = "file" if len(ours) > len(theirs) else "network"
        lacking = [layer.name for layer in ours if layer.name not in by_name]
        if more == "network":
            lacking = [name for name in by_name if name not in names]
        raise _Unfit(
            f"it has {len(theirs)} layers with weights, the network {len(ours)}: "
            f"the first the {more} lacks is {lacking[0]}"
        )
    for layer, other in zip(ours, theirs, strict=True):
        yield layer, by_name[layer.name] if names == set(by_name) else other


def _fitting(layer: Any, theirs: _FileLayer) -> Iterator[tuple[str, Any, Any]]:
    """Return the name of the layer, variable and dataset of each weight; reads no data."""
    name, weights = theirs.name, theirs.weights
    label = f"layer {layer.name}" + (f" ({name} in the file)" if name != layer.name else "")
    if len(weights) != len(layer.weights):
        raise _Unfit(
            f"{label}: the file has {len(weights)} weights, the network {len(layer.weights)}"
        )
    for path, variable in zip(weights, layer.weights, strict=True):
        kind, expected = _kind(path), _kind(variable.name)
        if kind and expected and kind != expected:
            raise _Unfit(f"{label}: the file has {path} where the network has {variable.name}")
        dataset = _item(theirs.group, path, label)
        _check_dataset(label, dataset, tuple(variable.shape))
        yield label, variable, dataset


def _check_dataset(label: str, dataset: Any, shape: tuple[int, ...]) -> None:
    """Check all that can be seen without reading data."""
    if not isinstance(dataset, h5py.Dataset):
        raise _Unfit(f"{label}: a group stands where numbers belong")
    if dataset.external or dataset.is_virtual:
        raise _Unfit(f"{label}: its numbers lie in another file")
    if dataset.shape != shape:
        raise _Unfit(f"{label}: the file has {dataset.shape}, the network {shape}")
    if dataset.dtype.kind != "f" or dataset.dtype.itemsize > 8:
        raise _Unfit(f"{label}: it holds {dataset.dtype}, not floats of at most 64 bits")
    if dataset.chunks is not None and prod(dataset.chunks) > dataset.size:
        raise _Unfit(f"{label}: a chunk is larger than the whole")


def _values(label: str, dataset: Any) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):
        values: NDArray[np.float32] = dataset[()].astype(np.float32, copy=False)
    if not np.isfinite(values).all():
        raise _Unfit(f"{label}: it holds numbers that are not finite")
    return values


def _item(group: Any, path: str, label: str) -> Any:
    """Follow a path of groups down, over hard links only."""
    for part in path.split("/"):
        if part in ("", ".") or not isinstance(group, h5py.Group):
            raise _Unfit(f"{label}: {path} is no path inside it")
        link = group.get(part, getlink=True)
        if link is None:
            raise _Unfit(f"{label}: it is named, but {path} is not there")
        if not isinstance(link, h5py.HardLink):
            raise _Unfit(f"{label}: {path} is a link to somewhere else")
        group = group[part]
    return group


def _has_names(group: Any, attribute: str) -> bool:
    return attribute in group.attrs or f"{attribute}0" in group.attrs


def _names(group: Any, attribute: str) -> list[str]:
    """Return a list of names; a long one is split over attribute0, attribute1 ..."""
    if attribute in group.attrs:
        return _strings(group, attribute)
    names: list[str] = []
    part = 0
    while f"{attribute}{part}" in group.attrs:
        names += _strings(group, f"{attribute}{part}")
        _check_number(attribute, len(names))
        part += 1
    if part == 0:
        raise _Unfit(f"{group.name} has no {attribute}")
    return names


def _strings(group: Any, attribute: str) -> list[str]:
    """Return the texts of an attribute, bytes or str; it is measured before it is read."""
    kept = group.attrs.get_id(attribute)
    if kept.shape is None or prod(kept.shape) == 0:  # Keras writes "no names" as no floats
        return []
    _check_number(attribute, prod(kept.shape))
    if len(kept.shape) != 1 or h5py.check_string_dtype(kept.dtype) is None:
        raise _Unfit(f"{attribute} of {group.name} is no list of names")
    if kept.dtype.itemsize > LONGEST_NAME:
        raise _Unfit(f"{attribute} of {group.name} has a name of {kept.dtype.itemsize} bytes")
    values = group.attrs[attribute]
    return [value.decode() if isinstance(value, bytes) else str(value) for value in values]


def _check_number(attribute: str, number: int) -> None:
    if number > MOST_NAMES:
        raise _Unfit(f"{attribute} has {number} names, more than {MOST_NAMES}")


def _kind(name: str) -> str | None:
    """Return what a weight is by the end of its name, None where that says nothing."""
    end = _NUMBERED.sub("", name.rpartition("/")[2])
    for familiar, kind in _FAMILIAR.items():
        if end == familiar or end.endswith(f"_{familiar}"):
            return kind
    return None
