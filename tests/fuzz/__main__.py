"""Hostile files: a sound one is mutated, all that is asked of it ends in an answer or our error.

    python -m tests.fuzz KIND --seed S --count N [--first F] [--room FOLDER]

KIND: gallery, export or artifact. One mutant alone: --first F --count 1. A line goes out before
each mutant, so that the last one says which it was where the process dies or runs out of time; the
report is the last line, in JSON. `test_fuzz.py` runs this, its bounds on memory and time included.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import os
import random
import resource
import shutil
import sys
import tempfile
import traceback
from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import Any

from fewshot import Recognizer, corrected_pictures
from tests.fuzz.artifacts import spoil_artifact
from tests.fuzz.asking import Asking
from tests.fuzz.exports import spoil_export
from tests.fuzz.galleries import make_galleries, spoil_gallery
from tests.fuzz.values import (
    ROOM,
    SECONDS,
    Mutate,
)

SPOIL: dict[str, Mutate] = {
    "gallery": spoil_gallery,
    "export": spoil_export,
    "artifact": spoil_artifact,
}


def listing(root: Path) -> list[tuple[str, int]]:
    return sorted((one.name, one.lstat().st_mtime_ns) for one in root.iterdir() if one.name != "it")


def prepare(root: Path) -> None:
    """Make the sound files, and stand in an empty folder."""
    os.environ |= {"FEWSHOT_CACHE": str(root / "it"), "FEWSHOT_OFFLINE": "1"}
    os.environ |= {"BOOM": str(root / "boom"), "TMPDIR": str(root / "it")}
    tempfile.tempdir = str(root / "it")
    (root / "it").mkdir()
    make_galleries(root)
    with Recognizer.open(root / "good.db") as recognizer:
        recognizer.export(root / "good.npz")
        recognizer.export(root / "it" / "first")  # numpy and the rest are loaded now
    # asked about the same two pictures over and over: equal pictures have an equal answer
    corrected_pictures._same = lru_cache(256)(corrected_pictures._same)
    (root / "empty").mkdir()
    os.chdir(root / "empty")


def bound_memory() -> None:
    size = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGESIZE")
    resource.setrlimit(resource.RLIMIT_AS, (size + ROOM, size + ROOM))


def run(kind: str, seed: int, numbers: range, root: Path) -> dict[str, Any]:
    """Ask all mutants; returns how many were answered or refused, what was heard, what is wrong."""
    ends, heard, wrong = Counter[str](), Counter[str](), dict[str, str]()
    prepare(root)
    before = listing(root)
    bound_memory()
    for number in numbers:
        os.write(1, f"{kind} --seed {seed} --first {number} --count 1\n".encode())
        shutil.rmtree(root / "it")
        (root / "it").mkdir()
        rng = random.Random(f"{kind} {seed} {number}")
        SPOIL[kind](rng, root / "it" / "mutant")
        asking = Asking(root / "it", rng)
        faulthandler.dump_traceback_later(SECONDS, exit=True)
        try:
            getattr(asking, kind)(root / "it" / "mutant")
        except Exception as error:  # noqa: BLE001  that is what is looked for
            asking.bad.append(("everything", error))
        faulthandler.cancel_dump_traceback_later()
        if listing(root) != before or any((root / "empty").iterdir()):
            asking.bad.append(("nothing", RuntimeError(f"written outside: {listing(root)}")))
            before = listing(root)
        errors = {one for one in asking.heard if one != "answer"}
        ends["answered" if not errors else "partly" if "answer" in asking.heard else "refused"] += 1
        heard.update(asking.heard)
        for what, wrongly in asking.bad:
            steps = traceback.extract_tb(wrongly.__traceback__)
            ours = [
                one for one in steps if "fewshot/" in one.filename and "tests/" not in one.filename
            ]
            place = f"{ours[-1].filename.rsplit('/', 1)[-1]}:{ours[-1].lineno}" if ours else "?"
            sign = f"{type(wrongly).__name__} at {place} ({what})"
            text = "".join(traceback.format_exception(wrongly))[-3000:]
            wrong.setdefault(
                sign,
                f"python -m tests.fuzz {kind} --seed {seed} --first {number} --count 1\n{text}",
            )
    return {"count": len(numbers), "ends": ends, "heard": heard, "wrong": wrong}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=SPOIL)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--room", type=Path, help="an empty folder; else one of its own")
    given = parser.parse_args()
    numbers = range(given.first, given.first + given.count)
    with tempfile.TemporaryDirectory(prefix="fewshot-fuzz-") as own:
        report = run(given.kind, given.seed, numbers, given.room or Path(own))
        os.chdir("/")
    print(json.dumps(report), flush=True)
    sys.exit(bool(report["wrong"]))


if __name__ == "__main__":
    faulthandler.enable()
    main()
