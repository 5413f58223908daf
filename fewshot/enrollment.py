"""Named pictures come in; the store holds them, and an account of each name goes out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from fewshot.embedder import Embedded, Embedder, Refusal
from fewshot.errors import UnreadableImage
from fewshot.images import NAMELESS, Picture, RawPicture, read_picture
from fewshot.names import clean_name
from fewshot.pipeline import ordered_map
from fewshot.staging import Elsewhere, staging
from fewshot.store import Store

Progress = Callable[[], None]
"""Called once for each picture that is done."""


@dataclass(frozen=True, slots=True)
class Enrollment:
    """What became of the pictures given under one name."""

    name: str
    added: int  # new references
    already: int  # pictures that stood under this name before, byte by byte
    refused: tuple[Refusal, ...]
    elsewhere: tuple[Elsewhere, ...]  # added, and enrolled under another name too


def enroll_pictures(
    store: Store,
    embedder: Embedder,
    pictures: Iterable[tuple[str, Picture]],
    progress: Progress | None = None,
) -> list[Enrollment]:
    """Embed all pictures on all cores and enroll them in one transaction, in the order given.

    A picture that cannot be read is refused and counted, and the rest goes on. Interrupted before
    it returns, nothing of it is enrolled.
    """
    known: dict[str, set[bytes]] = {}
    given: dict[str, int] = {}
    refused: dict[str, list[Refusal]] = {}

    def named() -> Iterator[tuple[str, Picture]]:
        for name, picture in pictures:
            name = clean_name(name)
            if name not in known:
                known[name] = store.digests(name)
                refused[name], given[name] = [], 0
            given[name] += 1
            yield name, picture

    def arrive(item: tuple[str, Picture]) -> tuple[str, Embedded | Refusal | RawPicture]:
        name, picture = item
        try:
            raw = read_picture(picture)
            if raw.digest in known[name]:
                return name, RawPicture(raw.source, raw.digest, b"")
            return name, embedder.embed_raw(raw, with_thumbnail=True)
        except UnreadableImage as error:
            return name, Refusal(error.source, error.reason)

    with staging(store) as arriving:
        for name, result in ordered_map(arrive, named()):
            if isinstance(result, Refusal):
                refused[name].append(result)
            elif isinstance(result, RawPicture):
                arriving.skip(name, digest=result.digest, source=_absolute(result.source))
            else:
                arriving.add(
                    name,
                    digest=result.digest,
                    vector=result.vector.astype("<f4").tobytes(),
                    source=_absolute(result.source),
                    box=f"{result.box.x} {result.box.y} {result.box.width} {result.box.height}",
                    thumbnail=result.thumbnail,
                )
            if progress:
                progress()
        done = arriving.commit()
    for name, source in done.vanished:
        refused[name].append(
            Refusal(source, "another process forgot it meanwhile; enroll it again")
        )
    return [
        Enrollment(
            name=name,
            added=done.added.get(name, 0),
            already=given[name] - done.added.get(name, 0) - len(refused[name]),
            refused=tuple(refused[name]),
            elsewhere=tuple(one for one in done.elsewhere if one.name == name),
        )
        for name in given
    ]


def _absolute(source: str) -> str:
    return source if source in NAMELESS else os.path.abspath(source)
