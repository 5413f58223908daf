"""An evaluation comes in; what it says about training and strangers goes out, in sentences."""

from __future__ import annotations

from fewshot.evaluation.episodes import GROWTH, QUERIES
from fewshot.evaluation.figures import Result
from fewshot.evaluation.measured import Measured, best_of
from fewshot.evaluation.methods import METHODS

_FEW_NAMES, _FEW_IN_PAIRS, _FEW_PICTURES = 8, 20, 100
"""Below these an interval is too narrow, as `python -m eval.interval_coverage` says."""


def verdict_on(evaluation: Measured) -> list[str]:
    """Return the sentences, those of the setting that heads the report first."""
    heading = evaluation.heading()
    found = _of_training(heading, evaluation.baseline)
    largest = _with_most_pictures(evaluation, heading)
    if largest:
        found += _of_training(largest, evaluation.baseline)
    best = best_of([*heading, *largest])
    if best is not None and len({one.backbone for one in heading}) > 1:
        found.append(
            f"The best of all, {_shots(best)}: {best.method.title} with {best.backbone}, "
            f"{best.accuracy.said()}, chance {best.chance:.3f}."
        )
    ours = [one for one in evaluation.results if one.difference is None]
    found += _of_colors(ours) + _of_growth(ours)
    found += [
        _of_strangers(one, evaluation.rate)
        for one in evaluation.results
        if one.strangers and one.strangers.false_names and one.setting.protocol != GROWTH
    ]
    return found + _too_few(heading) + _too_few_for_pairs(evaluation)


def _with_most_pictures(evaluation: Measured, heading: list[Result]) -> list[Result]:
    """Return the results of the same protocol with the most pictures a name, if these are more."""
    if not heading:
        return []
    first = heading[0].setting
    same = [
        one
        for one in evaluation.results
        if (one.setting.protocol, one.setting.view) == (first.protocol, first.view)
    ]
    most = max(one.setting.shots or 0 for one in same)
    return (
        [one for one in same if one.setting.shots == most] if most > (first.shots or most) else []
    )


def _of_training(results: list[Result], baseline: str) -> list[str]:
    """Say, for each backbone, what the best that trains gains over the baseline."""
    said = []
    for backbone in dict.fromkeys(one.backbone for one in results):
        own = [one for one in results if one.backbone == backbone]
        base = next((one for one in own if one.method.name == baseline), None)
        if base is None:
            continue
        with_it = f"With {backbone}, {_shots(base)}: {base.method.title} {base.accuracy.said()}"
        trained = [one for one in own if one.method.trained and one.difference is not None]
        best = best_of(trained)
        if best is None or best.difference is None:
            said.append(f"{with_it}, chance {base.chance:.3f}.")
            continue
        of = f", the best of {len(trained)} that train" if len(trained) > 1 else ""
        gain = f"{best.method.title}{of}: {best.difference.said('+')} beside it"
        said.append(f"{with_it}; {gain}: {_judged(best, len(trained))}.")
    return said


def _judged(best: Result, among: int) -> str:
    """Say whether training pays; a gain that was picked as the best of some is flattered."""
    gain = best.difference
    if gain is None or not gain.apart:
        return "no gain shown"
    if gain.high < 0:
        return "training costs"
    few = best.classes < _FEW_NAMES or best.pictures < _FEW_PICTURES
    doubts = [
        *(["so few pictures or names show no more"] if few else []),
        *(["picked as the best, so expect less"] if among > 1 else []),
    ]
    return "training pays" + (f" ({'; '.join(doubts)})" if doubts else "")


def _of_colors(ours: list[Result]) -> list[str]:
    """Say what the baseline names with queries in other colors, for each backbone."""
    said = []
    asked = [one for one in ours if one.setting.protocol == QUERIES]
    for backbone in dict.fromkeys(one.backbone for one in asked):
        each = [
            f"{one.setting.view} {one.accuracy.said()}" for one in asked if one.backbone == backbone
        ]
        said.append(f"Queries by their colors, {backbone}: {', '.join(each)}.")
    return said


def _of_growth(ours: list[Result]) -> list[str]:
    """Say what becomes of the baseline as names are added, for each backbone."""
    said = []
    asked = [one for one in ours if one.setting.protocol == GROWTH]
    for backbone in dict.fromkeys(one.backbone for one in asked):
        each = [one for one in asked if one.backbone == backbone]
        each = [one for one in each if one.method == each[0].method]
        first, last = each[0], each[-1]
        text = (
            f"From {first.ways} names to {last.ways}, {first.method.title}, {backbone}: accuracy "
            f"{first.accuracy.said()} to {last.accuracy.said()}"
        )
        named = [
            one.strangers.false_names.said()
            for one in (first, last)
            if one.strangers and one.strangers.false_names
        ]
        said.append(text + (f", strangers named {' to '.join(named)}." if named else "."))
    return said


def _of_strangers(one: Result, rate: float) -> str:
    figures = one.strangers
    assert figures is not None
    assert figures.false_names is not None
    assert figures.rightly_named is not None
    return (
        f"Strangers, {one.ways} names enrolled, {_shots(one)}, {one.backbone}: asked for "
        f"{100 * rate:g} %, {one.method.title} gave {_percent(figures.false_names.value)} "
        f"[{_percent(figures.false_names.low)}, {_percent(figures.false_names.high)}] of them a "
        f"name, and {_percent(figures.rightly_named.value)} of the known their own."
    )


def _too_few(heading: list[Result]) -> list[str]:
    if not heading:
        return []
    said, one = [], heading[0]
    if one.classes < _FEW_NAMES:
        said.append(
            f"{one.classes} names are too few for a claim about others: intervals over fewer than "
            f"{_FEW_NAMES} names are too narrow."
        )
    if one.pictures < _FEW_PICTURES:
        said.append(
            f"{one.pictures} pictures were asked about: too few for a claim about small "
            "differences."
        )
    return said


def _too_few_for_pairs(evaluation: Measured) -> list[str]:
    fewest = min(
        (min(one.classes, one.strangers.names) for one in evaluation.results if one.strangers),
        default=_FEW_IN_PAIRS,
    )
    if fewest >= _FEW_IN_PAIRS:
        return []
    return [
        f"AUROC and OSCR rest on {fewest} names on one side, known or strangers: below "
        f"{_FEW_IN_PAIRS} their intervals are too narrow."
    ]


def _shots(one: Result) -> str:
    shots = one.setting.shots
    if shots is None:
        return "all that was given enrolled"
    return "one picture a name" if shots == 1 else f"{shots} pictures a name"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def baseline_of(wanted: str | None, names: list[str]) -> str:
    """Return what the others are held beside: what was wanted, else our matching, else the first.

    names: of the contenders that are asked.
    """
    if wanted is not None:
        return wanted
    return "gallery" if "gallery" in names else next(iter(names), next(iter(METHODS)))
