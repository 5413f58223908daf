"""What can be wrong with what somebody wants to have measured.

UsageError (2)        CannotEvaluate
FewshotError (130)    EvaluationInterrupted
"""

from __future__ import annotations

from fewshot.errors import FewshotError, UsageError


class CannotEvaluate(UsageError):
    """Pictures, or settings, that no figure can come of."""

    def __init__(self, what: str, reason: str) -> None:
        self.what, self.reason = what, reason
        super().__init__(f"cannot evaluate {what}: {reason}")


class EvaluationInterrupted(FewshotError):
    """Somebody stopped a comparison."""

    exit_code = 130

    def __init__(self, kept: bool) -> None:
        self.kept = kept
        after = "what was done is kept, but for the last of it: the same command goes on"
        super().__init__(f"interrupted; {after if kept else 'nothing is kept'}")
