"""How a gallery names comes in; the lens that does so goes out."""

from __future__ import annotations

from fewshot.mean_namer import MeanNamer
from fewshot.naming import Naming
from fewshot.prototypes import Prototypes
from fewshot.standing import Namer


def namer_for(d: int, naming: Naming, same: float, means: Prototypes | None = None) -> Namer:
    """Return the lens for a rule, without references.

    same: the cosine from which two references are one picture. means: the class means of a large
    gallery, kept beside it; then the rule is the class mean.
    """
    if naming.rule.scoring == "mean":
        return MeanNamer(d, naming, same, means)
    from fewshot.reference_namer import ReferenceNamer

    return ReferenceNamer(d, naming)
