"""Named pictures come in; the store holds them, and an account of each name goes out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from fewshot.crops import Box
from fewshot.embedder import Embedded, Embedder, Refusal
from fewshot.errors import UnreadableImage
from fewshot.images import NAMELESS, Picture, read_picture
from fewshot.names import clean_name
from fewshot.pipeline import ordered_map
from fewshot.records import crop_text
from fewshot.staging import Committed, Elsewhere, Staging, staging
from fewshot.store import Store

Progress = Callable[[], None]
"""Called once for each picture that is done."""


@dataclass(frozen=True, slots=True)
class CropTaken:
    """Which part of a picture was embedded."""

    source: str
    kind: str  # "whole", "center", "given", "face", "anime-face" ...
    score: float  # how sure the detector was, in [0, 1]
    box: Box  # in pixels of the whole upright picture
    found: int  # how many there were; the largest was taken


@dataclass(frozen=True, slots=True)
class Enrollment:
    """What became of the pictures given under one name."""

    name: str
    added: int  # new references
    already: int  # pictures that stood under this name before, byte by byte
    refused: tuple[Refusal, ...]
    elsewhere: tuple[Elsewhere, ...]  # added, and enrolled under another name too
    corrected: tuple[str, ...] = ()  # passed over, for they were corrected: not this name
    crops: tuple[CropTaken, ...] = ()  # what was taken of each picture that is new


def enroll_pictures(
    store: Store,
    embedder: Embedder,
    pictures: Iterable[tuple[str, Picture]],
    progress: Progress | None = None,
    threads: int | None = None,
    *,
    box: Box | None = None,
    one_face: bool = False,
) -> list[Enrollment]:
    """Embed all pictures and enroll them in one transaction, in the order given.

    threads: how many cores to keep busy; None: all. box: the part to take of each. one_face:
    refuse pictures with several faces, of which otherwise the largest is taken.
    A picture that cannot be read is refused and counted, and the rest goes on. Interrupted before
    it returns, nothing of it is enrolled.
    """
    ledger = _Ledger(store)

    def arrive(item: tuple[str, Picture]) -> tuple[str, _Arrived | Refusal]:
        name, picture = item
        try:
            raw = read_picture(picture)
            digest = raw.digest_of(box)
            if digest in ledger.known[name]:
                return name, _Arrived(raw.source, digest, None)
            embedded = embedder.embed_raw(raw, box=box, one_face=one_face, with_thumbnail=True)
            return name, _Arrived(raw.source, digest, embedded)
        except UnreadableImage as error:
            return name, Refusal.of(error)

    with staging(store) as arriving:
        for name, result in ordered_map(arrive, ledger.opened(pictures), workers=threads):
            if isinstance(result, Refusal):
                ledger.refused[name].append(result)
            else:
                _stage(arriving, name, result)
                ledger.take(name, result.embedded)
            if progress:
                progress()
        return ledger.closed(arriving.commit())


@dataclass(frozen=True, slots=True)
class _Arrived:
    """A picture on its way in; not embedded where it stands under its name already."""

    source: str
    digest: bytes
    embedded: Embedded | None


class _Ledger:
    """What was given under each name, and what became of it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._given: dict[str, int] = {}
        self.known: dict[str, set[bytes]] = {}  # digests enrolled before
        self.refused: dict[str, list[Refusal]] = {}
        self._crops: dict[str, list[CropTaken]] = {}

    def opened(self, pictures: Iterable[tuple[str, Picture]]) -> Iterator[tuple[str, Picture]]:
        """Count the pictures as they are taken, each under its cleaned name."""
        for name, picture in pictures:
            name = clean_name(name)
            if name not in self.known:
                self.known[name] = self._store.digests(name)
                self.refused[name], self._given[name] = [], 0
                self._crops[name] = []
            self._given[name] += 1
            yield name, picture

    def take(self, name: str, one: Embedded | None) -> None:
        """Note what part was taken of a picture that is not there yet."""
        if one:
            taken = CropTaken(one.source, one.kind, one.score, one.box, one.crops)
            self._crops[name].append(taken)

    def closed(self, done: Committed) -> list[Enrollment]:
        """Return one account a name."""
        for name, source in done.vanished:
            reason = "another process forgot it meanwhile; enroll it again"
            self.refused[name].append(Refusal(source, reason))
        corrected: dict[str, list[str]] = {name: [] for name in self._given}
        for name, source in done.corrected:
            corrected[name].append(source)
        return [
            Enrollment(
                name=name,
                added=(added := done.added.get(name, 0)),
                already=given - added - len(self.refused[name]) - len(corrected[name]),
                refused=tuple(self.refused[name]),
                elsewhere=tuple(one for one in done.elsewhere if one.name == name),
                corrected=tuple(corrected[name]),
                crops=tuple(
                    one for one in self._crops[name] if _absolute(one.source) not in corrected[name]
                ),
            )
            for name, given in self._given.items()
        ]


def _stage(arriving: Staging, name: str, picture: _Arrived) -> None:
    source, embedded = _absolute(picture.source), picture.embedded
    if embedded is None:
        arriving.skip(name, digest=picture.digest, source=source)
        return
    arriving.add(
        name,
        digest=picture.digest,
        vector=embedded.vector.astype("<f4").tobytes(),
        source=source,
        box=str(embedded.box),
        thumbnail=embedded.thumbnail,
        crop=crop_text(embedded.kind, embedded.score),
    )


def _absolute(source: str) -> str:
    return source if source in NAMELESS else os.path.abspath(source)
