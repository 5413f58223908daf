"""References and corrections made elsewhere come in, from an export or another gallery.

All in one transaction and one operation, as an enrollment is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from itertools import chain
from pathlib import Path

from fewshot.arrivals import arrivals
from fewshot.entries import Entry, entries_of_archive, entries_of_gallery, recipe_of
from fewshot.errors import GalleryMissing, RecipeMismatch
from fewshot.judgments import Judgment, judgments_of_archive, judgments_of_gallery
from fewshot.npz import opened_npz
from fewshot.recipe import Recipe
from fewshot.records import Brought
from fewshot.rules import Rule
from fewshot.staging import staging
from fewshot.store import Store
from fewshot.watch import Watch


def import_archive(store: Store, path: Path, watch: Watch) -> Brought:
    """Add what an export holds; raises FileDamaged, RecipeMismatch."""
    with opened_npz(path) as archive:
        _require_one_recipe(store, recipe_of(archive), path)
        count, entries = entries_of_archive(archive, store.recipe.d)
        judgments = judgments_of_archive(archive, store.recipe.d)
        return bring(store, entries, judgments, what="import", count=count, watch=watch)


def rule_in(path: Path) -> Rule | None:
    """Return the rule that an export says was chosen for good; None where it says none."""
    with opened_npz(path) as archive:
        try:
            return Rule.parse(str(archive.manifest["rule"]))
        except (KeyError, ValueError):
            return None


def merge_gallery(store: Store, path: Path, watch: Watch) -> Brought:
    """Add what another gallery holds; raises RecipeMismatch, and what `Store.open` raises."""
    with closing(Store.open(path)) as other, other.reading():
        _require_one_recipe(store, other.recipe, path)
        count, entries = entries_of_gallery(other)
        judgments = judgments_of_gallery(other)
        return bring(store, entries, judgments, what="merge", count=count, watch=watch)


def store_for(export: Path, path: Path) -> Store:
    """Open the gallery at `path`, or make it with the recipe of an export once all of that is read.

    Raises FileDamaged, RecipeMismatch.
    """
    with opened_npz(export) as archive:
        recipe = recipe_of(archive)
        try:
            store = Store.open(path)
        except GalleryMissing:
            for _ in chain(
                entries_of_archive(archive, recipe.d)[1], judgments_of_archive(archive, recipe.d)
            ):
                pass  # all of it can be read: else no gallery is made
            store = Store.create(path, recipe)
    try:
        _require_one_recipe(store, recipe, export)
    except BaseException:
        store.close()
        raise
    return store


def bring(
    store: Store,
    entries: Iterator[Entry],
    judgments: Iterator[Judgment],
    *,
    what: str,
    count: int,
    watch: Watch,
) -> Brought:
    """Add references, corrections and strangers in one operation.

    What is here already is passed over, and so is a picture under a name that it was corrected
    here not to be of. What is corrected there is from now on corrected here too: such a picture
    goes out of use where it stands under that name.
    what: "import" or "merge". count: how many entries there are.
    """
    with (
        staging(store) as arriving,
        arrivals(store) as judged,
        watch.bar(what, count) as advance,
    ):
        for entry in entries:
            arriving.add(
                entry.name,
                digest=entry.digest,
                vector=entry.vector,
                source=entry.source,
                box=entry.box,
                thumbnail=entry.thumbnail,
                enrolled_at=entry.enrolled_at,
                crop=entry.crop,
            )
            advance(1)
        for judgment in judgments:
            judged.add(judgment)
        done = arriving.commit(what, judged)
    added = sum(done.added.values())
    return Brought(
        references=added,
        already=count - added - len(done.corrected),
        names=len(done.added),
        corrections=done.settled.corrections,
        strangers=done.settled.strangers,
        corrected=len(done.corrected) + done.settled.confined,
    )


def _require_one_recipe(store: Store, other: Recipe, path: Path) -> None:
    """Raise RecipeMismatch where vectors of both cannot be compared."""
    if not store.recipe.agrees_with(other):
        mend = f"name another gallery: {path} belongs to one made the same way"
        raise RecipeMismatch(store.path, str(store.recipe), str(other), mend)
