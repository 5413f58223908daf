"""A gallery comes in, and strangers; what rates of false names it keeps, and how, goes out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from fewshot.calibration import Calibration
from fewshot.embedder import Embedder, Refusal
from fewshot.errors import UnreadableImage
from fewshot.evidence import Evidence
from fewshot.images import NAMELESS, Picture, read_picture
from fewshot.interval import wilson
from fewshot.matching import Matcher
from fewshot.naming import Naming
from fewshot.pipeline import ordered_map
from fewshot.risk import LOWEST, Risk
from fewshot.rule_keeping import keep_rule, wanted_rule
from fewshot.scoring import MARGIN, NEVER
from fewshot.store import Store
from fewshot.strangers import Stranger, add_strangers

RATES = (0.01, 0.05, 0.1, 0.2)
"""The rates that are told."""


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
    passed_over: int  # pictures that were given before, or are of somebody enrolled
    refused: tuple[Refusal, ...]
    near: int  # pictures of strangers that would be named, were they not known for strangers
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
    wanted = wanted_rule(store, rule)
    added, passed_over, refused = _take_up(store, embedder, strangers, progress, threads)
    keep_rule(store, wanted, asked=rule is not None)
    return report(store, matcher, added, passed_over, refused)


def report(
    store: Store,
    matcher: Matcher,
    added: int = 0,
    passed_over: int = 0,
    refused: tuple[Refusal, ...] = (),
) -> Calibrated:
    """Return how a gallery decides, and what each rate gives."""
    gallery = matcher.gallery
    with gallery.moment():
        evidence = gallery.evidence()
        calibrations = [matcher.calibration(Risk(rate)) for rate in RATES]
        lowest = matcher.calibration(Risk(LOWEST))
        usual = matcher.without_strangers(Risk()).needed
        return Calibrated(
            names=evidence.names,
            references=evidence.references,
            strangers=evidence.stranger_blocks,
            stranger_pictures=len(evidence.strangers),
            added=added,
            passed_over=passed_over,
            refused=refused,
            near=int((evidence.strangers >= usual).sum()),
            tightest=lowest.tightest,
            strictly=lowest.strictest,
            naming=gallery.naming,
            rates=tuple(_kept(one, evidence, store.recipe.head) for one in calibrations),
        )


def _kept(calibration: Calibration, evidence: Evidence, head: str | None) -> Kept:
    able = evidence.own > NEVER
    own, rivals = evidence.own[able], evidence.rivals[able]
    scores = own - MARGIN * np.maximum(rivals, 0.0)
    hits, asked = int(((own > rivals) & (scores >= calibration.needed)).sum()), len(own)
    low, high = wilson(hits, asked)
    told = asked > 0 and head is None  # what a head was trained on says little of other pictures
    return Kept(
        rate=calibration.rate,
        needed=calibration.needed,
        basis=calibration.basis,
        known=hits / asked if told else None,
        low=low if told else None,
        high=high if told else None,
        asked=asked,
    )


def _take_up(
    store: Store,
    embedder: Embedder,
    strangers: Iterable[tuple[str, Picture]],
    progress: Callable[[], None] | None,
    threads: int | None,
) -> tuple[int, int, tuple[Refusal, ...]]:
    """Embed pictures of strangers and keep their vectors; return how many are new, and not."""

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
    added = add_strangers(store, taken) if taken else 0
    return added, len(taken) - added, tuple(refused)
