"""How a gallery's vectors were made: crop, backbone, head, d. It travels in the gallery file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

MAX_D = 65_536


@dataclass(frozen=True, slots=True)
class Recipe:
    """What two vectors must have in common before they may be compared.

    crop: a cropper's name. backbone: a backbone's name. fingerprint: the digest of what computes
    (weights, preprocessing, version), hex. head: the fingerprint of a trained head, or None.
    d: how many numbers a vector has, 1 to 65,536.
    """

    crop: str
    backbone: str
    fingerprint: str
    head: str | None
    d: int

    def __post_init__(self) -> None:
        for part in (self.crop, self.backbone, self.fingerprint):
            if not isinstance(part, str) or not part:
                raise ValueError("a recipe names its crop, its backbone and its fingerprint")
        if self.head is not None and not isinstance(self.head, str):
            raise ValueError("a recipe's head is a fingerprint or None")
        if type(self.d) is not int or not 1 <= self.d <= MAX_D:
            raise ValueError(f"a recipe's d is 1 to {MAX_D}, not {self.d!r}")

    def __str__(self) -> str:
        head = f" + head {self.head[:8]}" if self.head else ""
        return f"{self.backbone} ({self.fingerprint[:8]}{head}, crop {self.crop})"

    def to_json(self) -> str:
        """Return the recipe as one line of JSON, its keys sorted."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Recipe:
        """Read what `to_json` wrote; raises ValueError for anything else."""
        try:
            return cls(**json.loads(text))
        except (TypeError, ValueError, RecursionError) as error:
            raise ValueError(f"not a recipe: {error}") from error
