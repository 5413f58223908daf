"""A name comes in; the graph that lies in the package goes out, checked as those of the cache are.

fewshot/backbones/graphs/compact/model.tflite, manifest.json, MODEL_CARD.md
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from fewshot.backbones.artifact import Artifact, Manifest, artifact_in, manifest_in
from fewshot.backbones.blueprint import Blueprint
from fewshot.backbones.catalog import SHIPPED
from fewshot.backbones.errors import ArtifactRefused, BackboneUnavailable
from fewshot.backbones.spec import BackboneSpec

FOLDER = Path(__file__).parent / "graphs"
CARD = "MODEL_CARD.md"


def shipped(spec: BackboneSpec, wanted: Blueprint | None = None) -> Artifact:
    """Return the artifact of a backbone that the package holds.

    wanted: what a gallery was made with. Raises BackboneUnavailable where the package is damaged,
    or holds another version than that.
    """
    folder = FOLDER / spec.name
    try:
        artifact = artifact_in(folder)
        if artifact.manifest.name != spec.name:
            raise ArtifactRefused(folder, f"it is {artifact.manifest.name}")
    except ArtifactRefused as damaged:
        raise BackboneUnavailable(
            spec.name, str(damaged), "install fewshot anew: it comes inside the package"
        ) from damaged
    here = artifact.manifest.blueprint.fingerprint
    if wanted is not None and wanted.fingerprint != here:
        raise BackboneUnavailable(
            spec.name,
            f"version {wanted.fingerprint[:8]} of it is asked for, this fewshot has {here[:8]}",
            "install the fewshot that made it, or enroll the pictures into a new gallery",
        )
    return artifact


def card_of(spec: BackboneSpec) -> Path | None:
    """Return where a backbone's model card is; None for one that is not in the package."""
    card = FOLDER / spec.name / CARD
    return card if card.is_file() else None


def is_shipped(folder: Path) -> bool:
    """Tell whether a folder is one of the package's."""
    return folder.parent == FOLDER


def each_shipped() -> Iterator[tuple[Path, Manifest | ArtifactRefused]]:
    """Yield each folder of the package with its manifest, or what is wrong; graphs unread."""
    for spec in SHIPPED:
        folder = FOLDER / spec.name
        try:
            yield folder, manifest_in(folder)
        except ArtifactRefused as error:
            yield folder, error
