"""References come in; they are out of use, whole, until the operation that did it is undone."""

from __future__ import annotations

from collections.abc import Iterable

from fewshot.store import MAX_THUMBNAIL, Store, among, chunks

_SHARED = "id, identity, digest, vector, source, box, enrolled_at, crop"


def confine(store: Store, references: Iterable[int], operation: int) -> int:
    """Put references out of use, in the transaction that the caller holds; return how many."""
    confined = 0
    for some in chunks(references):
        store.connection.execute(
            f"""INSERT INTO quarantine ({_SHARED}, operation, thumbnail)
                SELECT {_SHARED}, ?, coalesce((
                    SELECT jpeg FROM thumbnails t
                    WHERE t.reference = id AND length(jpeg) <= ?), x'')
                FROM picture_references WHERE {among("id", some)}""",  # noqa: S608
            (operation, MAX_THUMBNAIL, *some),
        )
        confined += store.connection.execute(
            f"DELETE FROM picture_references WHERE {among('id', some)}",  # noqa: S608
            some,
        ).rowcount
    return confined


def release(store: Store, operation: int) -> None:
    """Put back into use what an operation put out of it, in the caller's transaction."""
    store.connection.execute(
        f"""INSERT INTO picture_references ({_SHARED})
            SELECT {_SHARED} FROM quarantine WHERE operation = ?""",  # noqa: S608
        (operation,),
    )
    store.connection.execute(
        """INSERT INTO thumbnails
           SELECT id, thumbnail FROM quarantine WHERE operation = ? AND length(thumbnail)""",
        (operation,),
    )
    store.connection.execute("DELETE FROM quarantine WHERE operation = ?", (operation,))


def confined(store: Store) -> int:
    """Return how many references of those who are enrolled are in quarantine."""
    ((count,),) = store.all(
        """SELECT count(*) FROM quarantine q
           JOIN identities i ON i.id = q.identity AND i.forgotten IS NULL""",
        (int,),
    )
    return int(count)
