"""A set of pictures comes in; how long the eight usual contenders take goes out.

    python -m eval.evaluation_speed [--data FOLDER] [--repeats 5]

100 episodes of 20 names with five pictures each, fifteen asked: `fewshot.evaluate` from the folder
to the report, vectors of MobileNetV2 in the cache, on two threads; and what of it is spent on
reading the pictures and looking for copies.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from eval.comparisons import compare
from eval.report import markdown, spread, summary, write
from eval.sets import read_options
from fewshot.watch import Watch

SET, AIM = "pokemon150", 20.0
BEFORE = ("reading pictures", "looking for copies", "comparing likely copies")


class Clock(Watch):
    """Hears how long each part takes."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def bar(self, what: str, total: int, *, size: bool = False) -> Iterator[Callable[[int], None]]:
        """Measure one part."""
        began = time.perf_counter()
        yield lambda more: None
        self.seconds[what] = self.seconds.get(what, 0.0) + time.perf_counter() - began


def main() -> int:
    """Measure, print, write; 1 where it takes longer than 20 seconds."""
    options = read_options(__doc__, repeats=5, what="repeats")
    times: dict[str, list[float]] = {"whole": [], "pictures and copies": [], "contenders": []}
    for turn in range(options.repeats + 1):
        clock, began = Clock(), time.perf_counter()
        done = compare(
            options.dev / SET, backbones=["mobilenetv2"], methods=["usual"], ways=20, shots=5,
            episodes=100, threads=2, watch=clock,
        )  # fmt: skip
        whole = time.perf_counter() - began
        if turn == 0:
            continue  # it fills the cache, and imports
        before = sum(clock.seconds.get(one, 0.0) for one in BEFORE)
        contenders = sum(clock.seconds.values()) - before
        for name, value in zip(times, (whole, before, contenders), strict=True):
            times[name].append(value)
    found = {name: summary(values) for name, values in times.items()}
    rows = [[name, one["n"], spread(one, 2)] for name, one in found.items()]
    each = [[one["contender"], f"{one['fit_ms']:.2f}", f"{one['query_ms']:.4f}"]
            for one in done.times if one["contender"]]  # fmt: skip
    table = markdown(["seconds", "n", "median"], rows) + "\n\n"
    table += markdown(["contender", "fit, ms", "query, ms"], each)
    about = (
        f"{SET}, {len(done.samples)} pictures; 100 episodes, 20 names, five pictures each, 15 "
        "asked; MobileNetV2, 1,280 numbers; two threads. Medians with 95 % intervals (bootstrap "
        "over the repeats). Fit and query: of one core, median over episodes of the last repeat."
    )
    write("evaluation_speed", {"seconds": found, "aim": AIM}, table, options.out, about)
    return int(found["whole"]["median"] > AIM)


if __name__ == "__main__":
    sys.exit(main())
