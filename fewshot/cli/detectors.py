"""Detectors on the command line: their rows in `fewshot models`, and what can be fetched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fewshot.cli.output import Row

if TYPE_CHECKING:
    from fewshot.backbones.spec import Published
    from fewshot.detectors.inventory import DetectorHolding


def detector_row(holding: DetectorHolding) -> dict[str, Any]:
    """Return what there is to know of a detector."""
    spec = holding.spec
    file = spec.files[0] if spec.files else None
    return {
        "name": spec.name,
        "kind": "detector",
        "network": spec.summary,
        "finds": spec.kind,
        "bytes": file.size if file else None,
        "license": spec.license,
        "state": holding.state,
        "ready": holding.state == "ready",
        "source": spec.source,
        "file": file.file if file else spec.bundled,
        "address": file.url if file else None,
        "digest": file.digest if file else None,
        "here": str(holding.path) if holding.path else None,
    }


def detector_text(row: Row) -> str:
    """Say a detector in one line, below the backbones."""
    size = f"{row['bytes'] / 1e3:.0f} kB" if row["bytes"] else "-"
    crop = f"crop {row['finds']}"
    return f"{row['name']:18}{row['state']:10}{crop:22}{size:>7}  {row['network']}"


def to_fetch(name: str) -> Published:
    """Return the backbone or detector of this name, if its file is published.

    Raises UnknownBackbone, BadBackboneOption.
    """
    from fewshot.backbones.catalog import BACKBONES, find_backbone
    from fewshot.backbones.choice import FILE
    from fewshot.backbones.errors import BadBackboneOption
    from fewshot.detectors.catalog import DETECTORS
    from fewshot.errors import UnknownBackbone

    if name in DETECTORS:
        if not DETECTORS[name].files:
            raise BadBackboneOption(name, "fetch", "it comes with OpenCV")
        return DETECTORS[name]
    if name not in BACKBONES and not name.startswith(FILE):
        raise UnknownBackbone(name, [*BACKBONES, *DETECTORS])
    spec = find_backbone(name)
    if spec.finished:
        raise BadBackboneOption(name, "fetch", "it comes inside the package")
    if not spec.files:
        reason = "nobody publishes its weights: it is your own model"
        raise BadBackboneOption(name, "fetch", reason)
    return spec
