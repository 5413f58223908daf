"""Training pictures come in; the weights of `compact` go out: one command, seeded, resumable.

    python -m training.compact ../shared/data/train --keep FOLDER [--held-out] [--set samples=50000]

Two runs, one after the other: the first leaves classes out, to choose on (--held-out: only this
one); the second begins with its weights and learns from all pictures.
Needs the extra `train`, and the teachers' weights in a folder of FEWSHOT_WEIGHTS. Any backend of
Keras (KERAS_BACKEND). Asked again, it goes on where it was stopped. `python -m training.package`
makes of it what the package ships.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from training.recipe import plan


def main(given: list[str] | None = None) -> int:
    """Train, or go on with a training."""
    options = _options(given)
    runs = plan(dict(options.set), options.held_out)
    import keras

    keras.mixed_precision.set_global_policy("mixed_bfloat16")
    from training.material import begin, gather, looker

    material = gather(options.pictures, options.keep, [*runs[0][1].teachers], options.processes)
    before: Path | None = None
    for ending, recipe in runs:
        folder = options.keep / f"{options.name}{ending}"
        print(f"{folder.name}: {recipe.samples:,} samples", flush=True)
        run = begin(material, recipe, folder, before)
        run.train(looker(material, run))
        before = folder
    return 0


def offer_keep(parser: argparse.ArgumentParser) -> None:
    """Offer what every training takes: the pictures, --keep and --processes."""
    parser.add_argument("pictures", type=Path, help="a folder SET/CLASS/*.jpg")
    parser.add_argument("--keep", type=Path, required=True, help="where targets and runs are kept")
    parser.add_argument("--processes", type=int, default=2, help="that ask the teachers")


def _options(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    offer_keep(parser)
    parser.add_argument("--name", default="compact", help="the run's folder in it")
    parser.add_argument(
        "--held-out", action="store_true", help="only the first run, with classes kept aside"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        type=_part,
        metavar="PART=JSON",
        help="of both recipes",
    )
    return parser.parse_args(given)


def _part(text: str) -> tuple[str, Any]:
    name, _, value = text.partition("=")
    try:
        return name, json.loads(value)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text}: write PART=JSON, as in samples=50000") from None


if __name__ == "__main__":
    sys.exit(main())
