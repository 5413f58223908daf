"""A process that changes a gallery at random and says so on standard output, made to be killed.

`python -m tests.mortal_writer GALLERY ARCHIVE...` imports all it needs, then forks a writer for
each line with a number that it is given, and says "buried" when that one is dead. A writer says
each operation before it begins and again when it has returned.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import traceback
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from hashlib import sha256
from math import cos, sin
from pathlib import Path
from struct import pack
from typing import NamedTuple

from fewshot import export  # noqa: F401  imported before the fork, not after each
from fewshot.changes import erase, forget, rename, undo
from fewshot.corrections import Shown, correct
from fewshot.operations import last_to_undo
from fewshot.staging import staging
from fewshot.store import Store
from fewshot.transfer import import_archive
from fewshot.watch import Watch
from tests.test_store import RECIPE

NAMES = tuple("aqua bruna chie darkness eris fumi".split())
MANY = 300  # pictures in a large enrollment
PICTURES = 3_000  # how many different ones there are
CORRECTED = range(4_000, 4_030)  # others, that are corrected and never enrolled
MOST = 1_500  # references from which on the writer erases, so that the gallery stays small
LIFETIME = 60  # seconds, should nobody kill it

WEIGHTS = {"enroll": 8, "enroll many": 3, "rename": 4, "forget": 3, "undo": 4, "erase": 3}
WEIGHTS |= {"import": 2, "reopen": 2, "correct": 4}


class Picture(NamedTuple):
    """What a picture of this number is enrolled with."""

    digest: bytes
    vector: bytes  # 4 float32, of length 1
    source: str
    thumbnail: bytes


class Act(NamedTuple):
    """An operation with all that it is given."""

    what: str
    name: str = ""
    other: str = ""  # to whom it is renamed; another name that is enrolled
    first: int = 0  # picture; or the number of the archive
    many: int = 0

    def pictures(self) -> dict[str, range]:
        """Return what this enrollment enrolls: half under one name, half under another."""
        half = self.first + self.many // 2
        return {
            self.name: range(self.first, half),
            self.other: range(half, self.first + self.many),
        }


@cache
def picture(number: int) -> Picture:
    digest = sha256(str(number).encode()).digest()
    vector = pack("<4f", cos(number), sin(number), 0, 0)
    return Picture(digest, vector, f"/pictures/{number}", digest * 60)


def enroll(store: Store, pictures: dict[str, range]) -> int:
    with staging(store) as room:
        for name, numbers in pictures.items():
            for one in map(picture, numbers):
                room.add(
                    name,
                    digest=one.digest,
                    vector=one.vector,
                    source=one.source,
                    box="0 0 10 20",
                    thumbnail=one.thumbnail,
                )
        return sum(room.commit().added.values())


def perform(store: Store, act: Act, archives: list[Path]) -> int:
    """Do it; return how many references the answer speaks of."""
    if act.what == "enroll":
        return enroll(store, act.pictures())
    if act.what == "rename":
        rename(store, act.name, act.other)
        return 0
    if act.what == "forget":
        return forget(store, act.name).references
    if act.what == "erase":
        return erase(store, act.name).references
    if act.what == "correct":
        one = picture(act.first)
        shown = Shown(one.digest, one.vector, one.source, "0 0 10 20", one.thumbnail)
        return correct(store, shown, rejected=[act.name]).confined
    if act.what == "undo":
        return undo(store).references
    return import_archive(store, archives[act.first], Watch()).references


def choose(store: Store, rng: random.Random, archives: int) -> Act:
    """Choose what can be done to this gallery as it is; "reopen" is no operation."""
    ((held,),) = store.all("SELECT count(*) FROM picture_references", (int,))
    bearers = sorted({name for (name,) in store.all("SELECT name FROM identities", (str,))})
    names, last = store.names(), last_to_undo(store)
    free = [name for name in NAMES if name not in names]
    what = rng.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
    if held > MOST:
        what = "erase"
    if what == "rename" and names and free:
        return Act(what, rng.choice(names), rng.choice(free))
    if what == "forget" and names:
        return Act(what, rng.choice(names))
    if what == "correct" and names:
        return Act(what, rng.choice(names), first=rng.choice(CORRECTED))
    if what == "erase" and bearers:
        return Act(what, rng.choice(bearers))
    if what == "undo" and last and last.what != "erase":
        return Act(what)
    if what == "import":
        return Act(what, first=rng.randrange(archives))
    if what == "reopen":
        return Act(what)
    count = MANY if what == "enroll many" else rng.randint(1, 6)
    one, other = rng.sample(NAMES, 2)
    return Act("enroll", one, other, rng.randrange(PICTURES), count)


def say(*words: object) -> None:
    """Write a line at once and whole: a kill leaves no half of it in a pipe."""
    os.write(1, json.dumps(words).encode() + b"\n")


def write_on(path: Path, archives: list[Path], seed: int) -> None:
    """Change a gallery until killed; make it where it is not there."""
    rng = random.Random(seed)
    store = Store.create(path, RECIPE)
    while True:
        act = choose(store, rng, len(archives))
        if act.what == "reopen":  # the last one to close folds the log in
            store.close()
            store = Store.open(path)
            continue
        say("begins", act)
        say("returned", perform(store, act, archives))


def fork_writers(seeds: Iterable[str], path: Path, archives: list[Path]) -> None:
    for seed in seeds:
        writer = os.fork()
        if not writer:
            try:
                signal.alarm(LIFETIME)
                say("born", os.getpid())
                write_on(path, archives, int(seed))
            except BaseException:  # noqa: BLE001  told to whom it concerns
                with suppress(OSError):
                    say("failed", traceback.format_exc()[-2000:])
            os._exit(1)
        _, status = os.waitpid(writer, 0)
        say("buried", status)


if __name__ == "__main__":
    fork_writers(sys.stdin, Path(sys.argv[1]), [Path(one) for one in sys.argv[2:]])
