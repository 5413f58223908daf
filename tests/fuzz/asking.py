"""A mutant comes in; all that can be asked of it is asked, and what came back is counted."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from fewshot import FewshotError, Recognizer
from fewshot.backbones.artifact import each_artifact, read_artifact
from fewshot.backbones.inventory import holdings, verify
from fewshot.calibrating import report
from fewshot.corrected_pictures import Corrections
from fewshot.crops import Box
from fewshot.embedder import Embedded
from fewshot.gallery import Gallery
from fewshot.images import thumbnail as thumbnail_of
from fewshot.matching import Matcher
from fewshot.operations import history
from fewshot.risk import Risk
from fewshot.rule_keeping import choose_if_due
from fewshot.rules import Rule
from fewshot.store import Store
from fewshot.stranger_model import UNMEASURED, StrangerModel, load_model
from fewshot.strangers import Stranger, add_strangers
from fewshot.transfer import import_archive, store_for
from tests.fuzz.galleries import correct_one, enroll
from tests.fuzz.values import (
    DEAF,
    UNIT,
)
from tests.test_artifact import BLUEPRINT

JPEG = thumbnail_of(np.arange(12 * 16 * 3, dtype=np.uint8).reshape(12, 16, 3))


def model(rule: Rule) -> StrangerModel:
    return load_model(UNMEASURED, None, rule)


def look(store: Store) -> object:
    gallery, unit = Gallery(store), np.eye(1, store.recipe.d, dtype=np.float32)[0]
    with gallery.moment():
        standing = gallery.standing(unit, 2)
        for name in {one.name for one in gallery.candidates(standing)}:
            gallery.votes(unit, name), gallery.held_out(name)
        gallery.neighbors(unit, 5), gallery.evidence(), gallery.corrections
    if standing.share is not None and not 0.0 <= standing.share <= 1.0:
        raise ValueError(f"a probability of {standing.share}")
    shown = Embedded("query", unit, Box(0, 0, 9, 9), JPEG)
    matcher = Matcher(gallery, model, 0.99)
    return matcher.match(shown, k=2, risk=Risk(), explain=True)


def calibrated(store: Store) -> object:
    """Keep a stranger, and say what rates that gives."""
    add_strangers(store, [Stranger("trip", bytes(31) + b"1", UNIT.tobytes(), "/other.png")])
    return report(store, Matcher(Gallery(store), model, 0.99))


def read_all(recognizer: Recognizer) -> list[str]:
    names = [one.name for one in recognizer.identities()][:9]
    for name in names:
        for reference in recognizer.references(name)[:9]:
            recognizer.thumbnail(reference.id)
    history(recognizer._store, 50)
    lens = Corrections(recognizer._store)
    for correction in recognizer.corrections()[:9]:
        for thumbnail in (b"", JPEG):
            lens.rejects(correction.rejected, thumbnail, digest=bytes(32))
    return names


class Asking:
    """Asks of a mutant what can be asked; counts what comes back."""

    def __init__(self, folder: Path, rng: random.Random) -> None:
        self.folder, self.rng = folder, rng
        self.heard: list[str] = []
        self.bad: list[tuple[str, BaseException]] = []

    def ask(self, what: str, act: Callable[[], Any], *, must: bool = False) -> Any:
        """must: an error of ours is one too many."""
        try:
            answer = act()
        except FewshotError as error:
            if must:
                self.bad.append((what, error))
            self.heard.append(type(error).__name__)
            return None
        except Exception as error:  # noqa: BLE001  that is what is looked for
            self.bad.append((what, error))
            return None
        self.heard.append("answer")
        return answer

    def sound(self, path: Path) -> None:
        """Ask a gallery that took something in: all of it must answer."""
        with closing(Store.open(path)) as store:
            recognizer = Recognizer(store)
            self.ask("read what came in", lambda: read_all(recognizer), must=True)
            self.ask("look at what came in", lambda: look(store), must=True)
            out = self.folder / "out-again.npz"
            self.ask("export what came in", lambda: recognizer.export(out), must=True)
            again = self.folder / f"again-{path.name}"
            if out.exists():
                self.ask(
                    "make again what came in", lambda: store_for(out, again).close(), must=True
                )

    def gallery(self, path: Path) -> None:
        recognizer = self.ask("open", lambda: Recognizer.open(path, threads=1))
        if recognizer is None:
            return
        store = recognizer._store
        with closing(store):
            names = self.ask("read", lambda: read_all(recognizer)) or ["aqua"]
            self.ask("look", lambda: look(store))
            self.ask("search", lambda: recognizer.search(np.zeros((8, 8, 3), np.uint8)))
            for kind in ("npz", "thumbnails", "projector"):
                self.ask(kind, partial(recognizer.export, self.folder / f"out.{kind}", kind))
            if self.rng.random() < 0.6:
                for _ in range(self.rng.choice((1, 2, 6))):
                    self.change(recognizer, self.rng.choice(names))
                self.ask("look again", lambda: look(store))
                self.ask("read again", lambda: read_all(recognizer))
        good = self.folder / "good.db"
        shutil.copyfile(self.folder.parent / "good.db", good)
        with Recognizer.open(good) as taking:
            brought = self.ask("merge", lambda: taking.merge(path))
        if brought is not None:
            self.sound(good)

    def change(self, recognizer: Recognizer, name: str) -> None:
        store = recognizer._store
        acts: dict[str, Callable[[], object]] = {
            "undo": recognizer.undo,
            "rename": lambda: recognizer.rename(name, "somebody"),
            "forget": lambda: recognizer.forget(name),
            "erase": lambda: recognizer.forget(name, erase=True),
            "enroll": lambda: enroll(store, name, 2),
            "choose": lambda: choose_if_due(store),
            "calibrate": lambda: calibrated(store),
            "correct": lambda: correct_one(store, f"{name} 0", name),
        }
        what = self.rng.choice((*acts, "undo", "enroll", "correct"))
        self.ask(what, acts[what])

    def export(self, path: Path) -> None:
        made = self.ask("store_for", lambda: store_for(path, self.folder / "new.db"))
        if made is not None:
            with closing(made):
                self.ask("import", lambda: import_archive(made, path, DEAF), must=True)
            self.sound(self.folder / "new.db")
        if made is not None or self.rng.random() < 0.2:
            good = self.folder / "good.db"
            shutil.copyfile(self.folder.parent / "good.db", good)
            with closing(Store.open(good)) as store:
                self.ask("import into one", lambda: import_archive(store, path, DEAF))
            self.sound(good)

    def artifact(self, _: Path) -> None:
        found = self.ask("read", lambda: read_artifact("vgg19", BLUEPRINT.fingerprint))
        if found:
            self.ask("write", found.manifest.to_json)
        self.ask("each", lambda: list(each_artifact()))
        self.ask("holdings", lambda: [(one.ready, one.state) for one in holdings()])
        self.ask("verify", lambda: list(verify()))
