"""Names of contenders come in; what they are, and how they are made, goes out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.util import find_spec

from fewshot.backbones.catalog import find_backbone
from fewshot.backbones.choice import BackboneChoice, is_bundle
from fewshot.evaluation.contender import Contender
from fewshot.evaluation.errors import CannotEvaluate
from fewshot.rules import Rule

NEAREST, LINEAR, GALLERY, HEAD, NETWORK = "nearest", "linear", "gallery", "head", "network"
USUAL, FAST, TRAINED, EVERY = "usual", "fast", "trained", "all"
"""Groups: what is asked unless it is said; all that take no TensorFlow; all that learn; all."""

_USUAL = ("gallery", "nn", "mean", "mean-centered", "lda", "ridge", "logistic", "svm")


@dataclass(frozen=True, slots=True)
class Method:
    """A contender, as it is called and told of."""

    name: str
    title: str
    family: str  # NEAREST, LINEAR, GALLERY, HEAD or NETWORK

    @property
    def trained(self) -> bool:
        """Whether something is fitted to the pictures, rather than looked up among them."""
        return self.family in (LINEAR, HEAD, NETWORK)

    @property
    def slow(self) -> bool:
        """Whether it takes TensorFlow, and seconds or minutes."""
        return self.family in (HEAD, NETWORK)

    @property
    def needs_backbone(self) -> bool:
        """Whether it is another one with another backbone."""
        return self.name != "scratch"


_SPACES = {"plain": "", "centered": ", centered", "root": ", square roots"}
_RULES = {
    "nn": ("nearest", "nearest neighbor"),
    "knn": ("vote", "vote of 5 neighbors"),
    "mean": ("mean", "nearest class mean"),
}
RULE_OF = {
    name if space == "plain" else f"{name}-{space}": Rule(scoring, space)
    for name, (scoring, _) in _RULES.items()
    for space in _SPACES
}
METHODS = {
    one.name: one
    for one in (
        Method("gallery", "our matching", GALLERY),
        *(
            Method(name, _RULES[name.partition("-")[0]][1] + _SPACES[rule.space], NEAREST)
            for name, rule in RULE_OF.items()
        ),
        Method("lda", "LDA, shrunk", LINEAR),
        Method("ridge", "ridge", LINEAR),
        Method("logistic", "logistic regression", LINEAR),
        Method("svm", "linear SVM", LINEAR),
        Method("softmax", "softmax head", HEAD),
        Method("triplet", "triplet head", HEAD),
        Method("finetune", "fine-tuned", NETWORK),
        Method("scratch", "from scratch", NETWORK),
    )
}
"""All there are; our matching is what the others are held beside."""


def methods_of(asked: Sequence[str] | None, *, pixels: bool) -> tuple[list[Method], list[str]]:
    """Return the contenders asked for, in the order of METHODS, and what is missing for others.

    asked: names, or groups of them: "usual", "fast", "trained", "all".
    pixels: whether there are pictures, not vectors alone. Raises CannotEvaluate.
    """
    wanted: set[str] = set()
    for name in asked or (USUAL,):
        if name in _GROUPS:
            group = (one for one in METHODS.values() if pixels or one.family != NETWORK)
            wanted |= {one.name for one in group if _GROUPS[name](one)}
        elif name in METHODS:
            wanted.add(name)
        else:
            every = (*_GROUPS, *METHODS)
            near = get_close_matches(name, every, 1)
            meant = f"did you mean {near[0]}? " if near else ""
            raise CannotEvaluate(f"method {name}", f"{meant}there is {', '.join(every)}")
    found = [one for one in METHODS.values() if one.name in wanted]
    if not pixels and (deaf := [one.name for one in found if one.family == NETWORK]):
        raise CannotEvaluate(f"method {deaf[0]}", "it takes pictures, and vectors were given")
    here = [one for one in found if not _missing(one)]
    out = [
        f"{one.title}: left out, for want of {_missing(one)}: pip install 'fewshot[train]'"
        for one in found
        if _missing(one)
    ]
    if not here:
        raise CannotEvaluate("these methods", "; ".join(out))
    return here, out


_GROUPS: dict[str, Callable[[Method], bool]] = {
    USUAL: lambda one: one.name in _USUAL,
    FAST: lambda one: not one.slow,
    TRAINED: lambda one: one.trained,
    EVERY: lambda one: True,
}


def _missing(method: Method) -> str:
    needed = {LINEAR: ("sklearn",), HEAD: ("tensorflow", "sklearn"), NETWORK: ("tensorflow",)}
    gone = [one for one in needed.get(method.family, ()) if find_spec(one) is None]
    return " and ".join(gone)


@dataclass(frozen=True, slots=True)
class Known:
    """What a contender may have to know of the vectors it is given.

    backbone, layer: whose they are, None where nobody knows. choice: what makes them, for a network
    that is fine-tuned. lift: see `Recipe`. rate: of false names, in (0, 1).
    """

    backbone: str | None
    layer: str | None
    choice: BackboneChoice | None
    lift: float
    rate: float

    @property
    def tunable(self) -> bool:
        """Whether there is a network of Keras to fine-tune."""
        own = self.choice.own_model if self.choice else None
        return (
            self.choice is not None
            and not find_backbone(self.choice.name).finished
            and not (own and is_bundle(own))
        )


def contender_of(method: Method, known: Known) -> Contender:
    """Make a contender; what it takes is imported now."""
    if method.family == NEAREST:
        from fewshot.evaluation.nearest import Nearest

        return Nearest(RULE_OF[method.name])
    if method.family == LINEAR:
        from fewshot.evaluation.linear import Linear

        return Linear(method.name)
    if method.family == GALLERY:
        from fewshot.evaluation.our_matching import OurMatching

        return OurMatching(known.rate, known.backbone, known.layer, known.lift)
    if method.family == HEAD:
        from fewshot.evaluation.trained_heads import TrainedHead

        return TrainedHead(method.name)
    from fewshot.evaluation.trained_networks import TrainedNetwork

    return TrainedNetwork(method.name, known.choice if method.needs_backbone else None)
