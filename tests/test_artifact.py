"""artifact: what stands in the cache is checked whole, and nothing of it is believed."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from fewshot.backbones.artifact import (
    GRAPH,
    MANIFEST,
    MAX_MANIFEST,
    Manifest,
    Parity,
    each_artifact,
    folder_of,
    read_artifact,
)
from fewshot.backbones.blueprint import Blueprint
from fewshot.backbones.errors import ArtifactRefused

BLUEPRINT = Blueprint("vgg19", "ab" * 32, 96, "caffe", "block3_pool", "float32")
BYTES = b"a graph"


def manifest_of(blueprint: Blueprint = BLUEPRINT, graph: bytes = BYTES) -> Manifest:
    return Manifest(
        name=blueprint.network,
        blueprint=blueprint,
        d=256,
        parity=Parity(8, 0.99999, 0.999995, "drawn"),
        license="CC BY 4.0",
        published=True,
        versions={"keras": "3.15.1"},
        graph_bytes=len(graph),
        graph_sha256=sha256(graph).hexdigest(),
    )


def place(manifest: Manifest | None = None) -> Path:
    manifest = manifest or manifest_of()
    folder = folder_of(manifest.name, manifest.blueprint.fingerprint)
    folder.mkdir(parents=True)
    (folder / MANIFEST).write_text(manifest.to_json(), encoding="utf-8")
    (folder / GRAPH).write_bytes(BYTES)
    return folder


def read() -> object:
    return read_artifact("vgg19", BLUEPRINT.fingerprint)


def test_nothing_is_read_where_nothing_stands() -> None:
    assert read() is None


def test_what_was_written_is_read() -> None:
    folder = place()
    found = read_artifact("vgg19", BLUEPRINT.fingerprint)
    assert found
    assert (found.folder, found.manifest) == (folder, manifest_of())


@pytest.mark.parametrize("graph", [b"", b"a Graph", b"a graph and more"])
def test_a_damaged_graph_is_refused(graph: bytes) -> None:
    (place() / GRAPH).write_bytes(graph)
    with pytest.raises(ArtifactRefused, match=r"bytes|not the graph"):
        read()


def test_a_graph_that_is_gone_is_refused() -> None:
    (place() / GRAPH).unlink()
    with pytest.raises(ArtifactRefused, match="No such file"):
        read()


def test_an_artifact_of_something_else_is_refused() -> None:
    other = Blueprint("vgg19", "cd" * 32, 96, "caffe", "block3_pool", "float32")
    place(manifest_of(other)).rename(folder_of("vgg19", BLUEPRINT.fingerprint))
    with pytest.raises(ArtifactRefused, match="made from something else"):
        read()


EDITS: list[Callable[[dict[str, Any]], Any]] = [
    lambda parts: parts.update(format=99),
    lambda parts: parts.update(d=0),
    lambda parts: parts.update(d="256"),
    lambda parts: parts.update(blueprint=None),
    lambda parts: parts["blueprint"].update(size=97),
    lambda parts: parts.pop("parity"),
    lambda parts: parts["parity"].update(lowest=None),
    lambda parts: parts["parity"].update(mean=float("nan")),
    lambda parts: parts.update(graph_bytes="1"),
    lambda parts: parts.update(published="yes"),
    lambda parts: parts.update(name="vgg16"),
    lambda parts: parts.update(license=3),
    lambda parts: parts.update(more=1),
    lambda parts: parts.clear(),
]


@pytest.mark.parametrize("edit", EDITS)
def test_a_manifest_that_was_changed_is_refused(edit: Callable[[dict[str, Any]], Any]) -> None:
    path = place() / MANIFEST
    parts = json.loads(path.read_text(encoding="utf-8"))
    edit(parts)
    path.write_text(json.dumps(parts), encoding="utf-8")
    with pytest.raises(ArtifactRefused):
        read()


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xfe", b"[]", b"[" * 20_000, b" " * (MAX_MANIFEST + 1)]
)
def test_a_manifest_that_is_none_is_refused(data: bytes) -> None:
    (place() / MANIFEST).write_bytes(data)
    with pytest.raises(ArtifactRefused):
        read()


def test_all_are_listed_and_what_is_wrong_with_them() -> None:
    good = place()
    bad = good.with_name("vgg19-0000")
    bad.mkdir()
    good.with_name(".vgg19-being-built").mkdir()
    found = dict(each_artifact())
    assert set(found) == {good, bad}
    assert isinstance(found[bad], ArtifactRefused)


def test_an_empty_cache_lists_nothing() -> None:
    assert list(each_artifact()) == []
