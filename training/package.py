"""A finished run comes in; the LiteRT graph and the manifest that the package ships go out.

    python -m training.package KEEP/compact --pictures ../shared/data/train [--out FOLDER]

The graph keeps its weights in a quarter of the room (int8). It is compared with Keras on pictures
of every set before anything is written.
"""

from __future__ import annotations

import argparse
import json
import sys
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewshot.backbones.artifact import GRAPH, MANIFEST, Manifest, versions_of
from fewshot.backbones.blueprint import Blueprint
from fewshot.backbones.catalog import COMPACT
from fewshot.backbones.preprocessing import PREPROCESSINGS
from fewshot.backbones.shipped import FOLDER
from fewshot.backbones.squeeze import prepared
from fewshot.digest import file_digest
from training.pictures import digest_of, list_pictures, read
from training.recipe import PALETTE, Finish, Recipe

TRAINED = "trained_on.json"
"""Beside the graph: of how many pictures it was made, and the digest of theirs."""
COMPARED = 200
HOW = "symmetric"


def main(given: list[str] | None = None) -> int:
    """Convert, compare, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", type=Path, help="the folder of a finished run")
    parser.add_argument("--pictures", type=Path, required=True, help="to compare on, SET/CLASS/*")
    parser.add_argument("--side", type=int, default=Finish().side, help="pixels of the input")
    parser.add_argument("--precision", default="int8", choices=("float32", "fp16", "int8"))
    parser.add_argument(
        "--out", type=Path, default=FOLDER / COMPACT.name, help="else it replaces compact"
    )
    options = parser.parse_args(given)

    from training.finishing import not_held_out
    from training.run import LEARNED, RECIPE

    recipe = Recipe.read(options.run / RECIPE)
    files = list_pictures(options.pictures)
    learned = json.loads((options.run / LEARNED).read_text())
    if digest_of(files[row] for row in not_held_out(files, recipe)) != learned["digest"]:
        parser.error(f"{options.pictures}: the run {options.run} learned other pictures")
    some = read(files[:: -(-len(files) // COMPARED)]).pixels
    finish = Finish(side=options.side)
    network = whole_graph(options.run, recipe, files, finish)
    inputs = [prepared(one, options.side, PREPROCESSINGS[HOW]) for one in some]
    told = {"pictures": learned["pictures"], "sha256": learned["digest"]}
    options.out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=options.out.parent, prefix=".making-") as made:
        making = Path(made)
        manifest = _make(network, making, options, finish, inputs)
        (making / TRAINED).write_text(json.dumps(told) + "\n")
        options.out.mkdir(exist_ok=True)
        for file in (GRAPH, MANIFEST, TRAINED):
            (making / file).replace(options.out / file)
    weights = sum(int(np.prod(one.shape)) for one in network.weights)
    parity = manifest.parity
    print(f"{options.out}: {manifest.graph_bytes:,} bytes, {weights:,} weights, d {manifest.d}")
    print(f"cosine to Keras {parity.lowest:.6f} and more on {parity.pictures} pictures")
    return 0


def whole_graph(run: Path, recipe: Recipe, files: list[Path], finish: Finish) -> Any:
    """Return a run's network with palette beside it, both joined (`finishing`), as a Keras model.

    (1, side, side, 3) in -1 .. 1 -> (1, d + 502) of length 1. files: the training pictures, of
    which those are looked at that the run learned from. Raises ValueError for a run that is not
    over.
    """
    import keras

    from fewshot.backbones.loading import load_backbone
    from training.finishing import chosen, find
    from training.material import embedded
    from training.network import Join, looking
    from training.palette_layers import Moved, Palette
    from training.run import finished_weights, network_of
    from training.validation import unit

    side, weights = finish.side, finished_weights(run, recipe)
    network = network_of(recipe, weights, side)
    whole = looking(network, finish)
    some = read([files[row] for row in chosen(files, recipe)])
    counted = load_backbone(PALETTE)
    palette = np.concatenate([counted.embed([one]) for one in some.pixels]) - weights["mean"]
    own = unit(embedded(whole, some, side))
    found = find(own, unit(palette), some.sets, some.classes, finish)
    given = keras.Input(batch_shape=(1, side, side, 3), name="pixels")
    even = Moved(found.middle, found.evened, name="evened")(
        keras.layers.UnitNormalization(name="unit")(whole(given))
    )
    beside = Moved(weights["mean"], name="beside")(Palette(name="palette")(given))
    joined = Join(finish.share, name="join")([even, beside])
    vector = Moved(found.joined_middle, found.tightened, name="tightened")(joined)
    return keras.Model(given, vector, name=COMPACT.name)


def _make(
    network: Any, folder: Path, options: argparse.Namespace, finish: Finish,
    inputs: list[NDArray[np.float32]],
) -> Manifest:  # fmt: skip
    """Write the graph and its manifest; raises BackboneUnavailable where Keras says otherwise."""
    from fewshot.backbones import export
    from training.run import RECIPE, WEIGHTS

    graph, d = folder / GRAPH, int(network.outputs[0].shape[1])
    export.export(network, graph, options.precision)
    parity = export.compare(network, graph, d, inputs, "training pictures")
    export.require(parity, COMPACT.name, options.precision)
    recipe = Recipe.read(options.run / RECIPE)
    made_of = f"{file_digest(options.run / WEIGHTS)} {recipe.to_json()} {finish}"
    blueprint = Blueprint(
        COMPACT.name,
        sha256(made_of.encode()).hexdigest(),  # all that decides its numbers
        finish.side,
        HOW,
        "join",
        options.precision,
    )
    manifest = Manifest(
        name=COMPACT.name,
        blueprint=blueprint,
        d=d,
        parity=parity,
        license=COMPACT.license,
        published=True,
        versions=versions_of("fewshot", "tensorflow", "keras", "ai-edge-litert"),
        graph_bytes=graph.stat().st_size,
        graph_sha256=file_digest(graph),
    )
    (folder / MANIFEST).write_text(manifest.to_json() + "\n", encoding="utf-8")
    return manifest


if __name__ == "__main__":
    sys.exit(main())
