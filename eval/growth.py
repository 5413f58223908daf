"""Galleries of 1,000 to 1,000,000 references come in; what opening, asking and changing cost.

    python -m eval.growth [--sizes 1000 100000] [--data DIR] [--vectors DIR] [--rounds 30]

d = 256, ten references a name, spread as palette's vectors of real pictures are (`many_vectors`).
Needs 5 GB of room for temporary files and 4 GB of memory. Ends with 1 where a target is missed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from eval.growth_report import report
from eval.many_vectors import fresh_queries, many_vectors, real_vectors
from eval.peak import PRINT_PEAK
from eval.report import interval, summary
from eval.sets import offer_vectors, read_options
from fewshot.changes import forget
from fewshot.gallery import Gallery
from fewshot.location import index_beside
from fewshot.recipe import Recipe
from fewshot.staging import staging
from fewshot.store import Store

D, EACH, K = 256, 10, 10
IN_A_ROW = 10  # queries, of one contender and then of the other: each has its data in the caches
RECIPE = Recipe("whole", "palette", "a bench's own", None, D)
Vectors = NDArray[np.float32]

_OPEN = """
import sys, time
from pathlib import Path
from fewshot.gallery import Gallery
from fewshot.store import Store
import faiss, numpy
start = time.perf_counter()
store = Store.open(Path(sys.argv[1]))
gallery = Gallery(store)
with gallery.moment():
    took = time.perf_counter() - start
    query = numpy.load(sys.argv[2])[0]
    gallery.neighbors(query, 10)
print(took)
"""

_BUILD = """
import sys
from pathlib import Path
from fewshot.index_building import build_index
from fewshot.store import Store
from fewshot.watch import Watch
build_index(Store.open(Path(sys.argv[1])), Watch())
"""


def fill(path: Path, vectors: Vectors) -> float:
    """Make a gallery of these vectors in one operation, as an import does; return the seconds."""
    start = time.perf_counter()
    with closing(Store.create(path, RECIPE)) as store, staging(store) as room:
        for number, vector in enumerate(vectors):
            put(room, number, vector)
        room.commit("import")
    return time.perf_counter() - start


def put(room: Any, number: int, vector: Vectors) -> None:
    """Let one reference arrive, with a source and a digest as real ones have."""
    name = f"name {number // EACH}"
    room.add(
        name,
        digest=sha256(str(number).encode()).digest(),
        vector=vector.tobytes(),
        source=f"/home/somebody/pictures/{name}/{number:08}.jpg",
        box="0 0 1024 1024",
        thumbnail=b"",
    )


def child(program: str, *arguments: Path) -> list[float]:
    """Run a program in a process of its own; return the numbers it printed."""
    command = [sys.executable, "-c", program, *map(str, arguments)]
    as_command = os.environ | {"OPENBLAS_NUM_THREADS": "1"}  # as `fewshot` sets it
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=as_command)
    return [float(line) for line in done.stdout.split()]


def timed(act: Callable[..., object], *arguments: object) -> float:
    """Return the seconds that a call takes."""
    start = time.perf_counter()
    act(*arguments)
    return time.perf_counter() - start


def opened(path: Path, queries: Path, rounds: int) -> dict[str, Any]:
    """Open a gallery in fresh processes; return the seconds, and the peak beside the vectors."""
    runs = [child(_OPEN + PRINT_PEAK, path, queries) for _ in range(rounds)]
    return {
        "open_s": summary([took for took, _ in runs]),
        "peak_bytes": float(np.median([peak for _, peak in runs])),
    }


def asked(path: Path, vectors: Vectors, queries: Vectors) -> dict[str, Any]:
    """Ask one query at a time of FAISS's flat index and of the gallery, by tens in turn."""
    flat = faiss.IndexFlatIP(D)
    flat.add(vectors)
    cores = faiss.omp_get_max_threads()
    times: dict[str, list[float]] = {"flat": [], "flat_one_thread": [], "fewshot": []}
    found = []
    with closing(Store.open(path)) as store:
        gallery = Gallery(store)

        def ask(query: Vectors) -> None:
            with gallery.moment():
                found.append({one.reference - 1 for one in gallery.neighbors(query, K)})

        ask(queries[0])
        found.clear()
        right = flat.search(queries, K)[1]
        for start in range(0, len(queries), IN_A_ROW):
            some = queries[start : start + IN_A_ROW]
            times["flat"] += [timed(flat.search, query[np.newaxis], K) for query in some]
            faiss.omp_set_num_threads(1)
            times["flat_one_thread"] += [timed(flat.search, query[np.newaxis], K) for query in some]
            faiss.omp_set_num_threads(cores)
            times["fewshot"] += [timed(ask, query) for query in some]
    hits = [len(ours & set(ids.tolist())) / K for ours, ids in zip(found, right, strict=True)]
    low, high = interval(hits, of=np.mean)
    fast = np.minimum(times["flat"], times["flat_one_thread"])
    return {
        **{f"{name}_ms": summary([1e3 * one for one in some]) for name, some in times.items()},
        "of_flat": summary((np.array(times["fewshot"]) / times["flat"]).tolist()),
        "of_faster_flat": summary((np.array(times["fewshot"]) / fast).tolist()),
        "recall": {"n": len(hits), "mean": float(np.mean(hits)), "low": low, "high": high},
    }


