"""Pictures SET/CLASS/* come in; how many copies `find_twins` finds, and what else, goes out.

    python -m eval.near_copies [--data FOLDER] [--pictures 12] [--out ...]

Some pictures of each set are changed as people change pictures, and looked for: by hashes alone,
at several bounds, and as the guard does it, by hash and colors and then closely. Then the pictures
of each set are looked through as they are: pairs with near hashes, and pairs that are called one
picture, each named on standard error, for some sets hold duplicates. Last, the five pictures of
seed4_published_test that dev/LEAKS.txt says stand in seed4_published_train too. Ends with 1 where
one of these is missed.
"""

from __future__ import annotations

import io
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from eval.pictures import read_set
from eval.report import markdown, write
from eval.same_picture import changes
from eval.sets import OTHER, TRAIN, read_options
from fewshot.evaluation.perceptual_hash import Hashes, distance, near_pairs, perceptual_hash
from fewshot.evaluation.twins import BOUND, find_twins, groups_of
from fewshot.images import RawPicture, decode, read_picture, thumbnail
from fewshot.interval import wilson
from fewshot.pipeline import ordered_map
from fewshot.watch import Watch

DEV = (
    *("hololive20", "genshin89", "pokemon150", "simpsons42", "ninjago2", "lol148", "seed4_raw"),
    *("seed4_published_train", "seed4_published_test", "seed3_faces_full", "seed3_published_train"),
    *("style4", "omniglot_small", *OTHER),
)
BOUNDS = (4, 8, 12, 16, 20)
CHANGES = {
    "saved again, JPEG 40 to 95": "saved again, JPEG 40 to 95",
    "resized, 0.5 to 2 times": "resized, 0.5 to 2 times",
    "mirrored, saved again": "mirrored, saved again",
    "brightness changed by up to 12 %": "brighter or darker by up to 12 %",
    "cropped to 95%": "cropped by 5 %",
    "cropped to 90%": "cropped by 10 %",
}
LEAKED = {f"yukino/{number}.jpg" for number in (14, 18, 20, 22, 25)}
AT_LEAST = 192
"""Pixels a side that decoding leaves, as with `palette`."""


@dataclass
class Found:
    """What was looked for and found, over all sets."""

    bits: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))  # by change
    known: dict[str, list[bool]] = field(default_factory=lambda: defaultdict(list))
    sets: dict[str, dict[str, Any]] = field(default_factory=dict)


class Said(Watch):
    """Shows on standard error what is said."""

    def say(self, text: str) -> None:
        """Print it."""
        print(text, file=sys.stderr)


def look_for_copies(files: Sequence[Path], rng: np.random.Generator, found: Found) -> None:
    """Change each picture in every way, and ask whether it is found."""
    for file in files:
        small = small_of(read_picture(file))
        with Image.open(file) as opened:
            image = opened.convert("RGB")
        for what, changed, quality in changes(image, rng):
            if what not in CHANGES:
                continue
            saved = io.BytesIO()
            changed.save(saved, "JPEG", quality=quality)
            again = small_of(read_picture(saved.getvalue()))
            bits = distance(perceptual_hash(small), perceptual_hash(again))
            found.bits[CHANGES[what]].append(bits)
            twins = find_twins(["one", "other"], [small, again], Watch())
            found.known[CHANGES[what]].append(bool(twins))


def look_through(name: str, files: Sequence[Path]) -> dict[str, Any]:
    """Count the pairs of a set that have near hashes, and those that are called one picture."""
    raw = [read_picture(file) for file in files]
    small = list(ordered_map(small_of, raw))
    digests = [one.digest.hex() for one in raw]
    hashes: Hashes = np.stack([perceptual_hash(one) for one in small])
    bits = [block[:, 2] for block in near_pairs(hashes, max(BOUNDS))]
    apart = np.concatenate([*bits, np.empty(0, np.int32)])
    begun = time.perf_counter()
    twins = find_twins(digests, small, Said())
    seconds = time.perf_counter() - begun
    named = [
        (twin.kind, *("/".join(files[number].parts[-3:]) for number in (twin.one, twin.other)))
        for twin in twins
    ]
    for kind, one, other in named:
        print(f"{kind}: {name} {one} = {other}", file=sys.stderr)
    return {
        "pictures": len(files),
        "pairs": len(files) * (len(files) - 1) // 2,
        "near hashes": {bound: int((apart <= bound).sum()) for bound in BOUNDS},
        "equal": sum(twin.kind == "equal" for twin in twins),
        "near": sum(twin.kind == "near" for twin in twins),
        "left when one of each stays": len(np.unique(groups_of(len(files), twins))),
        "seconds": seconds,
        "twins": named,
    }


