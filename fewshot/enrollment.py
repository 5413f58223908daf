"""Named pictures come in; the store holds them, and an account of each name goes out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from fewshot.embedder import Embedded, Embedder, Refusal
from fewshot.images import Picture
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

    def arrive(item: tuple[str, Picture]) -> tuple[str, Embedded | Refusal | None]:
        name, picture = item
        return name, embedder.attempt(picture, known=known[name], with_thumbnail=True)

    with staging(store) as arriving:
        for name, result in ordered_map(arrive, named()):
            if isinstance(result, Refusal):
                refused[name].append(result)
            elif result is not None:
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
        added, elsewhere = arriving.commit()
    return [
        Enrollment(
            name=name,
            added=added.get(name, 0),
            already=given[name] - added.get(name, 0) - len(refused[name]),
            refused=tuple(refused[name]),
            elsewhere=tuple(one for one in elsewhere if one.name == name),
        )
        for name in given
    ]


def _absolute(source: str) -> str:
    return source if source.startswith("<") else os.path.abspath(source)
