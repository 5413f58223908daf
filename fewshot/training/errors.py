"""What can be wrong with what somebody wants to train on.

UsageError (2)    CannotTrain, BadSetting
"""

from __future__ import annotations

from collections.abc import Sequence

from fewshot.errors import UsageError


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
