"""The catalog of detectors and this machine come in; what is here goes out. Loads nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from fewshot.backbones.weights import published_here
from fewshot.detectors.catalog import DETECTORS, DetectorSpec


@dataclass(frozen=True, slots=True)
class DetectorHolding:
    """What there is of one detector on this machine."""

    spec: DetectorSpec
    path: Path | None  # the publisher's file, if it is here; its bytes are not read

    @property
    def state(self) -> str:
        """Return "ready", "to fetch", or "to install" where OpenCV is not here."""
        if self.spec.files and self.path is None:
            return "to fetch"
        return "ready" if find_spec("cv2") else "to install"


def detector_holdings() -> list[DetectorHolding]:
    """Return what there is of each detector of the catalog."""
    return [DetectorHolding(spec, next(published_here(spec), None)) for spec in DETECTORS.values()]
