"""Ten processes at one gallery: eight change it, two ask it; and none waits without end.

`python -m tests.test_crowd write|ask GALLERY JOURNAL NUMBER` is one of the ten.
"""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from fewshot import Recognizer
from fewshot.changes import erase, forget, rename, undo
from fewshot.corrections import correct
from fewshot.errors import GalleryLocked, NameTaken, UnknownName
from fewshot.export import export_gallery
from fewshot.staging import staging
from fewshot.store import Store
from fewshot.transfer import import_archive, merge_gallery
from fewshot.watch import Watch
from tests.conftest import draw
from tests.test_corrections import shown
from tests.test_faults import old_gallery
from tests.test_store import RECIPE

WRITERS, ASKERS, ROUNDS = 8, 2, 16
SHARED = ("one", "two", "three")  # names that everybody enrolls, renames and forgets


def enroll_one(store: Store, picture: str, *names: str) -> int:
    """Enroll a picture under these names; return how many references are new."""
    rng = np.random.default_rng(list(picture.encode()))
    vector = rng.standard_normal(store.recipe.d).astype("<f4")
    with staging(store) as room:
        for name in names:
            room.add(
                name,
                digest=picture.encode().ljust(32),
                vector=(vector / np.linalg.norm(vector)).tobytes(),
                source=picture,
                box="0 0 9 9",
                thumbnail=b"",
            )
        return sum(room.commit().added.values())


@dataclass
class Journal:
    """A file in which each writes down what it will do before it does it, and when it is done."""

    path: Path
    read: int = 0  # bytes
    names: dict[str, str | None] = field(default_factory=dict)  # of each picture; None: forgotten
    at_work: set[str] = field(default_factory=set)  # pictures that something is being done to

    def write(self, *words: object) -> None:
        file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(file, json.dumps(words).encode() + b"\n")
        os.close(file)

    @contextmanager
    def doing(self, what: str, picture: str, name: str | None) -> Iterator[None]:
        """Surround an operation that leaves a picture of one's own under this name."""
        self.write("will", what, picture, name)
        yield
        self.write("done", what, picture, name)

    def catch_up(self) -> set[str]:
        """Read what is new; return the pictures it is about."""
        with self.path.open("rb") as file:
            file.seek(self.read)
            lines = file.read().splitlines(keepends=True)
        met = set()
        for line in lines:
            if not line.endswith(b"\n"):
                break
            self.read += len(line)
            word, _, picture, name = json.loads(line)
            met.add(picture)
            if word == "will":
                self.at_work.add(picture)
            else:
                self.at_work.discard(picture)
                self.names[picture] = name
        return met


def write(path: Path, journal: Journal, number: int) -> None:
    """Enroll, rename and forget under names of one's own, and under those of everybody."""
    rng = random.Random(number)
    with closing(Store.open(path)) as store:
        for turn in range(ROUNDS):
            picture = own = f"writer {number}, picture {turn}"
            with journal.doing("enroll", picture, own):
                assert enroll_one(store, picture, own) == 1
            if turn % 2:
                with journal.doing("rename", picture, f"{own}, renamed"):
                    rename(store, own, f"{own}, renamed")
                own = f"{own}, renamed"
            if turn % 4 > 1:
                with journal.doing("forget", picture, None):
                    assert forget(store, own).references == 1
            picture = f"writer {number}, picture {turn} for everybody"
            with journal.doing("enroll", picture, "everybody"):
                assert enroll_one(store, picture, "everybody") == 1
            meddle(store, journal, rng)


def meddle(store: Store, journal: Journal, rng: random.Random) -> None:
    """Change what all the others change at the same time; somebody may have been quicker."""
    one, other = rng.sample(SHARED, 2)
    if enroll_one(store, f"shared {rng.randrange(4)}", one, other):
        journal.write("done", "enroll", "shared", None)
    what = rng.choice(["rename", "forget"])
    try:
        if what == "rename":
            rename(store, one, other)
        else:
            forget(store, other)
    except (UnknownName, NameTaken):
        return
    journal.write("done", what, "shared", None)


def ask(path: Path, journal: Journal, number: int) -> None:
    """Match and search until the journal ends; all that was done before a call shows in it."""
    calls = seen = 0
    with Recognizer.open(path, threads=1) as recognizer:
        while "ended" not in journal.names:
            journal.catch_up()
            quiet = {one: name for one, name in journal.names.items() if one not in journal.at_work}
            if (calls + number) % 2:
                found = recognizer.search(draw("red"), k=10_000)
            else:
                found = recognizer.match(draw("red"), k=10_000).neighbors
            unsettled = journal.catch_up()
            shown = {one.source: one.name for one in found}
            for picture in quiet.keys() - unsettled:
                assert shown.get(picture) == quiet[picture], picture
                seen += 1
            calls += 1
    print(calls, seen)


