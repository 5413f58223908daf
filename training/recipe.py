"""What a training is made of, in one place, kept beside what it made."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

PALETTE = "palette"
"""What stands beside the network, by its name among the targets."""

SECOND = ((64, 0.35), (80, 0.25), (96, 0.2), (112, 0.2))
"""The squares of the second run: pixels a side, and the share of the samples; see `plan`."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What the network is built from."""

    stem: int = 32
    widths: tuple[int, ...] = (64, 160, 320)
    blocks: tuple[int, ...] = (1, 2, 2)
    grid: int = 4  # fields a side of the layout; 0: none
    thin: int = 8  # what each field is told by
    d: int = 256


@dataclass(frozen=True, slots=True)
class Finish:
    """What the graph makes of a trained network; chosen on held-out classes; see `finishing`."""

    side: int = 112  # pixels of the squares that it is given
    looks: bool = True  # the network sees each square, its mirror image, and its middle
    middle: float = 0.5  # what the middle counts beside the other two
    evened: float = 0.2  # the power of each principal component's variance that is divided out
    share: float = 0.5  # of the joined vector's squared length, that is palette's
    tightened: float = 0.4  # the power of each direction's variance within classes, likewise
    floor: float = 0.01  # of the largest variance, what the smallest counts as at least


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that decides a training but the pictures."""

    samples: int = 400_000
    sides: tuple[tuple[int, float], ...] = ((64, 0.7), (80, 0.3))
    batch: int = 128
    rate: float = 0.1  # the highest learning rate
    decay: float = 5e-4  # of weights
    warm: float = 0.02  # the share of the samples over which the rate rises
    margin: float = 0.15  # reached at two fifths of the samples
    teachers: dict[str, float] = field(
        default_factory=lambda: {"mobilenetv2": 12.0, "mobilefacenet": 4.0}
    )
    share: float = (
        0.5  # palette's of the squared length while it is beside; else cosines shrink by it
    )
    alone: float = 1.0  # the share of samples that are told without palette
    held_out: bool = False  # leave the classes to choose on out of the training
    seed: int = 7
    shape: Shape = field(default_factory=Shape)

    @property
    def steps(self) -> int:
        """How many batches there are."""
        return self.samples // self.batch

    def side_at(self, step: int) -> int:
        """Return the size of squares at a step: small first, larger later (Tan, Le, ICML 2021)."""
        done, until = step / self.steps, 0.0
        for side, share in self.sides:
            until += share
            if done < until - 1e-9:
                return side
        return self.sides[-1][0]

    def rate_at(self, step: int) -> float:
        """Return the learning rate: a short rise, then half a cosine down to nothing."""
        from math import cos, pi

        done = step / self.steps
        if done < self.warm:
            return self.rate * (step + 1) / (self.warm * self.steps)
        return self.rate * 0.5 * (1 + cos(pi * (done - self.warm) / (1 - self.warm)))

    def margin_at(self, step: int) -> float:
        """Return the margin, which rises from nothing."""
        return self.margin * min(1.0, step / (0.4 * self.steps))

    def to_json(self) -> str:
        """Return it as text."""
        return json.dumps(asdict(self), indent=2)

    @classmethod
    def read(cls, path: Path) -> Recipe:
        """Read what `to_json` gave; raises ValueError, TypeError for anything else."""
        return cls().changed(json.loads(path.read_text()))

    def changed(self, parts: dict[str, Any]) -> Recipe:
        """Return it with some parts changed, as JSON has them; raises TypeError for others."""
        parts = dict(parts)
        if "sides" in parts:
            parts["sides"] = tuple((int(side), float(share)) for side, share in parts["sides"])
        if "shape" in parts:
            shape: dict[str, Any] = {
                name: tuple(value) if isinstance(value, list) else value
                for name, value in parts["shape"].items()
            }
            parts["shape"] = replace(self.shape, **shape)
        return replace(self, **parts)


def plan(parts: dict[str, Any], only_first: bool = False) -> list[tuple[str, Recipe]]:
    """Return the two runs that make `compact`, in order: what a folder's name ends in, the recipe.

    The first leaves the classes to choose on out, and is what is chosen by; the second begins with
    its weights and learns from all pictures, in larger squares. parts: what is changed, as JSON
    has it, in both; raises ValueError for which holds out.
    """
    if "held_out" in parts:
        raise ValueError("held_out: the first run holds classes out, the second does not")
    first = ("-held-out", Recipe(held_out=True).changed(parts))
    second = Recipe(samples=900_000, sides=SECOND, rate=0.08).changed(parts)
    return [first] if only_first else [first, ("", second)]
