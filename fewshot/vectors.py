"""A store's rows come in; arrays of unit vectors go out."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

import numpy as np

from fewshot.errors import GalleryDamaged
from fewshot.gallery_file import sqlite_errors
from fewshot.index import Ids, Vectors
from fewshot.store import LAST, LIVE, Store, among, chunks

_AT_ONCE = 1000
_VECTORS = "SELECT id, vector FROM picture_references"


class Block(NamedTuple):
    """Some references, in the order of their ids."""

    ids: Ids  # (n,)
    owners: Ids  # (n,) the ids of their identities
    vectors: Vectors  # (n, d)


def blocks(
    store: Store, *, after: int = 0, until: int = LAST, of: int | None = None
) -> Iterator[Block]:
    """Yield references as `Store.vectors` does, a thousand at a time; raises GalleryDamaged."""
    rows = store.vectors(after=after, until=until, of=of)
    while some := list(islice(rows, _AT_ONCE)):
        yield Block(
            np.array([number for number, _, _ in some], np.int64),
            np.array([owner for _, owner, _ in some], np.int64),
            stacked([blob for _, _, blob in some], store.recipe.d),
        )


def vectors_of(store: Store, identity: int) -> tuple[Ids, Vectors]:
    """Return ids (n,) and vectors (n, d) of an identity's references; raises GalleryDamaged."""
    some = list(blocks(store, of=identity))
    nothing = np.empty((0, store.recipe.d), np.float32)
    return (
        np.concatenate([np.empty(0, np.int64), *(one.ids for one in some)]),
        np.concatenate([nothing, *(one.vectors for one in some)]),
    )


def stacked(blobs: list[bytes], d: int) -> Vectors:
    """Return vectors as they are stored as an array (n, d); raises ValueError, TypeError."""
    return (
        np.frombuffer(b"".join(blobs), "<f4").reshape(len(blobs), d).astype(np.float32, copy=False)
    )


def all_ids(store: Store) -> Ids:
    """Return the ids of all references (n,), rising."""
    statement = f"SELECT id FROM picture_references r WHERE {LIVE} ORDER BY id"  # noqa: S608
    return np.array([number for (number,) in store.stream(statement, (int,))], np.int64)


def fetched(store: Store, ids: Ids) -> Vectors:
    """Return the vectors of references (n, d), in the order of their ids; raises GalleryDamaged."""
    wanted = ids.tolist()
    found: dict[int, bytes] = {}
    with sqlite_errors(store.path):
        for some in chunks(wanted):
            found |= dict(store.connection.execute(f"{_VECTORS} WHERE {among('id', some)}", some))
    try:
        return stacked([found[number] for number in wanted], store.recipe.d)
    except (KeyError, TypeError, ValueError) as error:
        raise GalleryDamaged(store.path, "its index names a reference that is none") from error
