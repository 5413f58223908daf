"""A trained network comes in; how its vectors are evened out, and joined with palette's, goes out.

    python -m training.joining ../shared/data/train --keep FOLDER --run FOLDER/choose

Numbers that vary much over all pictures lead every similarity; dividing the principal components by
a small power of their variance evens them out (a part of what whitening does). Found on training
pictures, drawn as the training draws them. The command prints, for a run that held classes out,
what power, palette's share and fewer numbers give on these; it writes training/joining.md.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.compact import offer_keep
from training.recipe import PALETTE, Recipe

Vectors = NDArray[np.float32]

DRAWN = 3000
"""Pictures that the principal components are found on."""
FLOOR = 1e-4
"""Of the largest variance, what the smallest counts as at least."""
POWERS, SHARES, WIDTHS = (0.0, 0.1, 0.2, 0.3), (0.0, 0.2, 0.35, 0.45, 0.55), (128, 256, 384)
SHOWN = {
    "mean_drawn": "drawn", "mean_other": "others", "genshin89": "genshin",
    "pokemon150": "pokemon", "tinyimagenet200": "tinyimagenet",
    "photo_to_caric": "photo to caricature", "caric_to_photo": "caricature to photo",
}  # fmt: skip
OUT = Path(__file__).parent / "joining.md"


def evening(vectors: Vectors, power: float) -> tuple[Vectors, Vectors]:
    """Return the mean (d,) of vectors (n, d) and the matrix (d, d) that evens them out.

    power: of each principal component's variance that it is divided by; 0 only turns, 0.5 whitens.
    """
    mean = vectors.mean(axis=0)
    moved = vectors - mean
    variances, components = np.linalg.eigh(moved.T @ moved / len(moved))
    scale = np.maximum(variances, max(FLOOR * variances[-1], 1e-12)) ** -power
    return mean, np.asarray(components * scale, np.float32)


def drawn_files(files: list[Path], recipe: Recipe) -> list[Path]:
    """Return the pictures that the components are found on, drawn as the recipe draws."""
    from training.batches import chances
    from training.pictures import Pictures, class_of
    from training.validation import held_out

    classes = [class_of(one) for one in files]
    aside = held_out(classes) if recipe.held_out else set()
    rows = [row for row, name in enumerate(classes) if name not in aside]
    taken = Pictures([files[row] for row in rows], [files[row].parts[-3] for row in rows],
                     [classes[row] for row in rows], [])  # fmt: skip
    random = np.random.default_rng(recipe.seed)
    count = min(DRAWN, len(rows))
    picked = random.choice(len(rows), count, replace=False, p=chances(taken))
    return [taken.files[row] for row in sorted(picked.tolist())]


def main(given: list[str] | None = None) -> int:
    """Try all, print, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    offer_keep(parser)
    parser.add_argument("--run", type=Path, required=True, help="a finished run that held out")
    parser.add_argument("--side", type=int, default=112)
    options = parser.parse_args(given)
    from eval.readme_tables import put
    from eval.report import markdown
    from training.material import embedded, gather
    from training.run import RECIPE, finished_weights, network_of
    from training.validation import looked_at, scores, unit

    recipe = Recipe.read(options.run / RECIPE)
    if not recipe.held_out:
        parser.error(f"{options.run} held no classes out")
    material = gather(options.pictures, options.keep, [], options.processes)
    weights = finished_weights(options.run, recipe)
    network = network_of(recipe, weights, options.side)
    pictures = material.pictures
    seen = looked_at(pictures, material.aside)
    numbers = {file: row for row, file in enumerate(pictures.files)}
    drawn = [numbers[one] for one in drawn_files(pictures.files, recipe)]
    own, known = (
        unit(embedded(network, pictures.of(rows), options.side)) for rows in (seen, drawn)
    )
    beside, beside_known = (
        unit(material.said[PALETTE][rows, 0].astype(np.float32) - weights["mean"])
        for rows in (seen, drawn)
    )
    judged = pictures.of(seen)
    rows = []

    def say(title: str, vectors: Vectors) -> None:
        found = scores(judged, unit(vectors))
        rows.append([title, *(f"{found[key]:.3f}" for key in SHOWN)])

    for power in POWERS:
        mean, matrix = evening(known, power)
        even, even_known = (
            unit(np.asarray((one - mean) @ matrix, np.float32)) for one in (own, known)
        )
        for share in SHARES:
            parts = (1 - share) ** 0.5, share**0.5
            joined = np.hstack([even * parts[0], beside * parts[1]])
            say(f"power {power}, palette's share {share}", joined)
            if (power, share) == (recipe.evened, recipe.share_given):
                middle, turn = evening(
                    np.hstack([even_known * parts[0], beside_known * parts[1]]), 0.0
                )
                turned = (joined - middle) @ turn
                for width in WIDTHS:
                    say(f"of these, {width} principal numbers", turned[:, -width:])
    table = markdown(["vector", *SHOWN.values()], rows)
    about = (
        f"{len(judged):,} pictures of {len(set(judged.classes))} held-out classes, five pictures a "
        f"name enrolled, nearest class mean, 20 draws; components found on {len(drawn):,} training "
        "pictures."
    )
    OUT.write_text(f"{table}\n\n{about}\n")
    put("joining", f"{table}\n\n{about}", OUT.with_name("README.md"))
    print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
