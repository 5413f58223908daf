"""A folder of pictures and a recipe come in; a run that is ready to train goes out.

What teachers say is asked once and kept; several runs can share one `Material`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewshot.backbones.preprocessing import PREPROCESSINGS
from fewshot.backbones.squeeze import prepared
from training.batches import Draw
from training.finishing import not_held_out
from training.network import join
from training.pictures import Pictures, list_pictures, read
from training.recipe import PALETTE, Recipe
from training.run import Run
from training.teachers import centered, shifted, targets_of
from training.validation import held_out, looked_at, scores, unit
from training.views import views_of

SIDE = 112
"""Of the squares that a network is looked at with."""


@dataclass(frozen=True, slots=True)
class Material:
    """All pictures with what is told of them."""

    pictures: Pictures
    said: dict[str, NDArray[np.float16]]  # by whom, (n, VIEWS, d), palette's among them
    aside: set[str]  # the classes that may be held out

    def taken(self, recipe: Recipe) -> list[int]:
        """Return the pictures that a recipe trains on, by number."""
        return not_held_out(self.pictures.files, recipe)


def gather(root: Path, keep: Path, teachers: list[str], processes: int) -> Material:
    """Read all pictures of root/SET/CLASS and ask the teachers; raises what either raises."""
    files = list_pictures(root)
    said = {
        name: targets_of(name, files, keep / "teachers", processes)
        for name in (*teachers, PALETTE)
    }  # fmt: skip
    pictures = read(files)
    return Material(pictures, said, held_out(pictures.classes))


def begin(material: Material, recipe: Recipe, folder: Path, start: Path | None = None) -> Run:
    """Begin a run, or go on with the one that is in the folder; start: see `Run`."""
    rows = material.taken(recipe)
    learned = material.pictures.of(rows)
    told = {name: centered(material.said[name][rows]) for name in recipe.teachers}
    told[PALETTE], mean = shifted(material.said[PALETTE][rows])
    views = [views_of(one.read_bytes()) for one in learned.files]
    draw = Draw(learned, views, told, recipe.seed, recipe.alone)
    run = Run(folder, recipe, draw, mean, start)
    print(f"{len(learned):,} pictures of {len(draw.classes):,} classes", flush=True)
    return run


def looker(material: Material, run: Run, side: int = SIDE) -> Callable[[int], dict[str, float]]:
    """Return what judges a run on the classes that it holds out; nothing where it holds none."""
    if not run.recipe.held_out:
        return lambda _: {}
    rows = looked_at(material.pictures, material.aside)
    seen = material.pictures.of(rows)
    beside = unit(material.said[PALETTE][rows, 0].astype(np.float32) - run.mean)

    def look(_: int) -> dict[str, float]:
        own = embedded(run.network.at(side), seen, side)
        found = scores(seen, np.asarray(join(own, beside, run.recipe.share)))
        alone = scores(seen, unit(own))
        found |= {f"alone_{name}": one for name, one in alone.items()}
        return {name: round(one, 4) for name, one in found.items()}

    return look


def whole_pictures(material: Material, title: str) -> tuple[Pictures, NDArray[np.float32]]:
    """Return the held-out pictures and what a teacher says of each whole one, (n, d)."""
    rows = looked_at(material.pictures, material.aside)
    return material.pictures.of(rows), material.said[title][rows, 0].astype(np.float32)


def embedded(network: Any, pictures: Pictures, side: int) -> NDArray[np.float32]:
    """Return what a network says of whole pictures, squeezed to a square; (n, d) float32."""
    how = PREPROCESSINGS["symmetric"]
    squares = np.concatenate([prepared(one, side, how) for one in pictures.pixels])
    return np.asarray(network.predict(squares, batch_size=128, verbose=0), np.float32)
