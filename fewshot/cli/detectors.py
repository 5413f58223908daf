"""A detector and what there is of it come in; a row of `fewshot models` goes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fewshot.cli.output import Row

if TYPE_CHECKING:
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
