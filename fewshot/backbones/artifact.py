"""A folder of the cache comes in: a LiteRT graph and its manifest; what was checked goes out.

    FEWSHOT_CACHE/backbones/mobilenetv2-1f0c.../manifest.json, model.tflite

Nothing is trusted: the manifest's blueprint must have the fingerprint asked for, and the graph the
size and the SHA-256 that the manifest states.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from fewshot.backbones.blueprint import Blueprint
from fewshot.backbones.cache import artifacts_folder
from fewshot.backbones.errors import ArtifactRefused
from fewshot.digest import file_digest
from fewshot.ordinary import open_ordinary
from fewshot.recipe import MAX_D

MANIFEST, GRAPH = "manifest.json", "model.tflite"
FORMAT = 1
MAX_MANIFEST, MAX_GRAPH = 65_536, 2 << 30


@dataclass(frozen=True, slots=True)
class Parity:
    """How well a built graph agrees with the network in Keras, on pictures given to both."""

    pictures: int
    lowest: float  # cosine, the worst of the pictures
    mean: float
    on: str  # "drawn", or the folder the pictures came from


@dataclass(frozen=True, slots=True)
class Manifest:
    """What stands beside a graph."""

    name: str  # as in the catalog, or "file"
    blueprint: Blueprint
    d: int
    parity: Parity
    license: str  # of the weights
    published: bool  # whether the weights are the publisher's own file
    versions: dict[str, str]  # of what built it
    graph_bytes: int
    graph_sha256: str

    def to_json(self) -> str:
        """Return it as text, the fingerprint on top for whoever reads it."""
        parts = asdict(self)
        return json.dumps(
            {"format": FORMAT, "fingerprint": self.blueprint.fingerprint, **parts}, indent=2
        )

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """Read what `to_json` wrote; raises ValueError for anything else."""
        try:
            parts = json.loads(text)
            if parts.pop("format") != FORMAT:
                raise ValueError("another version of fewshot made it")
            fingerprint = parts.pop("fingerprint")
            blueprint = Blueprint.from_mapping(parts.pop("blueprint"))
            parity = Parity(**parts.pop("parity"))
            manifest = cls(blueprint=blueprint, parity=parity, **parts)
        except (KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError(f"not a manifest: {error}") from error
        _require(manifest)
        if blueprint.fingerprint != fingerprint:
            raise ValueError("its fingerprint is not that of what it says")
        return manifest


def _require(manifest: Manifest) -> None:
    """Raise ValueError where JSON gave a value of another type."""
    parity = manifest.parity
    texts = (manifest.name, manifest.license, manifest.graph_sha256, parity.on)
    counts = (manifest.d, manifest.graph_bytes, parity.pictures)
    cosines = (parity.lowest, parity.mean)
    if (
        not all(isinstance(one, str) for one in texts)
        or not all(type(one) is int for one in counts)
        or not all(type(one) in (int, float) and -1.1 < one < 1.1 for one in cosines)
        or type(manifest.published) is not bool
    ):
        raise ValueError("a value in it is of the wrong type")
    if not 1 <= manifest.d <= MAX_D:
        raise ValueError(f"its d is {manifest.d}")


@dataclass(frozen=True, slots=True)
class Artifact:
    """A checked graph, ready to be run."""

    folder: Path
    manifest: Manifest

    @property
    def graph(self) -> Path:
        """The LiteRT file."""
        return self.folder / GRAPH


def folder_of(name: str, fingerprint: str) -> Path:
    """Return where a backbone's artifact belongs."""
    return artifacts_folder() / f"{name}-{fingerprint[:32]}"


def read_artifact(name: str, fingerprint: str) -> Artifact | None:
    """Return the artifact of a fingerprint, checked whole; None where there is none.

    Raises ArtifactRefused where something stands there that is not it.
    """
    folder = folder_of(name, fingerprint)
    manifest = _manifest(folder)
    if manifest is None:
        return None
    if manifest.blueprint.fingerprint != fingerprint or manifest.name != name:
        raise ArtifactRefused(folder, "it is made from something else")
    return _checked(folder, manifest)


def artifact_in(folder: Path) -> Artifact:
    """Return the artifact that lies in a folder, checked whole; raises ArtifactRefused."""
    return _checked(folder, manifest_in(folder))


def manifest_in(folder: Path) -> Manifest:
    """Return the manifest of a folder, its graph unread; raises ArtifactRefused."""
    manifest = _manifest(folder)
    if manifest is None:
        raise ArtifactRefused(folder, f"there is no {MANIFEST}")
    return manifest


def _checked(folder: Path, manifest: Manifest) -> Artifact:
    check_graph(folder, manifest)
    return Artifact(folder, manifest)


def each_artifact() -> Iterator[tuple[Path, Manifest | ArtifactRefused]]:
    """Yield every artifact's folder with its manifest, or what is wrong with it; graphs unread."""
    try:
        folders = sorted(one for one in artifacts_folder().iterdir() if one.is_dir())
    except OSError:
        return
    for folder in folders:
        if folder.name.startswith("."):
            continue  # one being built, or left by a build that was killed
        try:
            manifest = manifest_in(folder)
            if folder.name != folder_of(manifest.name, manifest.blueprint.fingerprint).name:
                raise ArtifactRefused(folder, "it is made from something else")
            yield folder, manifest
        except ArtifactRefused as error:
            yield folder, error


def check_graph(folder: Path, manifest: Manifest) -> None:
    """Raise ArtifactRefused unless the graph is, byte by byte, the one the manifest states."""
    graph = folder / GRAPH
    try:
        size = graph.stat().st_size
        if size != manifest.graph_bytes or size > MAX_GRAPH:
            raise ArtifactRefused(graph, f"it has {size:,} bytes, not {manifest.graph_bytes:,}")
        if file_digest(graph) != manifest.graph_sha256:
            raise ArtifactRefused(graph, "it is not the graph that was built")
    except OSError as error:
        raise ArtifactRefused(graph, error.strerror or str(error)) from error


def _manifest(folder: Path) -> Manifest | None:
    path = folder / MANIFEST
    try:
        with open_ordinary(path) as file:
            data = file.read(MAX_MANIFEST + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ArtifactRefused(path, error.strerror or str(error)) from error
    try:
        if len(data) > MAX_MANIFEST:
            raise ValueError("it is larger than any manifest")
        return Manifest.from_json(data.decode())
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ArtifactRefused(path, "it is damaged") from error
    except ValueError as error:
        raise ArtifactRefused(path, str(error)) from error


def versions_of(*packages: str) -> dict[str, str]:
    """Return the versions of installed packages, for a manifest."""
    from importlib.metadata import version

    return {package: version(package) for package in packages}
