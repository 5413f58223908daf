"""What can be wrong with a model file (5)."""

from __future__ import annotations

from pathlib import Path

from fewshot.errors import BackboneError


class BundleRefused(BackboneError):
    """A model file that is damaged, hostile, of another version, or none."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"cannot use model {path}: {reason}")
