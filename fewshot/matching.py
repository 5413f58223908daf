"""An embedded picture comes in; a name or nobody goes out, with the reasons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fewshot.calibration import Calibration, lifted
from fewshot.calibration_errors import RateNotSupported
from fewshot.embedder import Embedded
from fewshot.errors import GalleryEmpty
from fewshot.evidence import Evidence
from fewshot.gallery import Gallery
from fewshot.nearness import Neighbor
from fewshot.risk import FAR, Risk
from fewshot.rules import Rule
from fewshot.scoring import MARGIN
from fewshot.standing import Standing
from fewshot.stranger_model import StrangerModel
from fewshot.verdict import Match, Ruling, by_rate, by_threshold, rule_on

Model = Callable[[Rule], StrangerModel]
"""A rule comes in; what is known of strangers under it goes out."""


class Matcher:
    """Asks a gallery about pictures."""

    def __init__(
        self, gallery: Gallery, model: Model, same_picture: float, lift: float = 0.0
    ) -> None:
        """Take a gallery, and what is known of its backbone.

        lift: by how much strangers come nearer than its own names do; see `Recipe`.
        """
        self._gallery, self._model, self._same_picture = gallery, model, same_picture
        self._lift = lift
        self._calibrated: dict[Risk, tuple[object, Calibration]] = {}

    @property
    def gallery(self) -> Gallery:
        """The gallery that it asks."""
        return self._gallery

    def match(
        self,
        picture: Embedded,
        *,
        k: int,
        risk: Risk,
        threshold: float | None = None,
        explain: bool = False,
        with_thumbnail: bool = False,
    ) -> Match:
        """Say who it is; raises GalleryEmpty, RateNotSupported.

        k: how many neighbors the answer shows, 1 or more. threshold: a similarity in [-1, 1] that
        decides instead of the rate. explain: find votes and advice too.
        """
        if threshold is not None and not -1.0 <= threshold <= 1.0:
            raise ValueError(f"a threshold is a similarity in [-1, 1], not {threshold}")
        with self._gallery.moment():
            if not len(self._gallery):
                raise GalleryEmpty(self._gallery.store.path)
            if threshold is None:
                self.calibration(risk)  # looks up, too, whose pictures are nearly the same
            ruling, neighbors, share = self._ruling(picture, k)
            found = self._about(picture, ruling, neighbors, share)
            if threshold is None:
                match = by_rate(found, self.calibration(risk))
            else:
                match = by_threshold(found, threshold)
            if with_thumbnail:
                match = replace(match, thumbnail=picture.thumbnail)
            return self._explained(match, picture, ruling) if explain else match

    def search(self, vector: NDArray[np.float32], k: int) -> tuple[Neighbor, ...]:
        """Return the k nearest references, nearest first: no decision. vector: (d,), length 1."""
        with self._gallery.moment():
            return self._gallery.neighbors(vector, k)

    def prepare(self, risk: Risk | None) -> bool:
        """Read the gallery now, while pictures are being embedded; answers wait for it anyway.

        risk: None where a threshold decides. Returns whether an index would make that faster.
        Raises RateNotSupported.
        """
        with self._gallery.moment():
            if risk and len(self._gallery):
                self.calibration(risk)
            return self._gallery.wants_index

    def calibration(self, risk: Risk) -> Calibration:
        """Return the calibration of the gallery as it is now, in a moment.

        Raises RateNotSupported where a strict rate cannot be shown.
        """
        evidence = self._gallery.evidence()
        known = self._calibrated.get(risk)
        if known is None or known[0] is not evidence:
            self._calibrated[risk] = known = (evidence, self._calibrated_on(evidence, risk))
        calibration = known[1]
        if risk.strict and not calibration.supported:
            raise RateNotSupported(
                self._gallery.store.path, risk.rate, calibration.tightest, calibration.names_needed
            )
        return calibration

    def without_strangers(self, risk: Risk) -> Calibration:
        """Return the calibration as if no strangers had been given, in a moment."""
        known = self._gallery.evidence()
        evidence = replace(known, strangers=known.strangers[:0], blocks=known.blocks[:0])
        return self._calibrated_on(evidence, risk)

    def _calibrated_on(self, evidence: Evidence, risk: Risk) -> Calibration:
        tail = self._model(self._gallery.naming.rule).of(evidence)
        evidence = lifted(evidence, self._lift)
        return Calibration(evidence, tail, rate=risk.rate, strict=risk.strict)

    def _ruling(
        self, picture: Embedded, k: int
    ) -> tuple[Ruling, tuple[Neighbor, ...], float | None]:
        gallery, most = self._gallery, 2 + len(self._gallery.corrections.names)
        standing = gallery.standing(picture.vector, most)
        neighbors = gallery.neighbors(picture.vector, k)
        ruling, owners = self._ruled(picture, standing, neighbors, set())
        friends: set[int] = set()
        if ruling.best:
            best = ruling.best.name
            owner = owners[best] if best in owners else gallery.store.identity(best)
            friends = gallery.friends(owner)
        if friends:
            standing = gallery.standing(picture.vector, most + len(friends))
            ruling, owners = self._ruled(picture, standing, neighbors, friends)
        first = ruling.best is not None and ruling.best.name == next(iter(owners))
        return ruling, neighbors, standing.share if first else None

    def _ruled(
        self,
        picture: Embedded,
        standing: Standing,
        neighbors: tuple[Neighbor, ...],
        friends: set[int],
    ) -> tuple[Ruling, dict[str, int]]:
        """Rule on a query; return the names that were looked at too, nearest first, by their ids.

        friends: of who is nearest.
        """
        candidates = self._gallery.candidates(standing)
        near = {one.name for one in candidates} | {one.name for one in neighbors}
        ruling = rule_on(
            candidates,
            neighbors,
            same_picture=self._same_picture,
            rejected={one for one in near if self._rejects(one, picture)},
            friends=self._gallery.names_of(friends),
        )
        owners = standing.owners.tolist()
        return ruling, {one.name: who for one, who in zip(candidates, owners, strict=True)}

    def _rejects(self, name: str, picture: Embedded) -> bool:
        corrections = self._gallery.corrections
        return corrections.rejects(name, picture.thumbnail, digest=picture.digest or None)

    def _about(
        self,
        picture: Embedded,
        ruling: Ruling,
        neighbors: tuple[Neighbor, ...],
        share: float | None,
    ) -> Match:
        best = ruling.best
        return Match(
            query=picture.source,
            name=None,
            guess=best.name if best else None,
            similarity=best.similarity if best else -1.0,
            threshold=1.0,
            runner_up=ruling.runner_up,
            neighbors=neighbors,
            box=picture.box,
            score=ruling.score,
            rival=ruling.rival,
            corrected=ruling.rejected,
            probability=share,
            rule=str(self._gallery.naming.rule),
            same_picture=ruling.copy is not None,
            crop=picture.kind,
            crop_score=picture.score,
            crops=picture.crops,
        )

    def _explained(self, match: Match, picture: Embedded, ruling: Ruling) -> Match:
        from fewshot.reasons import Doubt, mend, votes_for

        if ruling.best is None:
            return match
        votes = votes_for(self._gallery, picture.vector, ruling.best.name, ruling.copy)
        if match.known:
            return replace(match, votes=votes)
        margin = 0.0 if match.rejected_by == "threshold" else float(MARGIN)
        far = (match.p_value or 0.0) > FAR
        doubt = Doubt(match.query, ruling.best, match.rival, match.needed, margin, far)
        return replace(match, votes=votes, advice=mend(self._gallery, doubt))
