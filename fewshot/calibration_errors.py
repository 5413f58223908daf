"""What goes wrong when a gallery is to keep a rate of false names, as errors."""

from __future__ import annotations

import math
from pathlib import Path

from fewshot.errors import FewshotError, UsageError


class DataError(FewshotError):
    """There is too little data for the guarantee that was asked for."""

    exit_code = 6


class RateNotSupported(DataError):
    """The gallery has too few names to show so low a rate of false names."""

    def __init__(self, path: Path, rate: float, tightest: float, names_needed: int) -> None:
        self.path, self.rate, self.tightest = path, rate, tightest
        self.names_needed = names_needed
        best = math.ceil(1e3 * tightest) / 10  # per cent; never less than it can
        can = f"it can show {best:g} % at best" if tightest < 1 else "it can show none yet"
        super().__init__(
            f"{path} cannot show a rate of false names of {100 * rate:g} %: {can}; with "
            f"{names_needed} names in all it could, or with strangers (fewshot calibrate "
            "--strangers FOLDER); or leave --strict out"
        )


class CannotCalibrate(UsageError):
    """A rule, or strangers, that this gallery cannot take up."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"cannot calibrate {path}: {reason}")
