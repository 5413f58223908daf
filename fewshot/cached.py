"""The lenses of a large gallery come in and are kept in a file beside it; and come out of it again.

    gallery.db.index: codes, their ids and owners, the codebook, each name's sum of vectors

Only plain numbers stand in it, written as `npz` says. It is believed only where its SHA-256 stands
in the gallery, and says of which operation it is: what was done since is read from the gallery.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewshot.approximate import ApproximateIndex, Codebook
from fewshot.digest import file_digest
from fewshot.errors import FileDamaged
from fewshot.gallery_file import sqlite_errors, transaction
from fewshot.index import Ids, Vectors
from fewshot.inspection import cached_index
from fewshot.location import index_beside
from fewshot.npz import NpzReader, NpzWriter
from fewshot.operations import erased_since
from fewshot.prototypes import Prototypes
from fewshot.records import CachedIndex
from fewshot.store import Store
from fewshot.vectors import fetched
from fewshot.written import written_whole

FORMAT, VERSION = "fewshot-index", 1


@dataclass(frozen=True)
class Lenses:
    """What a gallery holds in memory, as of one operation."""

    operation: int
    last: int  # the highest id of a reference
    ranked: int  # how many of the best codes are ranked by their vectors
    book: Codebook
    codes: NDArray[np.uint8]  # (n, bytes)
    ids: Ids  # (n,)
    owners: Ids  # (n,)
    names: Ids  # (m,) identities
    sums: Vectors  # (m, d) of their vectors

    def index(self, store: Store) -> ApproximateIndex:
        """Return the index, which gets exact vectors from the store."""
        return ApproximateIndex(
            store.recipe.d,
            self.book,
            self.codes,
            self.ids,
            self.owners,
            ranked=self.ranked,
            fetch=lambda ids: fetched(store, ids),
        )

    def prototypes(self) -> Prototypes:
        """Return the class means."""
        owners, counts = np.unique(self.owners, return_counts=True)
        place = np.searchsorted(owners, self.names)
        return Prototypes.of_sums(self.sums, self.names, counts[place].astype(np.int64))


def keep(store: Store, lenses: Lenses, about: CachedIndex) -> bool:
    """Write the lenses beside the gallery; False where somebody was erased meanwhile.

    Raises CannotWrite.
    """
    path = index_beside(store.path)
    columns = {
        "rotation": lenses.book.rotation,
        "centroids": lenses.book.centroids,
        **{name: getattr(lenses, name) for name in ("codes", "ids", "owners", "names", "sums")},
    }
    with written_whole(path, "index", private=True) as file, NpzWriter(file) as writer:
        for name, column in columns.items():
            writer.column(name, column.dtype.newbyteorder("<"), column.shape, [column])
        numbers = {name: getattr(lenses, name) for name in ("operation", "last", "ranked")}
        writer.close({"format": FORMAT, "version": VERSION, **numbers})
    with sqlite_errors(store.path), transaction(store.connection):
        if erased_since(store, lenses.operation):
            path.unlink(missing_ok=True)  # it holds traces of who was
            return False
        store.connection.execute(
            "INSERT OR REPLACE INTO cached_index VALUES (1, ?, ?)",
            (bytes.fromhex(file_digest(path)), json.dumps(asdict(about))),
        )
    return True


def kept(store: Store) -> Lenses | None:
    """Return the lenses kept beside a gallery; None where there are none that it vouches for."""
    rows = store.all("SELECT sha256 FROM cached_index", (bytes,))
    path = index_beside(store.path)
    if not rows or cached_index(store) is None:
        return None
    try:
        if file_digest(path) != rows[0][0].hex():
            return None
        with path.open("rb") as file:
            return _read(NpzReader(path, file, believed=True), store.recipe.d)
    except (OSError, FileDamaged):
        return None


def _read(archive: NpzReader, d: int) -> Lenses | None:
    about = archive.manifest
    operation, last, ranked = (about.get(name) for name in ("operation", "last", "ranked"))
    if (about.get("format"), about.get("version")) != (FORMAT, VERSION):
        return None
    for number in (operation, last, ranked):
        if type(number) is not int or not 0 <= number < 2**62:
            return None

    def column(name: str, kind: str, *row: int) -> NDArray[Any]:
        return archive.column(name, kind, *row).all()

    pairs = (d + 1) // 2
    rotation, centroids = column("rotation", "<f4", d), column("centroids", "<f4", 16, 2)
    codes = column("codes", "u1", (pairs + 1) // 2)
    ids, owners = column("ids", "<i8"), column("owners", "<i8")
    names, sums = column("names", "<i8"), column("sums", "<f4", d)
    if (
        len(rotation) not in (0, d)
        or len(centroids) != pairs
        or not len(codes) == len(ids) == len(owners)
        or len(names) != len(sums)
        or np.unique(owners).tolist() != np.unique(names).tolist()
    ):
        return None
    return Lenses(
        operation=int(operation or 0),
        last=int(last or 0),
        ranked=int(ranked or 0),
        book=Codebook(rotation, centroids),
        codes=codes,
        ids=ids,
        owners=owners,
        names=names,
        sums=sums,
    )
