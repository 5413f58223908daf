"""A trained network comes in; how its vectors are evened out, and joined with palette's, goes out.

    python -m training.joining ../shared/data/train --keep FOLDER --run FOLDER/compact-held-out

Numbers that vary much over all pictures lead every similarity; dividing the principal components by
a small power of their variance evens them out (a part of what whitening does). Found on training
pictures, drawn as the training draws them. The command prints, for a run that held classes out,
what larger squares, their mirror images, the power and palette's share give on these; it writes
training/joining.md. What was chosen stands in `recipe.Finish`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from training.compact import offer_keep
from training.recipe import PALETTE, Finish, Recipe

if TYPE_CHECKING:
    from training.material import Material

Vectors = NDArray[np.float32]

DRAWN = 3000
"""Pictures that the principal components are found on."""
FLOOR = 1e-4
"""Of the largest variance, what the smallest counts as at least."""
SIDES = (96, 112, 128)
POWERS, SHARES = (0.0, 0.1, 0.2, 0.3), (0.0, 0.2, 0.35, 0.45, 0.55)
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


def looks(material: Material, run: Path, rows: Sequence[int], finish: Finish) -> Vectors:
    """Return what a finished run's network says of whole pictures, (n, d), each of length one."""
    from training.material import embedded
    from training.network import mirrored
    from training.run import RECIPE, finished_weights, network_of
    from training.validation import unit

    recipe = Recipe.read(run / RECIPE)
    network = network_of(recipe, finished_weights(run, recipe), finish.side)
    whole = mirrored(network) if finish.mirrored else network
    return unit(embedded(whole, material.pictures.of(rows), finish.side))


def main(given: list[str] | None = None) -> int:
    """Try all, print, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    offer_keep(parser)
    parser.add_argument("--run", type=Path, required=True, help="a finished run that held out")
    options = parser.parse_args(given)
    from eval.readme_tables import put
    from eval.report import markdown
    from training.material import gather
    from training.run import RECIPE, WEIGHTS
    from training.validation import looked_at, scores, unit

    recipe = Recipe.read(options.run / RECIPE)
    if not recipe.held_out:
        parser.error(f"{options.run} held no classes out")
    material = gather(options.pictures, options.keep, [], options.processes)
    pictures = material.pictures
    seen = looked_at(pictures, material.aside)
    numbers = {file: row for row, file in enumerate(pictures.files)}
    drawn = [numbers[one] for one in drawn_files(pictures.files, recipe)]
    mean = np.load(options.run / WEIGHTS, allow_pickle=False)["mean"]
    beside = unit(material.said[PALETTE][seen, 0].astype(np.float32) - mean)
    judged = pictures.of(seen)
    table: list[list[str]] = []

    def say(title: str, vectors: Vectors) -> None:
        found = scores(judged, unit(vectors))
        table.append([title, *(f"{found[key]:.3f}" for key in SHOWN)])
        print(*table[-1], flush=True)

    def whole(own: Vectors, known: Vectors, power: float, share: float) -> Vectors:
        middle, matrix = evening(known, power)
        even = unit(np.asarray((own - middle) @ matrix, np.float32))
        return np.hstack([even * (1 - share) ** 0.5, beside * share**0.5])

    for side in SIDES:
        for twice in (False, True):
            one = Finish(side=side, mirrored=twice)
            own, known = (looks(material, options.run, rows, one) for rows in (seen, drawn))
            title = f"{side} pixels" + ", and mirrored" * twice
            say(title, whole(own, known, one.evened, one.share))
            if one == Finish():
                chosen = own, known
    for power in POWERS:
        for share in SHARES:
            say(f"power {power}, palette's share {share}", whole(*chosen, power, share))
    text = markdown(["vector", *SHOWN.values()], table)
    finish = Finish()
    about = (
        f"{len(judged):,} pictures of {len(set(judged.classes))} held-out classes, five pictures a "
        f"name enrolled, nearest class mean, 20 draws; components found on {len(drawn):,} training "
        f"pictures. Sizes at power {finish.evened} and share {finish.share}; powers and shares at "
        f"{finish.side} pixels{', and mirrored' * finish.mirrored}."
    )
    OUT.write_text(f"{text}\n\n{about}\n")
    put("joining", f"{text}\n\n{about}", OUT.with_name("README.md"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