def changed(path: Path, n: int, vectors: Vectors) -> dict[str, Any]:
    """Enroll one reference whose vector is known, and forget one name, again and again.

    With a reader looking on, as a long-lived process does: what it takes to see the change.
    """
    times: dict[str, list[float]] = {"enroll_ms": [], "forget_ms": [], "seen_ms": []}
    with closing(Store.open(path)) as store, closing(Store.open(path)) as other:
        gallery = Gallery(other)

        def enroll(number: int, vector: Vectors) -> None:
            with staging(store) as room:
                put(room, number, vector)
                room.commit()

        def see() -> None:
            with gallery.moment():
                pass

        see()
        for row, vector in enumerate(vectors):
            number = n + EACH * row
            times["enroll_ms"].append(1e3 * timed(enroll, number, vector))
            times["seen_ms"].append(1e3 * timed(see))
            name = f"name {row * (n // EACH // len(vectors))}"
            times["forget_ms"].append(1e3 * timed(forget, store, name))
            times["seen_ms"].append(1e3 * timed(see))
    return {name: summary(some) for name, some in times.items()}


def measure(folder: Path, n: int, rounds: int, real: tuple[Vectors, Any]) -> dict[str, Any]:
    """Measure one size."""
    vectors, _ = many_vectors(*real, n, per_name=EACH)
    queries, _ = fresh_queries(*real, n, max(rounds, 50), per_name=EACH)
    path, asking = folder / f"{n}.db", folder / "queries.npy"
    np.save(asking, queries)
    row: dict[str, Any] = {"references": n, "filled_s": fill(path, vectors)}
    openings = 3 if n >= 1_000_000 else 7
    row["exact"] = {**opened(path, asking, openings), **asked(path, vectors, queries)}
    start = time.perf_counter()
    (peak,) = child(_BUILD + PRINT_PEAK, path)
    if index_beside(path).exists():
        row["built_s"], row["built_peak_bytes"] = time.perf_counter() - start, peak
        row["index_bytes"] = index_beside(path).stat().st_size
        row["indexed"] = {**opened(path, asking, openings), **asked(path, vectors, queries)}
    row["bytes"] = path.stat().st_size
    row["changes"] = changed(path, n, queries[:rounds])
    for file in folder.glob(f"{n}.db*"):
        file.unlink()
    print(f"{n:,} references: done", file=sys.stderr)
    return row


def main() -> int:
    """Run the command line."""
    options = read_options(__doc__, repeats=30, what="rounds", also=_offer)
    real = real_vectors(options.train, D, options.more.vectors)
    with tempfile.TemporaryDirectory() as name:
        rows = [measure(Path(name), n, options.repeats, real) for n in options.more.sizes]
    return report(rows, options.out, pictures=len(real[0]), d=D)


def _offer(parser: argparse.ArgumentParser) -> None:
    sizes = [1_000, 10_000, 100_000, 300_000, 1_000_000]
    parser.add_argument("--sizes", type=int, nargs="+", default=sizes)
    offer_vectors(parser)


if __name__ == "__main__":
    sys.exit(main())
