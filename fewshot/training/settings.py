"""How a model is to be trained, as one value that is checked whole. Nothing heavy is imported."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from hashlib import sha256
from typing import Any

from fewshot.heads.shapes import MAPPED_RATE, PLAIN_RATE, SHAPES
from fewshot.training.errors import BadSetting

KINDS = ("softmax", "triplet", "finetune", "scratch")
OPTIMIZERS = ("adam", "nadam", "sgd")
LOSSES = ("categorical", "binary", "triplet")
MININGS = ("batch-hard", "semi-hard")
CLASS_WEIGHTS = ("balanced", "none")
AUGMENTATIONS = {
    "rotation": (180.0, "degrees, either way"),
    "zoom": (0.9, "share of the side, in or out"),
    "shift": (0.9, "share of the side, along both axes"),
    "shear": (0.9, "slope, along both axes"),
    "flip": (1.0, "1: half of the pictures are mirrored"),
    "brightness": (1.0, "share of the range, brighter or darker"),
    "color": (1.0, "how far saturation and hue may go; color is identity in drawings"),
}
"""The highest amount of each, and what it means. All are off unless they are named."""

_DEFAULTS: dict[str, dict[str, Any]] = {
    "softmax": {"epochs": 30, "head": "cosine", "loss": "categorical"},
    "triplet": {"epochs": 30, "rate": 1e-4, "head": "cosine", "loss": "triplet"},
    "finetune": {"epochs": 15, "rate": 1e-4, "head": "cosine", "loss": "categorical"},
    "scratch": {"epochs": 60, "rate": 1e-3, "head": "flatten-256", "loss": "categorical"},
}


@dataclass(frozen=True, slots=True)
class Settings:
    """All that decides what comes out of a training, but for the pictures.

    kind: "softmax" or "triplet", a head on vectors that are computed once; "finetune", the network
    itself; "scratch", a small network that knows nothing yet.
    head: a name of `heads.shapes`. loss: "categorical"; "binary", of two classes; "triplet".
    mining, margin, d, names, pictures: of the triplet loss: which negatives, by how much they are
    to be farther, how many numbers a vector has (None: as many as the network gives), and the P
    names x K pictures of a batch.
    rate: what the optimizer learns at, 0 for the usual; of a finetune, of its second phase.
    head_epochs, head_rate: of the first, in which only the head learns. epochs: at most, of the
    last phase. batch: pictures a step.
    patience: epochs without a better validation loss after which it ends; 0: never.
    unfreeze: how many of the network's last layers learn too, or the name of the first that does;
    0: none. augment: how far pictures are changed in training, by name (`AUGMENTATIONS`).
    size: pixels a side, None for the network's own. seed: the same one gives the same model.
    """

    kind: str
    head: str = ""
    loss: str = ""
    mining: str = "batch-hard"
    margin: float = 0.2
    d: int | None = None
    names: int = 8
    pictures: int = 4
    optimizer: str = "adam"
    rate: float = 0.0
    head_epochs: int = 30
    head_rate: float = 0.0
    epochs: int = 0
    batch: int = 32
    patience: int = 8
    unfreeze: int | str = 20
    augment: Mapping[str, float] = field(default_factory=dict)
    class_weights: str = "balanced"
    size: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        self._among("kind", KINDS)
        for name, value in _DEFAULTS[self.kind].items():
            if not getattr(self, name):
                object.__setattr__(self, name, value)
        self._among("head", SHAPES)
        rate = MAPPED_RATE if SHAPES[self.head].mapped else PLAIN_RATE
        for name in ("rate", "head_rate"):
            if not getattr(self, name):
                object.__setattr__(self, name, rate)
        self._among("loss", LOSSES)
        self._among("mining", MININGS)
        self._among("optimizer", OPTIMIZERS)
        self._among("class_weights", CLASS_WEIGHTS)
        for name, low, high in (
            ("margin", 0.0, 2.0), ("rate", 1e-9, 10.0), ("head_rate", 1e-9, 10.0),
        ):  # fmt: skip
            self._number(name, low, high)
        for name, low, high in (
            ("names", 2, 1024), ("pictures", 2, 256), ("head_epochs", 1, 2000),
            ("epochs", 1, 2000), ("batch", 1, 65_536), ("patience", 0, 100_000),
            ("seed", 0, 2**31 - 1),
        ):  # fmt: skip
            self._number(name, low, high, whole=True)
        if self.size is not None:
            self._number("size", 16, 2048, whole=True)
        if self.d is not None:
            self._number("d", 2, 65_536, whole=True)
        if not isinstance(self.unfreeze, str):
            self._number("unfreeze", 0, 100_000, whole=True)
        object.__setattr__(self, "augment", _checked(self.augment))
        self._agree()

    def _agree(self) -> None:
        if self.kind in ("softmax", "triplet"):
            if self.augment:
                raise BadSetting(
                    "augment", ", ".join(self.augment),
                    "a head's vectors are computed once; `finetune` with unfreeze 0 augments",
                )  # fmt: skip
            if (self.kind == "triplet") != (self.loss == "triplet"):
                raise BadSetting("loss", self.loss, f"a {self.kind} head has its own")
        if self.kind in ("softmax", "triplet") and self.head == "flatten-256":
            raise BadSetting("head", self.head, "vectors are pooled; `finetune` flattens maps")

    def _among(self, name: str, known: Any) -> None:
        value = getattr(self, name)
        if value not in known:
            raise BadSetting(name, value, f"there is {', '.join(known)}")

    def _number(self, name: str, low: float, high: float, *, whole: bool = False) -> None:
        value = getattr(self, name)
        kinds = (int,) if whole else (int, float)
        if type(value) not in kinds or not low <= value <= high:  # NaN too
            what = "a whole number" if whole else "a number"
            raise BadSetting(name, value, f"it is {what} from {low:g} to {high:g}")
        if not whole:
            object.__setattr__(self, name, float(value))

    @property
    def trains_network(self) -> bool:
        """Whether pictures go through the network in training, not vectors through a head."""
        return self.kind in ("finetune", "scratch")

    @property
    def digest(self) -> str:
        """Return the digest of all of it, hex."""
        return sha256(json.dumps(self.to_mapping(), sort_keys=True).encode()).hexdigest()

    def that_count(self) -> dict[str, Any]:
        """Return those that decide something in a training of its kind, ready for JSON."""
        out: set[str] = set()
        if self.loss != "triplet":
            out |= {"mining", "margin", "d", "names", "pictures"}
        else:
            out |= {"batch", "class_weights"}
        if self.kind != "finetune":
            out |= {"head_epochs", "head_rate", "unfreeze"}
        elif self.unfreeze == 0:
            out |= {"epochs", "rate"}
        if not self.trains_network:
            out |= {"augment"}
        return {name: value for name, value in self.to_mapping().items() if name not in out}

    def to_mapping(self) -> dict[str, Any]:
        """Return its parts, ready for JSON."""
        return asdict(self) | {"augment": dict(self.augment)}

    @classmethod
    def from_mapping(cls, parts: Mapping[str, Any]) -> Settings:
        """Read settings by name; raises BadSetting for what is none."""
        known = {one.name: one for one in fields(cls)}
        for name in parts:
            if name not in known:
                raise BadSetting(name, parts[name], f"no setting is called so; {', '.join(known)}")
        for name, one in known.items():
            if one.default is MISSING and one.default_factory is MISSING and name not in parts:
                raise BadSetting(name, "left out", f"there is {', '.join(KINDS)}")
        made = cls(**parts)
        usual, counting = cls(made.kind).to_mapping(), made.that_count()
        for name, value in parts.items():
            if name not in counting and value != usual[name]:
                what = f"{made.kind}, loss {made.loss}, head {made.head}"
                raise BadSetting(name, value, f"it decides nothing in this training ({what})")
        return made


def _checked(augment: object) -> dict[str, float]:
    if not isinstance(augment, Mapping):
        raise BadSetting("augment", augment, "it is a name and an amount, as in rotation=30")
    found = {}
    for name, amount in sorted(augment.items()):
        if name not in AUGMENTATIONS:
            raise BadSetting("augment", name, f"there is {', '.join(AUGMENTATIONS)}")
        highest, meaning = AUGMENTATIONS[name]
        if type(amount) not in (int, float) or not (
            0 < amount <= highest and math.isfinite(amount)
        ):
            raise BadSetting(f"augment {name}", amount, f"up to {highest:g}: {meaning}")
        found[name] = float(amount)
    return found
