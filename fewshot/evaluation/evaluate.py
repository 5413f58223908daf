"""The door: a folder of pictures, or vectors, comes in; contenders compared on it go out.

Walks the line once: samples -> copies among them -> vectors -> episodes -> answers -> figures.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from fewshot.backbones.choice import BackboneChoice
from fewshot.evaluation.bootstrap import Bootstrap
from fewshot.evaluation.comparing import Comparison
from fewshot.evaluation.embedding import read_thumbnails
from fewshot.evaluation.errors import CannotEvaluate
from fewshot.evaluation.methods import METHODS, USUAL, methods_of
from fewshot.evaluation.ready import ready_here, ready_of
from fewshot.evaluation.report import Evaluation
from fewshot.evaluation.samples import checked, read_samples, vector_samples
from fewshot.evaluation.seeing import given_vectors, pixels_of, seen_by
from fewshot.evaluation.settings import Wish, settings_for
from fewshot.evaluation.twins import find_twins, groups_of
from fewshot.evaluation.verdict_sentences import baseline_of
from fewshot.risk import RATE
from fewshot.watch import Watch

_DEAF = Watch()


def evaluate(
    X_or_dir: Any,  # noqa: N803  as scikit-learn calls it
    y: Sequence[Any] | None = None,
    *,
    test: Any = None,
    methods: Sequence[str] | None = None,
    backbones: Sequence[str | BackboneChoice] | None = None,
    protocols: Sequence[str] | None = None,
    shots: Sequence[int] | int | None = None,
    ways: int | None = None,
    queries: int | None = None,
    episodes: int | None = None,
    max_false_name: float = RATE,
    baseline: str | None = None,
    seed: int = 0,
    threads: int | None = None,
    cache: bool = True,
    watch: Watch = _DEAF,
) -> Evaluation:
    """Compare ways to name pictures on equal terms: the same draws, 95 % intervals, leaks out.

    X_or_dir: a folder in which each sub-folder is a name; or vectors (n, d), with the labels y.
    test: what is asked about, where that lies elsewhere: another folder, or (vectors, labels).
    methods: names of `evaluation.methods.METHODS`, or "usual" (eight; the default), "fast" (all
    that take no TensorFlow), "trained", "all".
    backbones: names or choices; None: all that are ready here.
    protocols: "all" (names at once), "episodes" (of `ways` names), "given" (all of one folder
    enrolled, all of `test` asked), "open" (half of the names strangers), "growth", "queries" (in
    gray and other hues); None: "all" and "open", or "given" with `test`, or "episodes" with `ways`.
    shots: pictures enrolled a name, one number or several; None: 1, 5, 10, as far as there are.
    queries: pictures asked a name and draw, at most. episodes: draws. max_false_name: the share of
    strangers that may get a name. baseline: the method that the others are held beside ("gallery").
    cache: whether vectors, and answers of what takes TensorFlow, are kept in the cache: a run that
    was interrupted goes on there. Raises CannotEvaluate, and what a backbone raises.
    """
    wish = Wish(
        listed(protocols),
        None if shots is None else tuple(map(int, np.atleast_1d(np.asarray(shots)))),
        None if ways is None else int(ways),
        None if queries is None else int(queries),
        None if episodes is None else int(episodes),
        float(max_false_name),
        int(seed),
    )
    if threads is not None and threads < 1:
        raise ValueError(f"threads is 1 or more, not {threads}")
    pictures = isinstance(X_or_dir, (str, os.PathLike))
    if baseline is not None and baseline not in METHODS:
        raise CannotEvaluate(f"baseline {baseline}", f"there is {', '.join(METHODS)}")
    wanted = (*(listed(methods) or (USUAL,)), *(() if baseline is None else (baseline,)))
    contenders, notes = methods_of(wanted, pixels=pictures)
    watch = Noting(watch)
    thumbnails: list[bytes] = []
    refused: list[tuple[str, str]] = []
    if pictures:
        if y is not None:
            raise ValueError("a folder says itself whose its pictures are: leave y out")
        samples = read_samples(Path(X_or_dir), None if test is None else Path(test))
        samples, thumbnails, refused = read_thumbnails(samples, watch, threads)
        samples = checked(samples, str(X_or_dir))  # again: a name may be one that cannot be read
        chosen = (backbones,) if isinstance(backbones, (str, BackboneChoice)) else backbones
        here = ready_here(watch) if chosen is None else ready_of(chosen, watch)
    else:
        if y is None:
            raise ValueError("vectors need labels: evaluate(X, y)")
        if backbones is not None:
            raise ValueError("vectors are embedded already: leave backbones out")
        if isinstance(test, (str, os.PathLike)):
            raise ValueError("beside vectors, test is (vectors, labels)")
        samples, vectors = vector_samples(X_or_dir, y, test)
    settings = settings_for(samples, wish, slow=any(one.slow for one in contenders))
    watch.heard.clear()
    twins = find_twins(samples.digests, thumbnails or [b""] * len(samples), watch)
    notes += watch.heard
    groups = groups_of(len(samples), twins)
    if not pictures and any(one.view != "color" for one in settings):
        raise CannotEvaluate("protocol queries", "vectors have no colors to change")
    with Comparison(
        samples, groups, wish, contenders, baseline_of(baseline, [one.name for one in contenders]),
        Bootstrap(seed), threads, cache, watch,
    ) as comparison:  # fmt: skip
        if pictures:
            views = list(dict.fromkeys(one.view for one in settings))
            pixels = pixels_of(samples, watch)
            for one in here:
                seen = seen_by(
                    one, samples, pixels, views, wish.rate, watch, threads=threads, keep=cache
                )
                comparison.take(seen, settings)
        else:
            comparison.take(given_vectors(vectors, wish.rate), settings)
        return comparison.report(tuple(twins), tuple(thumbnails), tuple(refused), tuple(notes))


def listed(given: Sequence[str] | str | None) -> tuple[str, ...] | None:
    """Return names as they are, one alone as it is too; raises CannotEvaluate for none at all."""
    if given is None:
        return None
    names = (given,) if isinstance(given, str) else tuple(given)
    if not names:
        raise CannotEvaluate("nothing", "a list of names is empty; leave it out for the usual")
    return names


class Noting(Watch):
    """Passes on what it hears, and remembers what was said."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self.heard: list[str] = []

    def say(self, text: str) -> None:
        """Hear one sentence."""
        self.heard.append(text)
        self._watch.say(text)

    @contextmanager
    def bar(self, what: str, total: int, *, size: bool = False) -> Iterator[Callable[[int], None]]:
        """Pass on a bar."""
        with self._watch.bar(what, total, size=size) as advance:
            yield advance

    @contextmanager
    def telling_bar(self, what: str, total: int) -> Iterator[Callable[[int, str], None]]:
        """Pass on a bar that tells."""
        with self._watch.telling_bar(what, total) as advance:
            yield advance

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Pass on silence."""
        with self._watch.quiet():
            yield
