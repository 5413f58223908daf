"""What can be wrong with what somebody wants to have measured.

UsageError (2)    CannotEvaluate
"""

from __future__ import annotations

from fewshot.errors import UsageError


class CannotEvaluate(UsageError):
    """Pictures, or settings, that no figure can come of."""

    def __init__(self, what: str, reason: str) -> None:
        self.what, self.reason = what, reason
        super().__init__(f"cannot evaluate {what}: {reason}")
