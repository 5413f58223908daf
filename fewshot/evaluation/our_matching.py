"""Our own matching as a contender: a gallery that chooses its rule, and says "nobody I know"."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from fewshot.backbones.catalog import same_picture_of
from fewshot.calibration import Calibration, lifted
from fewshot.choosing import choose
from fewshot.evaluation.contender import Labels, Said, Side
from fewshot.evaluation.in_memory import evidence_of, namer_of
from fewshot.evaluation.nearest import softmax
from fewshot.index import Vectors
from fewshot.naming import Naming
from fewshot.scoring import References, best_two, decision_scores, scores
from fewshot.spaces import Space
from fewshot.stranger_model import UNMEASURED, load_model

_COPY = 2.0
"""Above every similarity: a query that is itself enrolled has that name."""


@dataclass(frozen=True)
class OurMatching:
    """The gallery of `fewshot match`, at a rate of false names in (0, 1).

    backbone, layer: whose prior of strangers and whose sense of a copy count; None: vectors of
    nobody knows what. lift: by how much strangers come nearer; see `Recipe`.
    """

    rate: float
    backbone: str | None
    layer: str | None = None
    lift: float = 0.0

    def fit(self, support: Side, labels: Labels, names: int, seed: int) -> FittedMatching:
        """Enroll the support; the gallery chooses by which rule it names, and calibrates."""
        same = 2.0 if self.backbone is None else same_picture_of(self.backbone, self.layer)
        model = partial(load_model, self.backbone or UNMEASURED, self.layer)
        vectors = support.vectors
        naming = choose(vectors, labels, model)
        evidence = evidence_of(namer_of(vectors, labels, naming, same), vectors, labels)
        tail = model(naming.rule).of(evidence)
        calibration = Calibration(lifted(evidence, self.lift), tail, rate=self.rate)
        space = Space.of(naming.rule.space, naming.center)
        references = References(space.place(vectors), labels, names)
        return FittedMatching(naming, space, references, vectors, same, calibration)


@dataclass(frozen=True)
class FittedMatching:
    """A calibrated gallery in memory."""

    naming: Naming
    space: Space
    references: References
    vectors: Vectors  # of the references, as embedded
    same: float
    calibration: Calibration

    @property
    def size(self) -> int:
        """Of the references, which are all that is kept for good."""
        return int(self.vectors.nbytes)

    def ask(self, queries: Side) -> Said:
        """Score by the gallery's rule; sure is who few strangers come as near as."""
        found = scores(self.naming.rule.scoring, self.references, self.space.place(queries.vectors))
        decided = decision_scores(best_two(found)[1]).astype(np.float64)
        p_values = np.array([self.calibration.p_value(one) for one in decided.tolist()])
        similar = queries.vectors @ self.vectors.T
        nearest = similar.argmax(axis=1)
        copies = similar[np.arange(len(similar)), nearest] >= self.same
        temperature = self.naming.temperature
        ranked = found.astype(np.float64)
        chances = softmax(ranked / temperature) if temperature else None
        ranked[copies, self.references.owners[nearest[copies]]] = _COPY
        return Said(
            ranked,
            chances,
            np.where(copies, 1.0, 1e-9 * decided - p_values),
            copies | (decided >= self.calibration.needed),
        )
