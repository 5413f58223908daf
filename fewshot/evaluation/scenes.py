"""An evaluation comes in; what its page shows goes out: faces, mistakes, curves, a map."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fewshot.evaluation.answers import Answers
from fewshot.evaluation.embedding import Vectors
from fewshot.evaluation.episodes import Drawn, Episode
from fewshot.evaluation.figures import Result
from fewshot.evaluation.gallery_map import laid_out
from fewshot.evaluation.measured import Headline, Measured, best_of
from fewshot.evaluation.scene import Curve, GalleryMap, Mistake, Scene

MOST_MISTAKES = 24
MOST_ON_MAP = 300
_CURVE_POINTS = 100
_MOST_CURVES = 12


def scene_of(evaluation: Measured) -> Scene:
    """Return what is drawn; without pictures there are no faces and no mistakes to look at."""
    heading, headline = evaluation.heading(), evaluation.headline
    best = best_of(heading)
    if best is None or headline is None:
        return Scene(names=evaluation.samples.names)
    return Scene(
        names=evaluation.samples.names,
        faces=_faces(evaluation),
        confusion=best.tally.confusion,
        confusion_of=f"{best.method.title}, {best.backbone}",
        mistakes=_mistakes(evaluation, headline, best),
        curves=_curves(headline, [one for one in heading if one.backbone == best.backbone]),
        map=_map(evaluation, headline, best),
    )


def _faces(evaluation: Measured) -> dict[int, bytes]:
    """Return a picture of each name: the first by content."""
    if not evaluation.thumbnails:
        return {}
    _, first = np.unique(evaluation.samples.labels, return_index=True)
    return {number: evaluation.thumbnails[at] for number, at in enumerate(first.tolist())}


def _mistakes(evaluation: Measured, headline: Headline, best: Result) -> tuple[Mistake, ...]:
    """Return the surest wrong answers, each picture once."""
    vectors = headline.vectors.get(best.backbone)
    answers = headline.answers.get((best.backbone, best.method.name))
    if not evaluation.thumbnails or vectors is None or answers is None:
        return ()
    found: list[tuple[float, int, int, Episode]] = []
    for episode, one in zip(headline.drawn.episodes, answers, strict=True):
        wrong = episode.known & ~episode.leaked & (one.rank > 0)
        found += [
            (
                float(one.sureness[at]),
                int(episode.query[at]),
                int(episode.names[one.answer[at]]),
                episode,
            )
            for at in np.flatnonzero(wrong).tolist()
        ]
    found.sort(key=lambda row: (-row[0], row[1]))
    seen: set[int] = set()
    mistakes: list[Mistake] = []
    for _, place, answer, episode in found:
        if place in seen or len(mistakes) >= MOST_MISTAKES:
            continue
        seen.add(place)
        mistakes.append(_mistake(evaluation, vectors, place, answer, episode))
    return tuple(mistakes)


def _mistake(
    evaluation: Measured, vectors: Vectors, place: int, answer: int, episode: Episode
) -> Mistake:
    samples, pictures = evaluation.samples, evaluation.thumbnails
    truth = int(samples.labels[place])
    taken_for, similarity = _nearest(vectors, place, episode.support, samples.labels, answer)
    own, own_similarity = _nearest(vectors, place, episode.support, samples.labels, truth)
    return Mistake(
        pictures[place], samples.shown(place), samples.names[truth], pictures[own],
        samples.names[answer], pictures[taken_for], similarity, own_similarity,
    )  # fmt: skip


def _nearest(
    vectors: Vectors, place: int, support: NDArray[np.int64], labels: NDArray[np.int64], name: int
) -> tuple[int, float]:
    own = support[labels[support] == name]
    similar = vectors[own] @ vectors[place]
    return int(own[similar.argmax()]), float(similar.max())


def _curves(headline: Headline, results: list[Result]) -> tuple[Curve, ...]:
    """Return risk against coverage of the contenders with one backbone, the best first."""
    curves = []
    for one in sorted(results, key=lambda one: -one.accuracy.value)[:_MOST_CURVES]:
        answers = headline.answers.get((one.backbone, one.method.name))
        if answers is not None:
            title = f"{one.method.title} · {one.backbone}"
            curves.append(risk_against_coverage(title, headline.drawn, answers))
    return tuple(curves)


def risk_against_coverage(title: str, drawn: Drawn, answers: list[Answers]) -> Curve:
    """Return how often the surest answers are wrong, averaged over the episodes.

    Within an episode answers are ranked; scores of two episodes need not mean the same.
    Source: El-Yaniv, Wiener, JMLR 2010.
    """
    coverage = np.arange(1, _CURVE_POINTS + 1) / _CURVE_POINTS
    risks = []
    for episode, one in zip(drawn.episodes, answers, strict=True):
        asked = episode.known & ~episode.leaked
        if not asked.any():
            continue
        order = np.argsort(-one.sureness[asked], kind="stable")
        wrong = np.cumsum((one.rank[asked] > 0)[order])
        taken = np.maximum(1, np.ceil(coverage * len(wrong) - 1e-9).astype(np.int64))
        risks.append(wrong[taken - 1] / taken)
    return Curve(title, coverage, np.mean(risks, axis=0))


def _map(evaluation: Measured, headline: Headline, best: Result) -> GalleryMap | None:
    vectors = headline.vectors.get(best.backbone)
    if vectors is None:
        return None
    n = len(vectors)
    some = np.random.default_rng(evaluation.seed).permutation(n)[:MOST_ON_MAP]
    some = np.sort(some)
    places, method = laid_out(vectors[some], evaluation.seed)
    pictures = (
        tuple(evaluation.thumbnails[at] for at in some.tolist()) if evaluation.thumbnails else ()
    )
    return GalleryMap(places, evaluation.samples.labels[some], pictures, method, best.backbone)
