"""A gallery comes in, and strangers; what rates of false names it keeps, and how, goes out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from fewshot.calibration import Calibration
from fewshot.calibration_errors import CannotCalibrate
from fewshot.choosing import FEWEST_NAMES, choose
from fewshot.decision import model_for
from fewshot.embedder import Embedder, Refusal
from fewshot.errors import (
    GalleryDamaged,
    GalleryEmpty,
    GalleryLocked,
    GalleryUnavailable,
    UnreadableImage,
)
from fewshot.evidence import Evidence
from fewshot.images import NAMELESS, Picture, read_picture
from fewshot.index import check_vectors
from fewshot.interval import wilson
from fewshot.matching import Matcher
from fewshot.naming import Naming, naming_of, write_naming
from fewshot.pipeline import ordered_map
from fewshot.risk import LOWEST, Risk
from fewshot.rules import RULES, SIMPLEST, Rule
from fewshot.scoring import MARGIN, NEVER
from fewshot.store import Store
from fewshot.strangers import Stranger, add_strangers
from fewshot.vectors import blocks

AUTO = "auto"

RATES = (0.01, 0.05, 0.1, 0.2)
"""The rates that are told."""

MOST_CHOSEN_FROM = 20_000
"""References from which on a gallery keeps the rule it has, unless it is asked."""

FEWEST = 6
"""References from which on there is anything to choose."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What a rate of false names gives in this gallery."""

    rate: float
    needed: float  # decision score
    basis: str  # "gallery", "strangers", "gallery and strangers" or "prior"
    known: float | None  # share of held-out references rightly named; None: none has another
    low: float | None  # its 95 % interval, as if they were independent
    high: float | None
    asked: int  # how many were


@dataclass(frozen=True, slots=True)
class Calibrated:
    """How a gallery decides."""

    names: int
    references: int
    strangers: int  # who, not how many pictures
    stranger_pictures: int
    added: int  # pictures of strangers that are new
    refused: tuple[Refusal, ...]
    tightest: float  # the lowest rate that the gallery itself can show
    strictly: float  # and with `strict`
    naming: Naming
    rates: tuple[Kept, ...]


def calibrate(
    store: Store,
    embedder: Embedder,
    matcher: Matcher,
    *,
    strangers: Iterable[tuple[str, Picture]],
    rule: str | None,
    progress: Callable[[], None] | None,
    threads: int | None,
) -> Calibrated:
    """Take up strangers, choose a rule and say what it gives; see `Recognizer.calibrate`."""
    wanted = _wanted(store, rule)
    added, refused = _take_up(store, embedder, strangers, progress, threads)
    before = _naming_of(store)
    if rule is None and before.chosen_by == "user":
        wanted = before.rule  # center and temperature are fitted anew
    if wanted is not None or rule or store.count() <= MOST_CHOSEN_FROM:
        write_naming(store, _chosen(store, wanted))
    return report(store, matcher, added, refused)


def _naming_of(store: Store) -> Naming:
    """Return how a gallery names; the simplest way where that cannot be read."""
    try:
        return naming_of(store)
    except GalleryDamaged:
        return Naming()


def choose_if_due(store: Store) -> None:
    """Choose the rule anew where the gallery has doubled, or halved, since it was chosen."""
    # then next time: nothing hangs on it, and what is damaged is said by who asks
    with suppress(GalleryLocked, GalleryUnavailable, GalleryDamaged):
        before, count = naming_of(store), store.count()
        grown = count >= 2 * before.references or 2 * count <= before.references
        if FEWEST <= count <= MOST_CHOSEN_FROM and grown:
            own = before.rule if before.chosen_by == "user" else None
            write_naming(store, _chosen(store, own))


def fit_again(store: Store, before: Naming) -> None:
    """Choose, or fit what the user chose, once somebody was erased who had a part in the center."""
    with suppress(GalleryLocked, GalleryUnavailable, GalleryDamaged):
        if 0 < store.count() <= MOST_CHOSEN_FROM:
            write_naming(store, _chosen(store, before.rule if before.chosen_by == "user" else None))


def report(
    store: Store, matcher: Matcher, added: int = 0, refused: tuple[Refusal, ...] = ()
) -> Calibrated:
    """Return how a gallery decides, and what each rate gives."""
    gallery = matcher.gallery
    with gallery.moment():
        evidence = gallery.evidence()
        calibrations = [matcher.calibration(Risk(rate)) for rate in RATES]
        lowest = matcher.calibration(Risk(LOWEST))
        return Calibrated(
            names=evidence.names,
            references=evidence.references,
            strangers=evidence.stranger_blocks,
            stranger_pictures=len(evidence.strangers),
            added=added,
            refused=refused,
            tightest=lowest.tightest,
            strictly=lowest.strictest,
            naming=gallery.naming,
            rates=tuple(_kept(one, evidence) for one in calibrations),
        )


def _kept(calibration: Calibration, evidence: Evidence) -> Kept:
    able = evidence.own > NEVER
    own, rivals = evidence.own[able], evidence.rivals[able]
    scores = own - MARGIN * np.maximum(rivals, 0.0)
    hits, asked = int(((own > rivals) & (scores >= calibration.needed)).sum()), len(own)
    low, high = wilson(hits, asked)
    told = asked > 0
    return Kept(
        rate=calibration.rate,
        needed=calibration.needed,
        basis=calibration.basis,
        known=hits / asked if told else None,
        low=low if told else None,
        high=high if told else None,
        asked=asked,
    )


def _wanted(store: Store, rule: str | None) -> Rule | None:
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


def _chosen(store: Store, rule: Rule | None) -> Naming:
    with store.reading():
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
    try:
        check_vectors(vectors, store.recipe.d)
    except ValueError as error:
        raise GalleryDamaged(store.path, str(error)) from error
    owners = np.concatenate([one.owners for one in read])
    return choose(vectors, owners, model_for(store.recipe), rule)


def _take_up(
    store: Store,
    embedder: Embedder,
    strangers: Iterable[tuple[str, Picture]],
    progress: Callable[[], None] | None,
    threads: int | None,
) -> tuple[int, tuple[Refusal, ...]]:
    """Embed pictures of strangers and keep their vectors; return how many are new."""

    def embed(item: tuple[str, Picture]) -> Stranger | Refusal:
        block, picture = item
        try:
            raw = read_picture(picture)
            vector = embedder.embed_raw(raw).vector.astype("<f4").tobytes()
            source = raw.source if raw.source in NAMELESS else os.path.abspath(raw.source)
            return Stranger(block, raw.digest, vector, source)
        except UnreadableImage as error:
            return Refusal(error.source, error.reason)

    taken: list[Stranger] = []
    refused: list[Refusal] = []
    for result in ordered_map(embed, strangers, workers=threads):
        if isinstance(result, Refusal):
            refused.append(result)
        else:
            taken.append(result)
        if progress:
            progress()
    return (add_strangers(store, taken) if taken else 0), tuple(refused)
