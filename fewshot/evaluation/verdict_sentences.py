"""An evaluation comes in; what it says about training and strangers goes out, in sentences."""

from __future__ import annotations

from fewshot.evaluation.figures import Result
from fewshot.evaluation.measured import Measured, best_of
from fewshot.evaluation.methods import METHODS

_FEW_NAMES, _FEW_IN_PAIRS, _FEW_PICTURES = 8, 20, 100
"""Below these an interval is too narrow, as `python -m eval.interval_coverage` says."""


def verdict_on(evaluation: Measured) -> list[str]:
    """Return the sentences, those of the headline setting first."""
    found: list[str] = []
    heading = evaluation.heading()
    for backbone in dict.fromkeys(one.backbone for one in heading):
        found += _of_training([one for one in heading if one.backbone == backbone], evaluation)
    best = best_of(heading)
    if best is not None and len({one.backbone for one in heading}) > 1:
        found.append(
            f"The best of all here: {best.method.title} with {best.backbone}, "
            f"{best.accuracy.said()}, chance {best.chance:.3f}."
        )
    found += [
        _of_strangers(one, evaluation.rate)
        for one in evaluation.results
        if one.strangers and one.strangers.false_names and one.setting.protocol != "growth"
    ]
    return found + _too_few(heading) + _too_few_for_pairs(evaluation)


def _of_training(results: list[Result], evaluation: Measured) -> list[str]:
    base = next((one for one in results if one.method.name == evaluation.baseline), None)
    trained = best_of([one for one in results if one.method.trained])
    if base is None:
        return []
    with_it = f"With {base.backbone}, {_shots(base)}: {base.method.title} {base.accuracy.said()}"
    if trained is None or trained.difference is None:
        return [f"{with_it}, chance {base.chance:.3f}."]
    gain = trained.difference
    count = sum(one.method.trained for one in results)
    better = "no gain shown"
    if gain.apart:
        better = "training pays" if gain.low > 0 else "training costs"
    of = f", the best of {count} that train and so somewhat flattered" if count > 1 else ""
    return [f"{with_it}; {trained.method.title}{of}: {gain.said('+')} beside it: {better}."]


def _of_strangers(one: Result, rate: float) -> str:
    figures = one.strangers
    assert figures is not None
    assert figures.false_names is not None
    assert figures.rightly_named is not None
    return (
        f"Strangers, {one.ways} names enrolled with {_shots(one)}, {one.backbone}: asked for "
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
    few = [one.classes for one in evaluation.results if one.strangers]
    if not few or max(few) >= _FEW_IN_PAIRS:
        return []
    return [
        f"AUROC and OSCR over fewer than {_FEW_IN_PAIRS} names: their intervals are too narrow."
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
