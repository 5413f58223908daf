"""A writer killed at any moment, hundreds of times: what it acknowledged stands, nothing by half.

The gallery lives through all the kills, so that each writer finds what the one before it left.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from fewshot.export import export_gallery
from fewshot.store import Store
from fewshot.watch import Watch
from tests.mortal_writer import Act, enroll, picture
from tests.test_store import RECIPE

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks, and sends SIGKILL")

ARCHIVES: list[dict[str, range]] = [
    {"aqua": range(10, 40), "guest": range(30, 60)},
    {"bruna": range(0, 3_000, 20)},
    {"chie": range(500, 501)},
]
LONGEST = 0.06  # seconds that a writer lives on after the word that its end was set for
LAST_WORDS = ("begins", "begins", "returned", "born")
Pictures = frozenset[int]  # of an identity; less than 0: corrected not to be of it
Look = Callable[[int], "Standing"]  # what stands in the gallery after so many kills


@dataclass(frozen=True)
class Standing:
    """What is to be found in a gallery: a model of it without a file."""

    living: Mapping[str, Pictures] = field(default_factory=dict)
    forgotten: tuple[tuple[str, Pictures], ...] = ()  # sorted
    log: tuple[str, ...] = ()
    before: Standing | None = field(default=None, compare=False, repr=False)  # the last operation

    def after(self, act: Act) -> tuple[Standing, int]:
        """Return what stands when this was done, and how many references it was about."""
        done = replace(self, log=(*self.log, act.what), before=self)
        living, forgotten = dict(self.living), self.forgotten
        if act.what in ("enroll", "import"):
            given = act.pictures() if act.what == "enroll" else ARCHIVES[act.first]
            for name, pictures in given.items():
                if pictures:
                    living[name] = living.get(name, frozenset()) | frozenset(pictures)
            added = size(living) - size(self.living)
            return (replace(done, living=living), added) if added else (self, 0)
        if act.what == "correct":
            before = living[act.name]
            living[act.name] = before | {-act.first}
            said = [before, *(pictures for name, pictures in forgotten if name == act.name)]
            known = any(-act.first in pictures for pictures in said)  # of whoever bore the name
            return (self, 0) if known else (replace(done, living=living), 0)
        if act.what == "rename":
            living[act.other] = living.pop(act.name)
            return replace(done, living=living), 0
        if act.what == "forget":
            gone = living.pop(act.name)
            forgotten = tuple(sorted([*forgotten, (act.name, gone)], key=order))
            return replace(done, living=living, forgotten=forgotten), count(gone)
        if act.what == "erase":
            living.pop(act.name, None)
            forgotten = tuple(one for one in forgotten if one[0] != act.name)
            erased = Standing(living, forgotten, done.log)  # nothing before it comes back
            return erased, self.references - erased.references
        assert self.before is not None
        changed = abs(size(self.living) - size(self.before.living))
        return replace(self.before, log=done.log), changed

    @property
    def references(self) -> int:
        return size(self.living) + sum(count(pictures) for _, pictures in self.forgotten)


def size(pictures: Mapping[Any, Pictures]) -> int:
    return sum(map(count, pictures.values()))


def count(pictures: Pictures) -> int:
    return sum(number >= 0 for number in pictures)


def order(forgotten: tuple[str, Pictures]) -> tuple[str, list[int]]:
    return forgotten[0], sorted(forgotten[1])


def found_in(store: Store) -> Standing:
    """Return what stands in a gallery, having seen that each row of it is sound and complete."""
    ask = store.connection.execute
    assert ask("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert ask("PRAGMA foreign_key_check").fetchall() == []
    owned: dict[tuple[int, str, bool], set[int]] = {}
    for identity, name, forgotten, *row in ask(
        """SELECT i.id, i.name, i.forgotten IS NOT NULL, digest, vector, source, jpeg
           FROM identities i LEFT JOIN picture_references r ON r.identity = i.id
           LEFT JOIN thumbnails ON reference = r.id"""
    ):
        assert row[2], f"{name} has no picture"
        number = int(row[2].removeprefix("/pictures/"))
        assert tuple(row) == picture(number)
        owned.setdefault((identity, name, bool(forgotten)), set()).add(number)
    assert sum(map(len, owned.values())) == ask("SELECT count(*) FROM thumbnails").fetchone()[0]
    whose = {key[0]: key for key in owned}
    for identity, *row in ask(
        "SELECT rejected, digest, vector, source, thumbnail FROM corrections"
    ):
        number = int(row[2].removeprefix("/pictures/"))
        assert tuple(row) == picture(number)
        owned[whose[identity]].add(-number)
    living = {name: frozenset(some) for (_, name, gone), some in owned.items() if not gone}
    assert [(one.name, one.references) for one in store.identities()] == [
        (name, count(living[name])) for name in sorted(living)
    ]
    gone = [(name, frozenset(some)) for (_, name, gone), some in owned.items() if gone]
    log = tuple(what for (what,) in ask("SELECT what FROM operations ORDER BY id"))
    return Standing(living, tuple(sorted(gone, key=order)), log)


@dataclass
class Nursery:
    """Where writers are born, and the gallery that they write to."""

    path: Path
    process: subprocess.Popen[bytes]
    rng: random.Random
    left: frozenset[str] = frozenset(["", "-wal", "-shm"])  # the files a writer may leave, by end
    stands: Standing = field(default_factory=Standing)
    tally: Counter[str] = field(default_factory=Counter)

    def bear_and_kill(self, look: Look, last_words: Sequence[str] = LAST_WORDS) -> None:
        """Let one more writer live for a while, and compare what it leaves with what it said."""
        words = self._a_life(self.rng.choice(last_words))
        word, seed = next(words)
        intended: Act | None = None
        for word, value in words:
            if word == "begins":
                intended = Act(*value)
            elif intended:
                self.stands, references = self.stands.after(intended)
                assert value == references, intended
                intended = None
        files = {file.name.removeprefix(self.path.name) for file in self.path.parent.iterdir()}
        assert files <= self.left
        self.tally["kills"] += 1
        found = look(self.tally["kills"])
        if intended:
            self.tally["inside an operation"] += 1
            self.tally[f"inside: {intended.what}"] += 1
            whole = self.stands.after(intended)[0]
            self.tally["of these, done" if found == whole else "of these, not there"] += 1
            if found == whole:
                self.stands = whole
        assert found == self.stands, f"killed at: {intended}, seed {seed}"

    def _a_life(self, last_word: str) -> Iterator[tuple[str, Any]]:
        """Bear a writer and kill it soon after such a word; yield its seed, then what it said."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        seed = self.rng.randrange(2**32)
        yield "seed", seed
        self.process.stdin.write(b"%d\n" % seed)
        self.process.stdin.flush()
        pid, heard, enough = 0, 0, 1 if last_word == "born" else self.rng.randint(1, 3)
        for line in self.process.stdout:
            word, value = json.loads(line)
            assert word != "failed", value
            if word == "buried":
                assert value == signal.SIGKILL
                return
            heard += word == last_word
            if word == "born":
                pid = value
            else:
                yield word, value
            if pid and heard >= enough:
                time.sleep(self.rng.random() ** 2 * LONGEST)
                os.kill(pid, signal.SIGKILL)
                pid = 0  # what it had said until then is still to be read
        pytest.fail("the writers' process ended")


