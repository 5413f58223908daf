"""A run that held classes out comes in; how near it points to its teachers goes out, as a table.

    python -m training.agreement ../shared/data/train --keep FOLDER --run FOLDER/compact-held-out

For each set and teacher: the mean cosine between what the network's map of it says of whole
pictures and what the teacher says, on pictures that were learned and on pictures of held-out
classes. Where both are alike, more pictures would not bring it nearer; a larger network or a longer
training would. Writes training/agreement.md.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from training.compact import offer_keep
from training.recipe import Recipe
from training.tables import keep

A_SET = 400
"""Pictures of a set that are looked at, of those learned and of those held out each."""
SIDE = 80
"""Of their squares: what the first run ends with."""
FEWEST = 50


def main(given: list[str] | None = None) -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    offer_keep(parser)
    parser.add_argument("--run", type=Path, required=True, help="a finished run that held out")
    options = parser.parse_args(given)
    from eval.report import markdown
    from training.material import embedded, gather
    from training.run import RECIPE, finished_weights, network_of
    from training.teachers import centered
    from training.validation import unit

    recipe = Recipe.read(options.run / RECIPE)
    if not recipe.held_out:
        parser.error(f"{options.run} held no classes out")
    weights = finished_weights(options.run, recipe)
    network = network_of(recipe, weights, SIDE)
    material = gather(options.pictures, options.keep, [*recipe.teachers], options.processes)
    pictures = material.pictures
    first_map = len(network.weights) + 1  # after the prototypes
    rows_learned = material.taken(recipe)
    teachers = {
        title: (
            weights[f"w{first_map + n:03d}"],
            centered(material.said[title], material.said[title][rows_learned]),
        )
        for n, title in enumerate(recipe.teachers)
    }
    random = np.random.default_rng(recipe.seed)
    aside = np.array([one in material.aside for one in pictures.classes])
    of = np.array(pictures.sets)
    table: list[list[str]] = []
    for name in sorted(set(pictures.sets)):
        cells: dict[str, list[str]] = {title: [] for title in teachers}
        for held in (False, True):
            there = np.flatnonzero((of == name) & (aside == held))
            rows = sorted(random.permutation(there)[:A_SET].tolist())
            vectors = unit(embedded(network, pictures.of(rows), SIDE)) if rows else None
            for title, (turn, said) in teachers.items():
                told = [n for n, row in enumerate(rows) if said[row, 0].any()]
                if vectors is None or len(told) < FEWEST:
                    cells[title].append("")
                    continue
                wanted = said[[rows[n] for n in told], 0].astype(np.float32)
                found = (unit(vectors[told] @ turn) * wanted).sum(axis=1)
                cells[title].append(f"{found.mean():.3f} ({len(told)})")
        table.append([name, *(cell for title in teachers for cell in cells[title])])
        print(*table[-1], flush=True)
    head = [f"{title}, {part}" for title in teachers for part in ("learned", "held out")]
    text = markdown(["set", *head], table)
    about = (
        f"Mean cosine to the teacher's vector, (pictures); whole pictures in squares of {SIDE} "
        f"pixels; fewer than {FEWEST} are not shown."
    )
    keep("agreement", text, about)
    return 0


if __name__ == "__main__":
    sys.exit(main())
