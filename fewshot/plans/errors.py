"""What can be wrong with a plan, or with the pictures it is to be run on.

UsageError (2)    BadPlan, WrongLayout
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fewshot.errors import UsageError


class BadPlan(UsageError):
    """A plan file that says something that is not to be said there."""

    def __init__(self, path: Path, key: str, reason: str) -> None:
        self.path, self.key, self.reason = path, key, reason
        at = f"{key}: " if key else ""
        super().__init__(f"cannot run plan {path}: {at}{reason}")


class WrongLayout(UsageError):
    """A folder that is not laid out as the plan wants it."""

    def __init__(self, folder: Path, plan: str, reason: str, layout: Sequence[str]) -> None:
        self.folder, self.plan, self.reason, self.layout = folder, plan, reason, tuple(layout)
        super().__init__(
            f"cannot run plan {plan} on {folder}: {reason}; it wants DIR laid out as "
            + ", ".join(layout)
        )
