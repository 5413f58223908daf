"""A made-up gallery comes in; what its calibration costs goes out: in full, anew, and in a match.

    python -m eval.calibration_cost [--names 1000] [--d 1280 502] [--rounds 30] [--out FOLDER]

Ten references a name, in a real gallery file. In full: of a gallery already read, what it knows of
strangers and the score that a name needs; beside it the choice of the rule. Anew: after one
reference of a known name or of a new one has come, and after a name has gone, what calibration adds
to reading the change: the evidence and the score needed, and how much longer reading takes than in
a gallery that is never asked about strangers. At 1,000 names, where
one name more makes each have fewer stand-ins, and at 990, where nothing of that kind happens.
A match: beside the same by a threshold, which
calibrates nothing, and beside the bare search; by turns, on one gallery. Needs no pictures; meant
for OPENBLAS_NUM_THREADS=1, as the command sets it. Ends with 1 where a bound is missed.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable
from contextlib import closing
from functools import partial
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from eval.calibration_cost_report import report
from eval.galleries import Vectors
from eval.growth import put, timed
from eval.made_identities import Identities, World
from eval.report import RESULTS, summary
from fewshot.calibration import Calibration
from fewshot.changes import forget
from fewshot.choosing import choose
from fewshot.crops import Box
from fewshot.embedder import Embedded
from fewshot.gallery import Gallery
from fewshot.matching import Matcher
from fewshot.recipe import Recipe
from fewshot.risk import Risk
from fewshot.staging import staging
from fewshot.store import Store
from fewshot.stranger_model import load_model

EACH, AWAY, SAME, K = 10, 10, 0.99, 5
MODEL = partial(load_model, "palette", None)
KNOWN, NEW, GONE = "a known name", "a new name", "a name gone"

Numbers = dict[str, list[float]]


def calibrate(gallery: Gallery) -> None:
    """Find the score that a name needs, as a match does that is the first after a change."""
    evidence = gallery.evidence()
    tail = MODEL(gallery.naming.rule).of(evidence)
    Calibration(evidence, tail, rate=Risk().rate)


def full(path: Path, rounds: int) -> Numbers:
    """Open a gallery, and calibrate it in full, again and again: seconds."""
    found: Numbers = defaultdict(list)
    for _ in range(rounds):
        with closing(Store.open(path)) as store:
            gallery = Gallery(store, SAME)
            start = perf_counter()
            with gallery.moment():
                found["reading"].append(perf_counter() - start)
                found["in full"].append(timed(calibrate, gallery))
    return found


def refreshes(path: Path, made: Identities, gone: int, rounds: int) -> Numbers:
    """Change one thing at a time and look on: milliseconds, by what has changed.

    One gallery calibrates after each change, the other only reads it. Each round ends as it began,
    but for one more reference. gone: how many names, from 0 on, are not there any more.
    """
    rng = np.random.default_rng([3, gone])
    found: Numbers = defaultdict(list)
    with closing(Store.open(path)) as store, closing(Store.open(path)) as other:
        asked, only_read = Gallery(other, SAME), Gallery(other, SAME)

        def look(what: str) -> None:
            took = []
            galleries = (asked, only_read) if len(found[what]) % 2 else (only_read, asked)
            for gallery in galleries:
                start = perf_counter()
                with gallery.moment():
                    took.append(1e3 * (perf_counter() - start))
                    if gallery is asked:
                        found[f"{what}, evidence"].append(1e3 * timed(calibrate, gallery))
            reading = took if galleries[0] is only_read else took[::-1]
            found[f"{what}, reading"].append(reading[0])
            found[what].append(found[f"{what}, evidence"][-1] + reading[1] - reading[0])

        look("first")
        for turn in range(rounds):
            one, new = int(rng.integers(gone, len(made))), len(made) + gone * rounds + turn
            for what, who in ((KNOWN, one), (NEW, new)):
                with staging(store) as room:
                    arrive(room, who, turn, made.pictures(rng, np.array([one]))[0])
                    added = room.commit().added
                assert sum(added.values()) == 1
                look(what)
            forget(store, f"name {new}")
            look(GONE)
    return {key: some for key, some in found.items() if not key.startswith("first")}


def arrive(room: Any, name: int, number: int, vector: Vectors) -> None:
    """Let one reference of a name arrive, with a digest of its own."""
    room.add(
        f"name {name}",
        digest=sha256(f"{name} {number} {vector[:4]}".encode()).digest(),
        vector=vector.tobytes(),
        source=f"/home/somebody/pictures/{name}/{number:08}.jpg",
        box="0 0 1024 1024",
        thumbnail=b"",
    )


def matches(path: Path, queries: Vectors) -> Numbers:
    """Ask about each query in three ways by turns: milliseconds."""
    found: Numbers = defaultdict(list)
    with closing(Store.open(path)) as store:
        gallery = Gallery(store, SAME)
        matcher = Matcher(gallery, MODEL, SAME)
        matcher.prepare(Risk())
        pictures = [Embedded("query", one, Box(0, 0, 1, 1), b"") for one in queries]

        def bare(picture: Embedded) -> None:
            with gallery.moment():
                gallery.neighbors(picture.vector, K)
                gallery.candidates(gallery.standing(picture.vector, 2))

        ways: dict[str, Callable[[Embedded], object]] = {
            "by rate": partial(matcher.match, k=K, risk=Risk()),
            "by threshold": partial(matcher.match, k=K, risk=Risk(), threshold=0.5),
            "bare search": bare,
        }
        for turn, picture in enumerate(pictures):
            for at in range(len(ways)):
                way = list(ways)[(at + turn) % len(ways)]
                found[way].append(1e3 * timed(ways[way], picture))
    for way in ("by threshold", "bare search"):
        found[f"over {way}"] = (np.array(found["by rate"]) - np.array(found[way])).tolist()
    return found


def fill(path: Path, vectors: Vectors, d: int) -> None:
    """Make a gallery file of these vectors, ten a name."""
    recipe = Recipe("whole", "palette", "a bench's own", None, d)
    with closing(Store.create(path, recipe)) as store, staging(store) as room:
        for number, vector in enumerate(vectors):
            put(room, number, vector)
        room.commit("import")


def measure(folder: Path, names: int, d: int, rounds: int) -> dict[str, Any]:
    """Measure one length of vectors."""
    rng = np.random.default_rng([1, d])
    made = World.anew(rng, d).identities(rng, names)
    owners = np.repeat(np.arange(names), EACH)
    vectors = made.pictures(rng, owners)
    path = folder / f"{d}.db"
    fill(path, vectors, d)
    few = max(5, rounds // 4)
    took = {f"{key}, s": some for key, some in full(path, few).items()}
    took["choice of the rule, s"] = [timed(choose, vectors, owners, MODEL) for _ in range(few)]
    queries = made.pictures(rng, rng.integers(0, names, 10 * rounds))
    took |= {f"{key}, ms": some for key, some in matches(path, queries).items()}
    at = {f"at {names:,}": refreshes(path, made, 0, rounds)}
    with closing(Store.open(path)) as store:
        for number in range(AWAY):
            forget(store, f"name {number}")
    at[f"at {names - AWAY:,}"] = refreshes(path, made, AWAY, rounds)
    for where, found in at.items():
        took |= {f"{where}: {key}, ms": some for key, some in found.items()}
    print(f"d = {d}: done", file=sys.stderr)
    row: dict[str, Any] = {key: summary(some) for key, some in took.items()}
    return {"d": d, "names": names, "references": names * EACH, **row}


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--names", type=int, default=1_000)
    parser.add_argument("--d", type=int, nargs="+", default=[1_280, 502])
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = [measure(Path(folder), options.names, d, options.rounds) for d in options.d]
    return report(rows, options.out, os.environ.get("OPENBLAS_NUM_THREADS", "as many as cores"))


if __name__ == "__main__":
    sys.exit(main())