def start(what: str, path: Path, journal: Path, number: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.test_crowd", what, path, journal, str(number)],
        cwd=Path(__file__).parent.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def last_words(process: subprocess.Popen[str]) -> tuple[str, str, int]:
    """Wait for the end of a process; return what it printed, its errors, and its exit status."""
    return *process.communicate(timeout=60), process.returncode


@pytest.mark.skipif(sys.platform == "win32", reason="a file that ten append to at once")
def test_eight_writers_and_two_askers_agree_on_what_was_done(tmp_path: Path) -> None:
    path, journal = tmp_path / "gallery.db", Journal(tmp_path / "journal")
    with Recognizer.create(path, backbone="palette", threads=1) as recognizer:
        recognizer.enroll(draw("red"), "red")
    journal.path.touch()
    askers = [start("ask", path, journal.path, number) for number in range(ASKERS)]
    writers = [start("write", path, journal.path, number) for number in range(WRITERS)]
    ends = [last_words(writer) for writer in writers]
    journal.write("done", "end", "ended", None)
    answers = [last_words(asker) for asker in askers]
    assert {(err, status) for _, err, status in ends + answers} == {("", 0)}
    for out, *_ in answers:
        calls, seen = map(int, out.split())
        print(calls, "calls in which", seen, "things were settled")
        assert min(calls, seen / 100) > 10

    lines = map(json.loads, journal.path.read_text().splitlines())
    done = Counter(what for word, what, *_ in lines if word == "done")
    done["enroll"] += 1  # red
    del done["end"]
    journal.catch_up()
    own = {picture: name for picture, name in journal.names.items() if name}
    with closing(Store.open(path)) as store:
        shown = {one.source: name for name in store.names() for one in store.references(name)}
        assert own.items() <= shown.items()
        assert len(store.references("everybody")) == WRITERS * ROUNDS
        twice = """SELECT name, digest FROM picture_references r
                   JOIN identities i ON i.id = r.identity AND forgotten IS NULL
                   GROUP BY name, digest HAVING count(*) > 1"""
        assert store.connection.execute(twice).fetchall() == []
        logged = "SELECT what, count(*) FROM operations GROUP BY what"
        assert dict(store.connection.execute(logged)) == dict(done)
        assert store.connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


Act = Callable[[Store, Path], object]

NEEDS_THE_LOCK: dict[str, Act] = {
    "enroll": lambda store, _: enroll_one(store, "c", "kazuma"),
    "correct": lambda store, _: correct(store, shown("a"), rejected=["aqua"]),
    "rename": lambda store, _: rename(store, "aqua", "water"),
    "forget": lambda store, _: forget(store, "aqua"),
    "erase": lambda store, _: erase(store, "aqua"),
    "undo": lambda store, _: undo(store),
    "import": lambda store, folder: import_archive(store, folder / "other.npz", Watch()),
    "merge": lambda store, folder: merge_gallery(store, folder / "other.db", Watch()),
    "create": lambda store, _: Store.create(store.path, RECIPE).close(),
    "open an old one": lambda _, folder: Store.open(folder / "old" / "gallery.db").close(),
}


@pytest.mark.parametrize("act", NEEDS_THE_LOCK.values(), ids=NEEDS_THE_LOCK)
def test_nobody_waits_longer_than_patience(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, act: Act
) -> None:
    monkeypatch.setattr("fewshot.gallery_file.PATIENCE", 0.3)
    old_gallery(tmp_path / "old")
    with closing(Store.create(tmp_path / "other.db", RECIPE)) as other:
        enroll_one(other, "b", "darkness")
        export_gallery(other, tmp_path / "other.npz", Watch())
    with closing(Store.create(tmp_path / "gallery.db", RECIPE)) as store:
        enroll_one(store, "a", "aqua")
        with closing(sqlite3.connect(store.path, isolation_level=None)) as rival:
            rival.execute("ATTACH ? AS old", (str(tmp_path / "old" / "gallery.db"),))
            rival.execute("BEGIN IMMEDIATE")  # locks both
            began = time.monotonic()
            with pytest.raises(GalleryLocked):
                act(store, tmp_path)
            assert 0.2 < time.monotonic() - began < 10
            Store.open(store.path).close()  # who only reads does not wait
            assert store.names() == ["aqua"]
            rival.execute("ROLLBACK")
            act(store, tmp_path)


if __name__ == "__main__":
    what, path, journal, number = sys.argv[1:]
    {"write": write, "ask": ask}[what](Path(path), Journal(Path(journal)), int(number))
