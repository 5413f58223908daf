"""What can be wrong with what somebody wants to train on.

UsageError (2)         CannotTrain, BadSetting, CannotResume
FewshotError (130)     TrainingInterrupted
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fewshot.errors import FewshotError, UsageError


class CannotTrain(UsageError):
    """Pictures that nothing can be learned from, or not honestly: one class, leaks."""

    def __init__(self, what: str, reason: str, things: Sequence[str] = ()) -> None:
        self.what, self.reason, self.things = what, reason, tuple(things)
        super().__init__(f"cannot train on {what}: {reason}")


class BadSetting(UsageError):
    """A setting of a training that is not one, or does not go with the others."""

    def __init__(self, name: str, value: object, reason: str) -> None:
        self.name, self.value, self.reason = name, value, reason
        super().__init__(f"{name} cannot be {value}: {reason}")


class CannotResume(UsageError):
    """What was interrupted there was another training; it is left as it is."""

    def __init__(self, path: Path, differs: str) -> None:
        self.path, self.differs = path, differs
        super().__init__(
            f"cannot resume {path}: it is of another training ({differs}); train with what it was "
            "begun with, or leave --resume out to begin anew"
        )


class TrainingInterrupted(FewshotError):
    """Somebody stopped a training."""

    exit_code = 130

    def __init__(self, kept: bool) -> None:
        self.kept = kept
        after = "what was learned so far is kept: the same command with --resume goes on"
        super().__init__(f"interrupted; {after if kept else 'nothing was learned yet'}")
