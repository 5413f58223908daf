"""What can be wrong with a network's weights or with what is made of them.

BackboneError (5)    WeightsMissing, WeightsRefused, DownloadFailed, BackboneUnavailable,
                     ArtifactRefused
UsageError (2)       BadBackboneOption
"""

from __future__ import annotations

from pathlib import Path

from fewshot.errors import BackboneError, UsageError


class WeightsMissing(BackboneError):
    """The weights of a backbone are nowhere to be had."""

    def __init__(self, name: str, file: str, reason: str, mend: str) -> None:
        self.name, self.file, self.reason, self.mend = name, file, reason, mend
        super().__init__(f"{name} needs its weights, {file}: {reason}; {mend}")


class WeightsRefused(BackboneError):
    """A file of weights does not fit the network; nothing of it was used."""

    def __init__(self, path: Path, reason: str, mend: str = "") -> None:
        self.path, self.reason = path, reason
        super().__init__(f"cannot use weights {path}: {reason}" + (f"; {mend}" if mend else ""))


class DownloadFailed(BackboneError):
    """A file could not be downloaded; what had arrived is kept, and the next try goes on."""

    def __init__(self, url: str, reason: str) -> None:
        self.url, self.reason = url, reason
        super().__init__(f"cannot download {url}: {reason}")


class BackboneUnavailable(BackboneError):
    """A backbone cannot be built here, or is damaged."""

    def __init__(self, name: str, reason: str, mend: str) -> None:
        self.name, self.reason, self.mend = name, reason, mend
        super().__init__(f"cannot use {name} here: {reason}; {mend}")


class ArtifactRefused(BackboneError):
    """What stands in the cache is damaged, foreign, or of another format."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"cannot use {path}: {reason}")


class BadBackboneOption(UsageError):
    """An option that this backbone does not take, or not with this value."""

    def __init__(self, name: str, option: str, reason: str) -> None:
        self.name, self.option, self.reason = name, option, reason
        super().__init__(f"{name} cannot take {option}: {reason}")
