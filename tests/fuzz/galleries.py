"""A folder comes in; sound galleries in it, and mutants of them, go out."""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import numpy as np

from fewshot import changes
from fewshot.corrections import Shown, correct
from fewshot.images import thumbnail
from fewshot.naming import write_naming
from fewshot.staging import staging
from fewshot.store import Store
from tests.fuzz.rows import (
    spoil_log,
    spoil_naming,
    spoil_recipe,
    spoil_rows,
    spoil_schema,
    spoil_things,
)
from tests.fuzz.values import (
    NAMING,
    RECIPE,
    UNIT,
    D,
    mangled,
)


def spoil_bytes(rng: random.Random, path: Path) -> None:
    path.write_bytes(mangled(rng, path.read_bytes(), 1024))


def spoil_beside(rng: random.Random, path: Path) -> None:
    """Leave a log or a journal beside it, as a process that died would, and spoil that."""
    log = (path.parent.parent / "live.db-wal").read_bytes()
    end = rng.choice(("-wal", "-wal", "-journal", "-shm", ".index"))
    path.with_name(path.name + end).write_bytes(mangled(rng, log, 1024 + 24))


def spoil_gallery(rng: random.Random, path: Path) -> None:
    """Mutate a gallery: through SQLite, or its bytes, or both."""
    shutil.copyfile(path.parent.parent / rng.choice(("good.db", "good.db", "old.db")), path)
    through = (
        *(spoil_rows, spoil_rows, spoil_recipe, spoil_naming, spoil_schema, spoil_things),
        spoil_log,
    )
    steps = rng.choice((0, 1, 1, 1, 2, 3))
    for _ in range(steps):
        try:
            with closing(sqlite3.connect(path, isolation_level=None)) as db:
                db.execute("PRAGMA journal_mode = OFF")
                db.execute("PRAGMA ignore_check_constraints = ON")
                rng.choice(through)(rng, db)
        except (sqlite3.Error, OverflowError):
            pass  # SQLite itself refused to write that
    if not steps or rng.random() < 0.1:
        (spoil_bytes if rng.random() < 0.8 else spoil_beside)(rng, path)
    if rng.random() < 0.5:
        with path.open("r+b") as file:
            file.seek(18)
            file.write(b"\2\2")  # kept with a write-ahead log, as galleries are


def make_galleries(root: Path) -> None:
    """Make what is mutated: small pages, and something of everything that galleries hold."""
    with closing(Store.create(root / "good.db", RECIPE)) as store:
        enroll(store, "aqua", 3), enroll(store, "megumin", 2), enroll(store, "gone", 1)
        changes.rename(store, "megumin", "Megumin")
        changes.forget(store, "gone")
        enroll(store, "kazuma", 2), changes.undo(store), enroll(store, "chris", 1)
        correct_one(store, "aqua 0", "aqua", "chris"), correct_one(store, "other", "Megumin")
        store.connection.execute("INSERT INTO cached_index VALUES (1, x'00', '{}')")
        write_naming(store, NAMING)
        store.connection.execute(
            "INSERT INTO strangers VALUES (1, 1, 'trip', zeroblob(32), ?, '/stranger.png')",
            (UNIT.tobytes(),),
        )
        for setting in ("journal_mode = DELETE", "page_size = 1024"):
            store.connection.execute(f"PRAGMA {setting}")
        store.connection.execute("VACUUM")
    shutil.copyfile(root / "good.db", root / "live.db")
    with closing(Store.open(root / "live.db")) as store:
        enroll(store, "late", 2)
        shutil.copyfile(root / "live.db-wal", root / "kept-wal")
    (root / "kept-wal").rename(root / "live.db-wal")
    with closing(sqlite3.connect(root / "old.db", isolation_level=None)) as db:
        db.execute("PRAGMA page_size = 1024")
        from fewshot.upgrades import APPLICATION_ID, UPGRADES

        UPGRADES[0](db)
        db.execute("INSERT INTO recipe VALUES (1, ?)", (RECIPE.to_json(),))
        db.execute("INSERT INTO identities (name) VALUES ('aqua')")
        row = (bytes(32), UNIT.tobytes())
        db.execute(
            "INSERT INTO picture_references VALUES (1, 1, ?, ?, '/1.png', '0 0 9 9', '')", row
        )
        db.execute("INSERT INTO thumbnails VALUES (1, x'00')")
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute("PRAGMA user_version = 1")


def enroll(store: Store, name: str, count: int) -> int:
    with staging(store) as room:
        for number in range(count):
            digest = sha256(f"{name} {number}".encode()).digest()
            vector = np.frombuffer(digest[:D], np.uint8).astype(np.float32) - 128
            vector /= np.linalg.norm(vector)
            room.add(
                name,
                digest=digest,
                vector=vector.tobytes(),
                source=f"/pictures/{name}/{number}.png",
                box="0 0 10 20",
                thumbnail=b"\xff\xd8" + bytes(90 * number),
            )
        return sum(room.commit().added.values())


def correct_one(store: Store, picture: str, rejected: str, truth: str | None = None) -> object:
    """Correct a picture, of which `enroll` has enrolled some: "aqua 0" is aqua's first."""
    digest = sha256(picture.encode()).digest()
    pixels = np.frombuffer(digest * 8, np.uint8)[: 9 * 9 * 3].reshape(9, 9, 3)
    vector = np.roll(UNIT, digest[0]).tobytes()
    shown = Shown(digest, vector, f"/corrected/{picture}", "0 0 9 9", thumbnail(pixels))
    return correct(store, shown, rejected=[rejected], truth=truth)
