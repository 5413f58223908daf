"""Ids of references come in; they are in quarantine, in one operation that `undo` takes back."""

from __future__ import annotations

from collections.abc import Iterable

from fewshot.gallery_file import sqlite_errors, transaction
from fewshot.operations import Done, record
from fewshot.quarantine import confine
from fewshot.store import LIVE, Store, among, chunks


def set_aside(store: Store, references: Iterable[int]) -> tuple[int, ...]:
    """Put references into quarantine, all or none; return the ids of those that went.

    They match nothing any more and stay in the file, whole, until `undo`. Those that are not there
    are passed over, and so is the last one named of a name whose references are all named: no name
    goes out of the gallery by this.
    """
    wanted = tuple(dict.fromkeys(int(one) for one in references))
    with sqlite_errors(store.path), transaction(store.connection):
        owners: dict[int, int] = {}
        for some in chunks(wanted):
            statement = f"""SELECT r.id, r.identity FROM picture_references r
                            WHERE {among("r.id", some)} AND {LIVE}"""  # noqa: S608
            owners |= dict(store.all(statement, (int, int), some))
        left = {identity: store.count(identity) for identity in set(owners.values())}
        going: list[int] = []
        for number in wanted:
            identity = owners.get(number)
            if identity is not None and left[identity] > 1:
                left[identity] -= 1
                going.append(number)
        if not going:
            return ()
        touched = sorted({owners[number] for number in going})
        names = store.names_of(touched)
        operation = record(
            store,
            Done("quarantine", len(touched), len(going)),
            [(identity, names.get(identity), None) for identity in touched],
        )
        confine(store, going, operation)
    return tuple(going)
