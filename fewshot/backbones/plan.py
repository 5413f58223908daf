"""A choice comes in; what is to be built for it, once its weights are known, goes out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fewshot.backbones.blueprint import MAX_SIZE, PRECISIONS, Blueprint
from fewshot.backbones.choice import BackboneChoice
from fewshot.backbones.errors import BadBackboneOption
from fewshot.backbones.own_model import read_own_model
from fewshot.backbones.preprocessing import PREPROCESSINGS
from fewshot.backbones.spec import BackboneSpec


@dataclass(frozen=True, slots=True)
class Plan:
    """A blueprint but for its weights."""

    network: str
    size: int
    preprocessing: str
    layer: str
    precision: str

    def with_weights(self, sha256: str, path: Path | None) -> Blueprint:
        """Return the blueprint with these weights."""
        return Blueprint(
            network=self.network,
            weights=sha256,
            size=self.size,
            preprocessing=self.preprocessing,
            layer=self.layer,
            precision=self.precision,
            source=str(path or ""),
        )

    def makes(self, blueprint: Blueprint) -> bool:
        """Tell whether a blueprint is this plan with some weights or other."""
        return blueprint == self.with_weights(blueprint.weights, None)


def plan(choice: BackboneChoice, spec: BackboneSpec) -> Plan:
    """Fill a choice's options from the card, or from the user's own model.

    Raises BadBackboneOption, and WeightsRefused for a model file that cannot be used.
    """
    precision = choice.precision or "float32"
    if precision not in PRECISIONS:
        raise BadBackboneOption(
            choice.name, f"precision {precision}", f"there is {', '.join(PRECISIONS)}"
        )
    if choice.own_model:
        made = _own(choice, choice.own_model, precision)
    else:
        made = _of_catalog(choice, spec, precision)
    if made.preprocessing not in PREPROCESSINGS:
        known = ", ".join(PREPROCESSINGS)
        raise BadBackboneOption(
            choice.name, f"preprocessing {made.preprocessing}", f"there is {known}"
        )
    return made


def _of_catalog(choice: BackboneChoice, spec: BackboneSpec, precision: str) -> Plan:
    network = spec.network
    if network is None:
        raise ValueError(f"{spec.name} is not built")
    if choice.preprocessing not in (None, network.preprocessing):
        reason = f"it was trained to see {network.preprocessing}"
        raise BadBackboneOption(choice.name, f"preprocessing {choice.preprocessing}", reason)
    size = spec.input_size if choice.size is None else choice.size
    _check_size(choice.name, size, network.smallest)
    return Plan(
        network=spec.name,
        size=size,
        preprocessing=network.preprocessing,
        layer=choice.layer or network.layer,
        precision=precision,
    )


def _own(choice: BackboneChoice, path: Path, precision: str) -> Plan:
    if choice.weights is not None:
        raise BadBackboneOption(choice.name, "weights", "the model file holds its own")
    model = read_own_model(path)
    size = choice.size or model.size or 224
    _check_size(choice.name, size, 1)
    if model.size not in (None, size):
        raise BadBackboneOption(choice.name, f"size {size}", f"it takes {model.size} pixels a side")
    return Plan(
        network="file",
        size=size,
        preprocessing=choice.preprocessing or ("raw" if model.rescales else "symmetric"),
        layer=choice.layer or "",
        precision=precision,
    )


def _check_size(name: str, size: int, smallest: int) -> None:
    if type(size) is not int or not smallest <= size <= MAX_SIZE:
        raise BadBackboneOption(name, f"size {size}", f"it takes {smallest} to {MAX_SIZE} pixels")
