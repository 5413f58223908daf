"""What can be wrong with a detector, or with what it was to find.

BackboneError (5)    OpencvMissing, DetectorMissing, DetectorRefused
ImageError (3)       NothingFound, SeveralFaces, BoxOutside
"""

from __future__ import annotations

from pathlib import Path

from fewshot.errors import BackboneError, UnreadableImage


class OpencvMissing(BackboneError):
    """OpenCV, which finds faces, is not installed, or is one that cannot find them."""

    def __init__(self, crop: str, reason: str = "which is not installed") -> None:
        self.crop, self.reason = crop, reason
        super().__init__(
            f"crop {crop} takes OpenCV, {reason}: pip install 'fewshot[vision]' (in a clone "
            "'.[vision]'); crop whole and crop center take nothing"
        )


class DetectorMissing(BackboneError):
    """The file of a detector is nowhere to be had."""

    def __init__(self, name: str, reason: str, mend: str) -> None:
        self.name, self.reason, self.mend = name, reason, mend
        super().__init__(f"the detector {name} cannot be used: {reason}; {mend}")


class DetectorRefused(BackboneError):
    """A file that is no detector, or none that OpenCV reads."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"cannot look for faces with {path}: {reason}")


class CannotLook(Exception):
    """OpenCV cannot look at these pixels; whoever knows the picture's name says so of it."""


class NothingFound(UnreadableImage):
    """A picture in which what was looked for is not found."""


class SeveralFaces(UnreadableImage):
    """A picture with more faces than the one that was asked for."""


class BoxOutside(UnreadableImage):
    """A box that does not lie in its picture."""
