"""What a cropper looks for faces with. It travels in the recipe, so that it can be had again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

VERSION = 1
"""Of how faces are looked for and framed; another one gives other crops."""


@dataclass(frozen=True, slots=True)
class DetectorFile:
    """The file of one detector."""

    name: str  # of the catalog, or "file"
    sha256: str  # hex
    source: str = ""  # where a user's own file lay

    def __post_init__(self) -> None:
        parts = (self.name, self.sha256, self.source)
        if not all(isinstance(one, str) for one in parts) or len(self.sha256) != 64:
            raise ValueError("a detector has a name, a SHA-256 and a source")


@dataclass(frozen=True, slots=True)
class Detection:
    """What faces were looked for with, and how they were framed."""

    detectors: tuple[DetectorFile, ...]
    margin: float  # what is added on each side, as a share of the face's height
    version: int = VERSION

    def __post_init__(self) -> None:
        if not 1 <= len(self.detectors) <= 4:
            raise ValueError("a detection has one detector, or a few")
        if type(self.version) is not int or self.version < 1:
            raise ValueError("a detection has a version")
        if type(self.margin) is not float or not 0.0 <= self.margin <= 4.0:
            raise ValueError(f"a margin is 0 to 4, not {self.margin!r}")

    def __str__(self) -> str:
        return " and ".join(f"{one.name} {one.sha256[:8]}" for one in self.detectors)

    def agrees_with(self, other: Detection | None) -> bool:
        """Tell whether both find and frame alike, wherever their files lie."""
        return other is not None and self._key == other._key

    @property
    def _key(self) -> tuple[object, ...]:
        digests = tuple((one.name, one.sha256) for one in self.detectors)
        return digests, self.margin, self.version

    @classmethod
    def from_mapping(cls, parts: Mapping[str, Any]) -> Detection:
        """Read what `dataclasses.asdict` made of one; raises ValueError, TypeError, KeyError."""
        found = tuple(DetectorFile(**one) for one in parts["detectors"])
        return cls(**{**parts, "detectors": found})
