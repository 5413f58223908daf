"""Backbones that a way can be gone with come in; the first whose weights are here goes out.

Nothing is downloaded for a plan: what a comparison takes is fetched by a command of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fewshot.backbones.catalog import find_backbone
from fewshot.backbones.choice import BackboneChoice
from fewshot.backbones.errors import WeightsMissing
from fewshot.backbones.weights import named_weights, published_weights
from fewshot.errors import BackboneError
from fewshot.plans.plan import Candidate


def first_here(candidates: Sequence[Candidate]) -> tuple[Candidate | None, list[str]]:
    """Return the first candidate that can be had, and of those before it why they cannot."""
    reasons: list[str] = []
    for one in candidates:
        if one.choice is None:
            return one, reasons
        try:
            _require(one.choice)
        except BackboneError as error:
            reasons.append(str(error))
            continue
        sized = one.choice
        if not find_backbone(sized.name).finished and one.settings.size is not None:
            sized = replace(sized, size=one.settings.size)
        return replace(one, choice=sized), reasons
    return None, reasons


def _require(choice: BackboneChoice) -> None:
    """Raise WeightsMissing where a backbone's weights are not here, WeightsRefused."""
    spec = find_backbone(choice.name)
    if spec.finished:
        return
    if not choice.published:
        named_weights(choice.name, choice.own_model or choice.weights or "")
    elif published_weights(spec) is None:
        raise WeightsMissing(
            spec.name,
            spec.files[0].file,
            "it is not here, and a plan downloads nothing",
            f"fewshot models fetch {spec.name} gets it, or put it into a folder of FEWSHOT_WEIGHTS",
        )