def small_of(raw: RawPicture) -> bytes:
    """Make the thumbnail of a picture that the guard gets."""
    return thumbnail(decode(raw, AT_LEAST).pixels)


def share(hits: int, n: int) -> str:
    """Say a share with its interval."""
    low, high = wilson(hits, n)
    return f"{hits / max(1, n):.4f} [{low:.4f}, {high:.4f}]"


def copies_table(found: Found) -> str:
    """Lay out how many copies are found, by change."""
    rows = []
    for what, bits in found.bits.items():
        n, within = len(bits), np.array(bits)
        by_bound = [f"{np.mean(within <= bound):.3f}" for bound in BOUNDS]
        alone, known = int((within <= BOUND).sum()), sum(found.known[what])
        rows.append((what, n, *by_bound, share(alone, n), share(known, n)))
    heads = [f"{bound} bits" for bound in BOUNDS]
    head = ("a copy", "n", *heads, f"by hash alone, {BOUND} bits", "by hash, then closely")
    return markdown(head, rows)


def sets_table(found: Found) -> str:
    """Lay out what is called one picture within each set."""
    rows = []
    for name, one in found.sets.items():
        hashes, pairs = one["near hashes"][BOUND], one["pairs"]
        row = (one["pictures"], pairs, share(hashes, pairs), one["equal"], one["near"])
        rows.append((name, *row, share(one["near"], one["pictures"]), f"{one['seconds']:.1f}"))
    head = ("within a set", "pictures", "pairs", f"pairs within {BOUND} bits", "equal", "near")
    return markdown((*head, "near, of the pictures", "seconds"), rows)


def leaked(dev: Path) -> set[str]:
    """Return which test pictures of seed4 are found in its training pictures."""
    files = [
        file
        for name in ("seed4_published_train", "seed4_published_test")
        for file in read_set(dev / name, at_least=1).files
    ]
    raw = [read_picture(file) for file in files]
    twins = find_twins([one.digest.hex() for one in raw], [small_of(one) for one in raw], Said())
    return {
        "/".join(files[twin.other].parts[-2:])
        for twin in twins
        if files[twin.one].parts[-3] != files[twin.other].parts[-3]
    }


def main() -> int:
    """Look for all, print the tables, and say whether the known leak is found."""
    options = read_options(__doc__, repeats=12, what="pictures")
    found = Found()
    rng = np.random.default_rng(7)
    for folder, sets, most in (
        (options.dev, DEV, None),
        (options.train, TRAIN, 40),
    ):
        for name in dict.fromkeys(sets):
            files = read_set(folder / name, at_least=1, most_classes=most, most_pictures=most).files
            some = rng.permutation(len(files))[: options.repeats]
            look_for_copies([files[number] for number in some], rng, found)
            title = f"{folder.name} {name}"
            found.sets[title] = look_through(title, files)
    leak = leaked(options.dev)
    stated = f"Of seed4's {len(LEAKED)} leaked pictures {len(leak & LEAKED)} are found"
    table = "\n\n".join(
        [copies_table(found), sets_table(found), f"{stated}, and {len(leak - LEAKED)} others."]
    )
    result = {
        "copies": {
            what: {"n": len(bits), "found": sum(found.known[what]), "bits": bits}
            for what, bits in found.bits.items()
        },
        "sets": found.sets,
        "leaked": sorted(leak),
    }
    about = (
        f"{options.repeats} pictures of each set are changed. All of a dev set are looked through, "
        "of a train set 40 names and 40 pictures a name at most. 95 % intervals by Wilson, which "
        "take pairs for independent. Near: as many pairs as join all that are one."
    )
    write("near_copies", result, table, options.out, about)
    return int(not leak >= LEAKED)


if __name__ == "__main__":
    sys.exit(main())
