"""A trained network comes in; what each way to join it with palette gives goes out, as a table.

    python -m training.joining ../shared/data/train --keep FOLDER --run FOLDER/compact-held-out

What the sizes of squares, how often each is looked at, palette's share and both powers give on the
classes that a run held out; it writes training/joining.md. What was chosen stands in
`recipe.Finish`, how it is done in `finishing.py`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from training.compact import offer_keep
from training.finishing import chosen, find
from training.recipe import PALETTE, Finish, Recipe
from training.tables import keep

if TYPE_CHECKING:
    from training.material import Material

Vectors = NDArray[np.float32]

SIDES = (128,)
EVENED, SHARES, TIGHTENED, FLOORS = (0.0, 0.2, 0.3), (0.0, 0.3, 0.5, 0.6), (0.0, 0.25, 0.4, 0.5), (
    0.001, 0.01, 0.05,
)  # fmt: skip
SHOWN = {
    "mean_drawn": "drawn", "mean_other": "others", "genshin89": "genshin",
    "pokemon150": "pokemon", "tinyimagenet200": "tinyimagenet",
    "photo_to_caric": "photo to caricature", "caric_to_photo": "caricature to photo",
}  # fmt: skip
OTHER = "mobilenetv2"


def looks(material: Material, run: Path, rows: Sequence[int], finish: Finish) -> Vectors:
    """Return what a finished run's network says of whole pictures, (n, d), each of length one."""
    from training.material import embedded
    from training.network import looking
    from training.run import RECIPE, finished_weights, network_of
    from training.validation import unit

    recipe = Recipe.read(run / RECIPE)
    network = network_of(recipe, finished_weights(run, recipe), finish.side)
    return unit(embedded(looking(network, finish), material.pictures.of(rows), finish.side))


def variations() -> dict[str, Finish]:
    """Return what is tried: what the package ships, and that with parts of it changed."""
    usual = Finish()
    found = {
        "as it is shipped": usual, "without its middle": replace(usual, middle=0.0),
        "looked at once": replace(usual, looks=False),
    }  # fmt: skip
    found |= {f"squares of {side} pixels": replace(usual, side=side) for side in SIDES}
    found |= {f"evened by the power {one}": replace(usual, evened=one) for one in EVENED}
    found |= {f"palette's share {one}": replace(usual, share=one) for one in SHARES}
    found |= {f"tightened by the power {one}": replace(usual, tightened=one) for one in TIGHTENED}
    found |= {f"floor {one}": replace(usual, floor=one) for one in FLOORS}
    found |= {
        "neither evened nor tightened": replace(usual, evened=0.0, tightened=0.0),
        "palette alone, tightened": replace(usual, share=1.0),
        "palette alone": replace(usual, share=1.0, tightened=0.0),
    }
    return {
        title: one for title, one in found.items() if one != usual or title == "as it is shipped"
    }


def main(given: list[str] | None = None) -> int:
    """Try all, print, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    offer_keep(parser)
    parser.add_argument("--run", type=Path, required=True, help="a finished run that held out")
    parser.add_argument("--graph", type=Path, help="what training.package made of it, a row more")
    options = parser.parse_args(given)
    from eval.report import markdown
    from fewshot.backbones.artifact import artifact_in
    from fewshot.backbones.catalog import COMPACT
    from fewshot.backbones.litert import LiteRTBackbone
    from training.material import gather
    from training.package import TRAINED
    from training.run import LEARNED, RECIPE, WEIGHTS
    from training.validation import looked_at, scores, unit

    recipe = Recipe.read(options.run / RECIPE)
    if not recipe.held_out:
        parser.error(f"{options.run} held no classes out")
    graph = LiteRTBackbone(artifact_in(options.graph), COMPACT) if options.graph else None
    if graph:
        learned, packaged = (
            json.loads((folder / file).read_text())[key]
            for folder, file, key in (
                (options.run, LEARNED, "digest"), (options.graph, TRAINED, "sha256"),
            )
        )  # fmt: skip
        if learned != packaged:
            parser.error(f"{options.graph} was not made of {options.run}: it learned others")
    material = gather(options.pictures, options.keep, [OTHER], options.processes)
    pictures = material.pictures
    rows = {"seen": looked_at(pictures, material.aside), "known": chosen(pictures.files, recipe)}
    mean = np.load(options.run / WEIGHTS, allow_pickle=False)["mean"]
    beside = {
        part: unit(material.said[PALETTE][own, 0].astype(np.float32) - mean)
        for part, own in rows.items()
    }
    judged, known = (pictures.of(rows[part]) for part in ("seen", "known"))
    said: dict[tuple[int, bool, float], dict[str, Vectors]] = {}
    table: list[list[str]] = []

    def say(title: str, vectors: Vectors) -> None:
        found = scores(judged, unit(vectors))
        table.append([title, *(f"{found[key]:.3f}" for key in SHOWN)])
        print(*table[-1], flush=True)

    for title, one in variations().items():
        how = one.side, one.looks, one.middle
        if how not in said:
            said[how] = {part: looks(material, options.run, own, one) for part, own in rows.items()}
        own = said[how]
        join = find(own["known"], beside["known"], known.sets, known.classes, one)
        say(title, join(own["seen"], beside["seen"]))
    theirs = {
        part: unit(material.said[OTHER][own, 0].astype(np.float32)) for part, own in rows.items()
    }
    join = find(theirs["known"], beside["known"], known.sets, known.classes, Finish())
    say(f"{OTHER} in its place", join(theirs["seen"], beside["seen"]))
    say(f"{OTHER} and palette as they are", np.hstack([theirs["seen"], beside["seen"]]))
    say(f"{OTHER} alone", theirs["seen"])
    if graph:
        say(
            f"the graph, {graph.artifact.manifest.blueprint.precision}",
            np.concatenate([graph.embed([one]) for one in judged.pixels]),
        )
    text = markdown(["vector", *SHOWN.values()], table)
    about = (
        f"{len(judged):,} pictures of {len(set(judged.classes))} held-out classes, five pictures a "
        f"name enrolled, nearest class mean, 20 draws; matrices found on {len(known):,} training "
        f"pictures. Shipped: {Finish()}."
    )
    keep("joining", text, about)
    return 0


if __name__ == "__main__":
    sys.exit(main())
