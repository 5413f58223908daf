"""How a gallery's vectors were made: crop, backbone, head, d. It travels in the gallery file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from fewshot.backbones.blueprint import Blueprint
from fewshot.backbones.choice import FILE
from fewshot.detection import Detection

MAX_D = 65_536


@dataclass(frozen=True, slots=True)
class Recipe:
    """What two vectors must have in common before they may be compared.

    crop: a cropper's name. backbone: a backbone's name. fingerprint: the digest of what computes
    (weights, preprocessing, version), hex. head: the fingerprint of a trained head, or None.
    d: how many numbers a vector has, 1 to 65,536. blueprint: what the backbone was built from, so
    that it can be built again; None for one that is not built. lift: by how much, as a decision
    score, strangers come nearer than names that a head was trained on come to each other; None
    where there is no head, or nobody has measured it. detection: what faces are looked for with;
    None where none are.
    """

    crop: str
    backbone: str
    fingerprint: str
    head: str | None
    d: int
    blueprint: Blueprint | None = None
    lift: float | None = None
    detection: Detection | None = None

    def __post_init__(self) -> None:
        for part in (self.crop, self.backbone, self.fingerprint):
            if not isinstance(part, str) or not part:
                raise ValueError("a recipe names its crop, its backbone and its fingerprint")
        if self.head is not None and not isinstance(self.head, str):
            raise ValueError("a recipe's head is a fingerprint or None")
        if type(self.d) is not int or not 1 <= self.d <= MAX_D:
            raise ValueError(f"a recipe's d is 1 to {MAX_D}, not {self.d!r}")
        if self.lift is not None and not (type(self.lift) is float and 0.0 <= self.lift <= 2.0):
            raise ValueError(f"a recipe's lift is 0 to 2, not {self.lift!r}")
        if self.blueprint is not None and self.blueprint.fingerprint != self.fingerprint:
            raise ValueError("a recipe's fingerprint is that of its blueprint")
        network = "file" if self.backbone.startswith(FILE) else self.backbone
        if self.blueprint is not None and self.blueprint.network != network:
            raise ValueError("a recipe's backbone is that of its blueprint")

    def __str__(self) -> str:
        head = f" + head {self.head[:8]}" if self.head else ""
        built = f", {self.blueprint}" if self.blueprint else ""
        looks = f" by {self.detection}" if self.detection else ""
        return f"{self.backbone} ({self.fingerprint[:8]}{head}{built}, crop {self.crop}{looks})"

    def agrees_with(self, other: Recipe) -> bool:
        """Tell whether vectors of both may be compared."""
        same = all(
            getattr(self, part) == getattr(other, part)
            for part in ("crop", "fingerprint", "head", "d")
        )
        if self.detection is None:
            return same and other.detection is None
        return same and self.detection.agrees_with(other.detection)

    def to_json(self) -> str:
        """Return the recipe as one line of JSON, its keys sorted."""
        parts = asdict(self)
        if self.blueprint is None:
            del parts["blueprint"]  # as galleries of palette have always been written
        if self.lift is None:
            del parts["lift"]
        if self.detection is None:
            del parts["detection"]
        return json.dumps(parts, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Recipe:
        """Read what `to_json` wrote; raises ValueError for anything else."""
        try:
            parts = json.loads(text)
            if parts.get("blueprint") is not None:
                parts["blueprint"] = Blueprint.from_mapping(parts["blueprint"])
            if parts.get("detection") is not None:
                parts["detection"] = Detection.from_mapping(parts["detection"])
            return cls(**parts)
        except (TypeError, ValueError, KeyError, AttributeError, RecursionError) as error:
            raise ValueError(f"not a recipe: {error}") from error
