"""A store comes in; which identities share a picture, by id and both ways, goes out."""

from __future__ import annotations

from collections.abc import Collection

from fewshot.store import Store, among, chunks

Pairs = frozenset[tuple[int, int]]


class SharedPictures:
    """A lens over a store: looks up again only what may have changed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._pairs: Pairs = frozenset()
        self._until = 0  # the highest id of a reference that was looked at
        self._stale: set[int] = set()

    def touch(self, identities: Collection[int]) -> None:
        """Note who may have lost or regained references."""
        self._stale |= set(identities)

    def pairs(self, last: int) -> Pairs:
        """Return the pairs of identities that share a picture. last: the highest reference's id."""
        if self._until == 0 and last:
            self._pairs = sharing(self._store)
        elif self._stale or self._until != last:
            kept = frozenset(pair for pair in self._pairs if not self._stale & set(pair))
            self._pairs = kept | shared_since(self._store, self._until, self._stale)
        self._until, self._stale = last, set()
        return self._pairs


def sharing(store: Store) -> Pairs:
    """Return all pairs of identities that share a picture."""
    rows = store.all(
        """WITH twice AS (
               SELECT digest FROM picture_references GROUP BY digest HAVING count(*) > 1)
           SELECT DISTINCT r.identity, s.identity FROM twice
           JOIN picture_references r ON r.digest = twice.digest
           JOIN picture_references s ON s.digest = r.digest AND s.identity != r.identity""",
        (int, int),
    )
    return frozenset((one, other) for one, other in rows)


def shared_since(store: Store, reference: int, identities: Collection[int]) -> Pairs:
    """Return the pairs of which one has a reference with an id above this, or is one of these."""
    found = store.all(f"{_SHARED} r.id > ?", (int, int), (reference,))
    for some in chunks(identities):
        found += store.all(f"{_SHARED} {among('r.identity', some)}", (int, int), some)
    return frozenset((one, other) for one, other in found) | frozenset(
        (other, one) for one, other in found
    )


_SHARED = """SELECT DISTINCT r.identity, s.identity FROM picture_references r
    JOIN picture_references s ON s.digest = r.digest AND s.identity != r.identity WHERE"""
