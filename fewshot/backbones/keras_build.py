"""A blueprint and its weights come in; a finished artifact stands in the cache."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fewshot.backbones import export
from fewshot.backbones.artifact import GRAPH, MANIFEST, Manifest, versions_of
from fewshot.backbones.blueprint import Blueprint
from fewshot.backbones.errors import BadBackboneOption
from fewshot.backbones.keras_networks import embedding_network
from fewshot.backbones.own_network import own_network
from fewshot.backbones.preprocessing import PREPROCESSINGS
from fewshot.backbones.squeeze import prepared
from fewshot.backbones.weights import WeightsFile
from fewshot.digest import file_digest
from fewshot.recipe import MAX_D


def build(
    blueprint: Blueprint,
    weights: WeightsFile,
    folder: Path,
    license: str,
    pictures: Sequence[NDArray[np.uint8]],
    on: str,
) -> Manifest:
    """Build, compare with Keras on these pictures, and put both files at `folder`.

    pictures: (height, width, 3) uint8 each. on: what they are, for the manifest. Whatever stands
    at `folder` is replaced once the new one is whole; the caller holds the lock.
    Raises BackboneUnavailable, WeightsRefused, BadBackboneOption, OSError.
    """
    if blueprint.network == "file":
        model = own_network(weights.path, blueprint.size, blueprint.layer)
    else:
        model = embedding_network(blueprint.network, blueprint.size, blueprint.layer, weights.path)
    making = folder.with_name(f".{folder.name}")
    shutil.rmtree(making, ignore_errors=True)  # left by a build that was killed
    making.mkdir(parents=True)
    try:
        manifest = _make(blueprint, weights, model, making, license, pictures, on)
        (making / MANIFEST).write_text(manifest.to_json(), encoding="utf-8")
        if folder.exists():
            old = folder.with_name(f".old-{folder.name}")
            shutil.rmtree(old, ignore_errors=True)
            folder.rename(old)
            shutil.rmtree(old, ignore_errors=True)
        making.rename(folder)
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise
    return manifest


def _make(
    blueprint: Blueprint,
    weights: WeightsFile,
    model: object,
    making: Path,
    license: str,
    pictures: Sequence[NDArray[np.uint8]],
    on: str,
) -> Manifest:
    graph = making / GRAPH
    d = int(model.outputs[0].shape[1])  # type: ignore[attr-defined]
    if d > MAX_D:
        reason = f"it gives {d:,} numbers, {MAX_D:,} is the most; name an earlier layer"
        raise BadBackboneOption(blueprint.network, "this layer", reason)
    export.export(model, graph, blueprint.precision)
    how = PREPROCESSINGS[blueprint.preprocessing]
    inputs = [prepared(one, blueprint.size, how) for one in pictures]
    parity = export.compare(model, graph, d, inputs, on)
    export.require(parity, blueprint.network, blueprint.precision)
    return Manifest(
        name=blueprint.network,
        blueprint=blueprint,
        d=d,
        parity=parity,
        license=license,
        published=weights.published,
        versions=versions_of("fewshot", "tensorflow", "keras", "ai-edge-litert"),
        graph_bytes=graph.stat().st_size,
        graph_sha256=file_digest(graph),
    )
