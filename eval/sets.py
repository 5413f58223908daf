"""The names of the sets of pictures, and the options of every command that reads them."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from eval.report import RESULTS

DRAWN = (
    "hololive20", "genshin89", "pokemon150", "simpsons42", "lol148", "seed4_raw",
    "seed3_faces_full",
)  # fmt: skip
TRAIN = (
    "hololive20", "pokemon150", "simpsons42", "genshin89", "lol148", "ourcar_photo",
    "ourcar_caric", "lfw", "grocery81", "tinyimagenet200",
)  # fmt: skip
OTHER = (
    "ourcar_photo", "ourcar_caric", "lfw", "orl40", "bbt8", "sports5", "grocery81",
    "tinyimagenet200", "emoji_styles",
)  # fmt: skip
"""Faces, people and things, of dev."""
SMALL_TRAIN, SMALL_OTHER = (10, 5), (20, 6)
"""At most so many names, and pictures a name, of a train set and of one of OTHER, for networks that
take long over a picture."""
SHOTS = {"genshin89": 3, "bbt8": 3, "emoji_styles": 1}
"""References a class, five in all other sets."""


def offer_vectors(parser: argparse.ArgumentParser) -> None:
    """Offer --vectors, the folder that keeps each picture's vectors for the commands to come."""
    parser.add_argument(
        "--vectors", type=Path, help="a folder that keeps vectors from command to command"
    )


@dataclass(frozen=True, slots=True)
class Options:
    """What a command was asked."""

    dev: Path  # dev/SET/CLASS/*
    train: Path  # train/SET/CLASS/*
    repeats: int
    out: Path
    more: argparse.Namespace  # the options that only this command has


def read_options(
    about: str | None,
    *,
    repeats: int,
    what: str,
    also: Callable[[argparse.ArgumentParser], object] = lambda parser: None,
) -> Options:
    """Read the command line: --data, --`what` (how often, `repeats` without it) and --out.

    also: adds options that only this command has.
    Ends with a line where no folder of pictures is named, by --data or FEWSHOT_TEST_DATA.
    """
    parser = argparse.ArgumentParser(
        description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--data", help="a folder that holds dev/ and train/; else FEWSHOT_TEST_DATA"
    )
    parser.add_argument(f"--{what}", type=int, default=repeats, dest="repeats")
    parser.add_argument("--out", type=Path, default=RESULTS)
    also(parser)
    given = parser.parse_args()
    place = given.data or os.environ.get("FEWSHOT_TEST_DATA")
    if not place or not Path(place).is_dir():
        parser.error("name the folder of pictures with --data or FEWSHOT_TEST_DATA")
    return Options(Path(place) / "dev", Path(place) / "train", given.repeats, given.out, given)
