"""All that decides a Keras backbone's numbers comes in; its fingerprint goes out.

Versions of tensorflow and the bytes of the graph built are left out on purpose: a backbone built
anew, by another version, from the same blueprint gives the same vectors within the parity that
every build must reach, and a gallery goes on with it (docs/decisions/0006).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256

from fewshot.backbones.preprocessing import PREPROCESSINGS

FORMAT = 1
"""To be raised with any change of what a blueprint means: resizing, pooling, the networks."""

PRECISIONS = ("float32", "fp16", "int8")
MAX_SIZE = 2048


@dataclass(frozen=True, slots=True)
class Blueprint:
    """What a backbone is built from.

    network: a name of the catalog, or "file". weights: the SHA-256 of the file of weights, hex.
    size: pixels a side, 1 to 2,048. preprocessing: a name of PREPROCESSINGS. layer: the layer whose
    output is pooled. precision: float32, fp16 or int8. source: where the weights lay when it was
    built, a hint that decides nothing.
    """

    network: str
    weights: str
    size: int
    preprocessing: str
    layer: str
    precision: str
    source: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        for text in (self.network, self.weights, self.preprocessing, self.layer, self.source):
            if not isinstance(text, str) or len(text) > 4096:
                raise ValueError("a blueprint's parts are short texts")
        named = re.fullmatch("[a-z0-9][a-z0-9-]{0,63}", self.network)  # it is part of a path
        if not named or not re.fullmatch("[0-9a-f]{64}", self.weights):
            raise ValueError("a blueprint names its network and the SHA-256 of its weights")
        if type(self.size) is not int or not 1 <= self.size <= MAX_SIZE:
            raise ValueError(f"a blueprint's size is 1 to {MAX_SIZE}, not {self.size!r}")
        if self.preprocessing not in PREPROCESSINGS:
            raise ValueError(
                f"no preprocessing is called {self.preprocessing[:40]!r}: a blueprint's is"
            )
        if self.precision not in PRECISIONS:
            raise ValueError(f"a precision is one of {', '.join(PRECISIONS)}")

    @property
    def fingerprint(self) -> str:
        """Return the digest of all that decides, hex; the hint is left out."""
        parts = {"format": FORMAT, **self.to_mapping()}
        del parts["source"]
        return sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def __str__(self) -> str:
        return f"layer {self.layer or 'its own'}, {self.size} pixels, {self.precision}"

    def to_mapping(self) -> dict[str, str | int]:
        """Return its parts, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_mapping(cls, parts: Mapping[str, object]) -> Blueprint:
        """Read what `to_mapping` wrote; raises ValueError for anything else."""
        try:
            return cls(**parts)  # type: ignore[arg-type]
        except TypeError as error:
            raise ValueError(f"not a blueprint: {error}") from error
