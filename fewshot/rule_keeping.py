"""A gallery comes in, or what a user wants; the rule its names are scored by is kept in it."""

from __future__ import annotations

from contextlib import suppress

import numpy as np

from fewshot.calibration_errors import CannotCalibrate
from fewshot.choosing import FEWEST_NAMES, choose
from fewshot.decision import model_for
from fewshot.errors import GalleryDamaged, GalleryEmpty, GalleryLocked, GalleryUnavailable
from fewshot.index import check_vectors
from fewshot.naming import Naming, naming_of, write_naming
from fewshot.operations import last_operation
from fewshot.rules import RULES, SIMPLEST, Rule
from fewshot.store import Store
from fewshot.vectors import blocks

AUTO = "auto"

MOST_CHOSEN_FROM = 20_000
"""References from which on a gallery keeps the rule it has, unless it is asked."""

FEWEST = 6
"""References from which on there is anything to choose."""


def wanted_rule(store: Store, rule: str | None) -> Rule | None:
    """Return the rule that is asked for; None for "auto" and None. Raises CannotCalibrate."""
    if rule in (None, AUTO):
        return None
    try:
        wanted = Rule.parse(rule or "")
    except ValueError as error:
        reason = f"no rule is called {rule!r}; there is {AUTO}, {', '.join(map(str, RULES))}"
        raise CannotCalibrate(store.path, reason) from error
    if wanted.space == "centered" and len(store.names()) < FEWEST_NAMES:
        raise CannotCalibrate(store.path, f"{wanted} needs {FEWEST_NAMES} names or more")
    return wanted


def keep_rule(store: Store, wanted: Rule | None, *, asked: bool) -> None:
    """Write down the rule wanted, or choose one; fit anew what was chosen for good.

    asked: else nothing is changed in a gallery that is too large to choose, or cannot be written.
    Raises GalleryEmpty, CannotCalibrate.
    """
    if asked:
        _keep(store, wanted)
        return
    if store.recipe.head is not None:
        return
    try:
        before = naming_of(store)
    except GalleryDamaged:
        before = Naming()
    if store.count() <= MOST_CHOSEN_FROM:
        with suppress(GalleryUnavailable):
            _keep(store, _for_good(before))


def choose_if_due(store: Store) -> None:
    """Choose the rule anew where the gallery has doubled, or halved, since it was chosen."""
    if store.recipe.head is not None:
        return  # of references that a head was trained on, each is named rightly by any rule
    # else next time: nothing hangs on it, and what is damaged is said by who asks
    with suppress(GalleryLocked, GalleryUnavailable, GalleryDamaged):
        before, count = naming_of(store), store.count()
        grown = count >= 2 * before.references or 2 * count <= before.references
        if FEWEST <= count <= MOST_CHOSEN_FROM and grown:
            _keep(store, _for_good(before))


def adopt(store: Store, rule: Rule | None) -> None:
    """Take up a rule that a gallery was exported with, unless this one has its own for good."""
    with suppress(GalleryLocked, GalleryUnavailable, GalleryDamaged, CannotCalibrate):
        if rule and naming_of(store).chosen_by != "user" and store.count():
            _keep(store, rule)
            return
    choose_if_due(store)


def fit_again(store: Store, before: Naming) -> None:
    """Choose, or fit what the user chose, once somebody was erased who had a part in the center."""
    with suppress(GalleryLocked, GalleryUnavailable, GalleryDamaged):
        if 0 < store.count() <= MOST_CHOSEN_FROM:
            _keep(store, _for_good(before))


def _for_good(before: Naming) -> Rule | None:
    return before.rule if before.chosen_by == "user" else None


def _keep(store: Store, rule: Rule | None) -> None:
    """Choose by what is enrolled and write it down; again where somebody was erased meanwhile."""
    while True:
        with store.reading():
            as_of, naming = last_operation(store), _chosen(store, rule)
        if write_naming(store, naming, as_of):
            return


def _chosen(store: Store, rule: Rule | None) -> Naming:
    count = store.count()
    if count > MOST_CHOSEN_FROM:
        if rule in (None, SIMPLEST):
            return Naming(references=count, chosen_by="user" if rule else "default")
        reason = f"beyond {MOST_CHOSEN_FROM:,} references names are scored by the class mean"
        raise CannotCalibrate(store.path, reason)
    if not count:  # all that is enrolled is in quarantine
        raise GalleryEmpty(store.path)
    read = list(blocks(store))
    vectors = np.concatenate([one.vectors for one in read])
    owners = np.concatenate([one.owners for one in read])
    try:
        check_vectors(vectors, store.recipe.d)
    except ValueError as error:
        raise GalleryDamaged(store.path, str(error)) from error
    if rule and rule.space == "centered" and len(np.unique(owners)) < FEWEST_NAMES:
        rule = Rule(rule.scoring)  # the center of two names lies between them
    return choose(vectors, owners, model_for(store.recipe), rule)
