"""An embedded picture comes in; a name or nobody goes out, with the reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from fewshot.backbones.spec import StrangerPrior
from fewshot.calibration import threshold_for
from fewshot.crops import Box
from fewshot.embedder import Embedded
from fewshot.errors import GalleryEmpty
from fewshot.gallery import Candidate, Gallery, Neighbor


@dataclass(frozen=True, slots=True)
class Match:
    """The answer to "who is this?"."""

    query: str  # the path asked about, or "<bytes>" ...
    name: str | None  # None: nobody in the gallery is near enough
    guess: str  # the nearest name, near enough or not
    similarity: float  # cosine to the guess's class mean, or to the same picture, in [-1, 1]
    threshold: float  # the similarity that a name needs
    runner_up: Candidate | None  # the second name; None where the gallery has one
    neighbors: tuple[Neighbor, ...]  # the references most like the query, nearest first
    box: Box  # the crop that was looked at, in pixels of the whole upright picture
    thumbnail: bytes = field(default=b"", repr=False)  # JPEG of that crop, where asked for

    @property
    def known(self) -> bool:
        """Whether somebody was named."""
        return self.name is not None

    @property
    def status(self) -> str:
        """Return "known" or "unknown"."""
        return "known" if self.known else "unknown"


def decide(
    query: str,
    candidates: Sequence[Candidate],
    neighbors: Sequence[Neighbor],
    *,
    threshold: float,
    same_picture: float = 0.99,
    box: Box,
    thumbnail: bytes = b"",
) -> Match:
    """Name the nearest candidate where it is as near as the threshold, else nobody.

    A query that is one of the references (a cosine of `same_picture`) has that reference's name.
    candidates: nearest first, at least one, and two where the gallery has two names. neighbors:
    nearest first.
    """
    best = candidates[0]
    if neighbors and neighbors[0].similarity >= same_picture:
        best = Candidate(neighbors[0].name, neighbors[0].similarity)
    others = [one for one in candidates if one.name != best.name]
    return Match(
        query=query,
        name=best.name if best.similarity >= threshold else None,
        guess=best.name,
        similarity=best.similarity,
        threshold=threshold,
        runner_up=others[0] if others else None,
        neighbors=tuple(neighbors),
        box=box,
        thumbnail=thumbnail,
    )


class Matcher:
    """Asks a gallery about pictures."""

    def __init__(self, gallery: Gallery, strangers: StrangerPrior) -> None:
        self._gallery = gallery
        self._strangers = strangers

    def match(self, picture: Embedded, *, k: int, threshold: float | None) -> Match:
        """Say who it is; raises GalleryEmpty.

        k: how many neighbors the answer shows, 1 or more. threshold: a similarity in [-1, 1]; None
        takes the gallery's usual one.
        """
        if threshold is not None and not -1.0 <= threshold <= 1.0:
            raise ValueError(f"a threshold is a similarity in [-1, 1], not {threshold}")
        with self._gallery.moment():
            candidates = self._gallery.candidates(picture.vector, 2)
            if not candidates:
                raise GalleryEmpty(self._gallery.path)
            return decide(
                picture.source,
                candidates,
                self._gallery.neighbors(picture.vector, k),
                threshold=self._usual_threshold() if threshold is None else threshold,
                same_picture=self._strangers.same_picture,
                box=picture.box,
                thumbnail=picture.thumbnail,
            )

    def search(self, vector: NDArray[np.float32], k: int) -> tuple[Neighbor, ...]:
        """Return the k nearest references, nearest first: no decision. vector: (d,), length 1."""
        with self._gallery.moment():
            return self._gallery.neighbors(vector, k)

    def prepare(self) -> bool:
        """Read the gallery now, while pictures are being embedded; answers wait for it anyway.

        Returns whether an index would make that faster.
        """
        with self._gallery.moment():
            self._gallery.strangers()
            return self._gallery.wants_index

    def _usual_threshold(self) -> float:
        """Return the similarity that a name needs in this gallery as it is now."""
        return threshold_for(self._strangers, len(self._gallery), self._gallery.strangers())
