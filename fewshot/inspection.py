"""A gallery comes in; what it is, in figures, goes out. Loads neither numpy nor FAISS."""

from __future__ import annotations

import json

from fewshot.errors import GalleryDamaged
from fewshot.naming import Naming, naming_of
from fewshot.operations import history
from fewshot.quarantine import confined
from fewshot.records import CachedIndex, GalleryInfo
from fewshot.store import Store
from fewshot.upgrades import VERSION


def info(store: Store) -> GalleryInfo:
    """Return counts, sizes, recipe, index and the last operation, all of one moment."""
    with store.reading():
        ((names, forgotten_names),) = store.all(
            "SELECT count(*) - count(forgotten), count(forgotten) FROM identities", (int, int)
        )
        ((stored,),) = store.all("SELECT count(*) FROM picture_references", (int,))
        ((corrections,),) = store.all("SELECT count(*) FROM corrections", (int,))
        ((strangers,),) = store.all("SELECT count(*) FROM strangers", (int,))
        references = store.count()
        rule, chosen_by = _rule(store)
        return GalleryInfo(
            path=str(store.path),
            bytes=_bytes(store),
            version=VERSION,
            names=names,
            references=references,
            forgotten_names=forgotten_names,
            forgotten_references=stored - references,
            corrections=corrections,
            confined=confined(store),
            strangers=strangers,
            rule=rule,
            rule_chosen_by=chosen_by,
            recipe=str(store.recipe),
            d=store.recipe.d,
            index=cached_index(store),
            last=next(iter(history(store, 1)), None),
        )


def cached_index(store: Store) -> CachedIndex | None:
    """Return what is known of the index kept beside the gallery; None where there is none."""
    rows = store.all("SELECT about FROM cached_index", (str,))
    try:
        about = json.loads(rows[0][0])
        low, high = about["recall_interval"]
        return CachedIndex(
            kind=str(about["kind"]),
            references=int(about["references"]),
            recall=float(about["recall"]),
            recall_interval=(float(low), float(high)),
            queries=int(about["queries"]),
            built_at=str(about["built_at"]),
        )
    except (LookupError, TypeError, ValueError, RecursionError):
        return None  # then it is not used either


def _rule(store: Store) -> tuple[str, str]:
    """Return by which rule a gallery names, and who chose it."""
    try:
        naming = naming_of(store)
    except GalleryDamaged:
        return str(Naming().rule), ""  # `verify` says what is wrong
    return str(naming.rule), naming.chosen_by


def _bytes(store: Store) -> int:
    files = (store.path, store.path.with_name(store.path.name + "-wal"))
    return sum(file.stat().st_size for file in files if file.exists())