@contextmanager
def nursery(folder: Path, seed: int) -> Iterator[Nursery]:
    path = folder / "gallery" / "gallery.db"
    path.parent.mkdir()
    Store.create(path, RECIPE).close()
    archives = [folder / f"{number}.npz" for number in range(len(ARCHIVES))]
    for archive, pictures in zip(archives, ARCHIVES, strict=True):
        with closing(Store.create(folder / f"{archive.name}.db", RECIPE)) as store:
            enroll(store, pictures)
            export_gallery(store, archive, Watch())
    with subprocess.Popen(
        [sys.executable, "-m", "tests.mortal_writer", path, *archives],
        cwd=Path(__file__).parent.parent,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},  # it forks, and so has one thread
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        yield Nursery(path, process, random.Random(seed))


def is_a_fair_trial(tally: Counter[str]) -> bool:
    """Tell whether kills fell inside operations, before these were done and after."""
    print(dict(tally))
    inside = tally["inside an operation"]
    return 4 * inside > tally["kills"] and min(tally["of these, done"], inside) * 20 > inside


def test_a_gallery_outlives_two_hundred_killed_writers(tmp_path: Path) -> None:
    def look(kills: int) -> Standing:
        here = born.path
        if kills % 4:  # a copy, so that the next writer finds it as this one left it
            here = tmp_path / "copy" / "gallery.db"
            here.parent.mkdir(exist_ok=True)
            for file in born.path.parent.iterdir():
                if not file.name.endswith("-shm"):
                    shutil.copyfile(file, here.with_name(file.name))
        with closing(Store.open(here)) as store:
            found = found_in(store)
        assert [file.name for file in here.parent.iterdir()] == ["gallery.db"]
        return found

    with nursery(tmp_path, seed=1) as born:
        for _ in range(200):
            born.bear_and_kill(look)
    assert is_a_fair_trial(born.tally)


def test_so_does_one_that_somebody_else_holds_open(tmp_path: Path) -> None:
    """The next writer then rebuilds nothing: it goes on with the shared memory of the dead one."""
    with nursery(tmp_path, seed=2) as born, closing(Store.open(born.path)) as store:
        for _ in range(60):
            born.bear_and_kill(lambda kills: found_in(store))
    assert is_a_fair_trial(born.tally)


def test_one_killed_in_the_making_is_made_by_the_next(tmp_path: Path) -> None:
    with nursery(tmp_path, seed=3) as born:
        born.left |= {"-journal"}  # until it is made, it has no write-ahead log

        def look(kills: int) -> Standing:
            with closing(Store.create(born.path, RECIPE)) as store:
                return found_in(store)

        for _ in range(40):
            for file in born.path.parent.iterdir():
                file.unlink()
            born.stands = Standing()
            born.bear_and_kill(look, ["born"])
            assert [file.name for file in born.path.parent.iterdir()] == ["gallery.db"]
