"""Contenders and episodes come in; all answers go out, those that took long from the cache."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from time import perf_counter, thread_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewshot.evaluation.answers import Answers, answers_of
from fewshot.evaluation.contender import Contender, Pixels, Side
from fewshot.evaluation.embedding import Vectors
from fewshot.evaluation.episodes import Drawn, Episode
from fewshot.evaluation.kept import Kept
from fewshot.evaluation.methods import Known, Method, contender_of
from fewshot.evaluation.samples import Samples
from fewshot.pipeline import ordered_map
from fewshot.watch import Watch

TOO_FEW = "it takes two pictures a name"

FORMAT = 2
"""To be raised with any change of what a contender that takes long does."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """The samples as one backbone sees them.

    enrolled: vectors of what is enrolled (n, d). asked: of what is asked, by view. pixels: the
    squares of some places, as a view; None where there are no pictures.
    """

    title: str
    fingerprint: str
    known: Known
    enrolled: Vectors
    asked: dict[str, Vectors]
    pixels: Callable[[NDArray[np.int64], str], Pixels] | None = None
    license: str | None = None
    stamp: str | None = None
    milliseconds: float | None = None  # that embedding a picture took


class Asker:
    """Asks contenders, each the same episodes; the same answers on any number of cores."""

    def __init__(
        self, samples: Samples, seed: int, kept: Kept, watch: Watch, threads: int | None
    ) -> None:
        """Take what does not change from contender to contender."""
        self._samples, self._seed, self._kept = samples, seed, kept
        self._watch, self._threads = watch, threads

    def ask(self, seen: Seen, method: Method, drawn: Drawn, said: str = "") -> list[Answers] | str:
        """Return the answers of a contender, episode by episode; or why there are none.

        said: how many of how many it is, for the bar.
        """
        contender = contender_of(method, seen.known)
        what = f"{method.title}, {seen.title}" if method.needs_backbone else method.title
        what = f"{said} {what}".strip()
        episodes = drawn.episodes

        def one(turn: int) -> Answers | str:
            try:
                return self._answers(seen, method, contender, drawn, turn)
            except FloatingPointError as error:
                return str(error)

        found: list[Answers] = []
        workers = 1 if method.slow else self._threads
        with self._watch.bar(what, len(episodes)) as advance, single_threaded():
            for answers in ordered_map(one, range(len(episodes)), workers=workers):
                if isinstance(answers, str):
                    return answers
                found.append(answers)
                advance(1)
        return found

    def _answers(
        self, seen: Seen, method: Method, contender: Contender, drawn: Drawn, turn: int
    ) -> Answers | str:
        episode, view = drawn.episodes[turn], drawn.setting.view
        key = self._key(seen, method, episode, view, turn) if method.slow else ""
        if key and (content := self._kept.get([key]).get(key)):
            known = Answers.from_bytes(content, len(episode.query), len(episode.names))
            if known is not None:
                return known
        clock = perf_counter if method.slow else thread_time
        labels = np.searchsorted(episode.names, self._samples.labels[episode.support])
        support = _side(seen, seen.enrolled, episode.support, "color")
        began = clock()
        fitted = contender.fit(support, labels, len(episode.names), self._seed + turn)
        if fitted is None:
            return TOO_FEW
        fit = clock() - began
        queries = _side(seen, seen.asked[view], episode.query, view)
        began = clock()
        said = fitted.ask(queries)
        ask = clock() - began
        answers = answers_of(said, episode, self._samples.labels, fit, ask, fitted.size)
        if key:
            self._kept.put({key: answers.to_bytes()})
        return answers

    def _key(self, seen: Seen, method: Method, episode: Episode, view: str, turn: int) -> str:
        """Return the digest of all that an answer depends on, hex."""
        whole = sha256()
        fingerprint = seen.fingerprint if method.needs_backbone else ""
        head = [FORMAT, method.name, fingerprint, view, self._seed + turn, self._versions]
        whole.update(json.dumps(head).encode())
        digests, labels = self._samples.digests, self._samples.labels
        for places in (episode.support, episode.query):  # ranks are kept: both sides' names count
            for place in places.tolist():
                whole.update(f"{digests[place]}\0{self._samples.names[labels[place]]}\n".encode())
            whole.update(b"\n")
        return whole.hexdigest()

    @cached_property
    def _versions(self) -> list[str]:
        found = []
        for package in ("fewshot", "tensorflow", "keras"):
            try:
                found.append(version(package))
            except PackageNotFoundError:
                found.append("none")
        return found


def _side(seen: Seen, vectors: Vectors, places: NDArray[np.int64], view: str) -> Side:
    return Side(vectors[places], None if seen.pixels is None else seen.pixels(places, view))


def single_threaded() -> AbstractContextManager[Any]:
    """Keep linear algebra to one thread a product: how many there are then changes no last digit.

    Episodes are asked side by side instead.
    """
    if find_spec("threadpoolctl") is None:
        return nullcontext()
    from threadpoolctl import threadpool_limits

    limited: AbstractContextManager[Any] = threadpool_limits(1)
    return limited


def times_of(drawn: Drawn, answers: Sequence[Answers]) -> dict[str, float]:
    """Return what a contender took: milliseconds to fit, and a query; megabytes kept; medians."""
    queries = [max(1, len(one.query)) for one in drawn.episodes]
    each = [one.ask_seconds / n for one, n in zip(answers, queries, strict=True)]
    return {
        "fit_ms": round(1e3 * float(np.median([one.fit_seconds for one in answers])), 3),
        "query_ms": round(1e3 * float(np.median(each)), 4),
        "megabytes": round(float(np.median([one.size for one in answers])) / 1e6, 4),
    }
