"""The door to a trained model: pictures come in, the class of each goes out. No TensorFlow."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from fewshot.bundles.backbone import BundleBackbone
from fewshot.bundles.bundle import Bundle, read_bundle
from fewshot.crops import Box, find_fixed
from fewshot.embedder import Refusal
from fewshot.errors import UnreadableImage
from fewshot.folders import each_picture
from fewshot.images import Picture, decode, read_picture
from fewshot.pipeline import ordered_map
from fewshot.watch import Watch

_DEAF = Watch()


@dataclass(frozen=True, slots=True)
class Classification:
    """The answer to "which of these is it?"."""

    query: str  # the path asked about, or "<bytes>" ...
    name: str | None  # None: the likeliest class is less likely than was asked for
    probability: float  # of the likeliest class, were it one of the model's
    ranking: tuple[tuple[str, float], ...]  # classes with their probabilities, likeliest first
    box: Box  # the crop that was looked at, in pixels of the whole upright picture

    @property
    def guess(self) -> str:
        """The likeliest class."""
        return self.ranking[0][0]

    @property
    def status(self) -> str:
        """Return "known" or "unknown"."""
        return "unknown" if self.name is None else "known"


class Classifier:
    """A model that `fewshot train` made; safe to share among threads.

    It answers one of its classes, whoever is shown: what is of none of them is not recognized as
    such. For that, enroll pictures with it as a backbone, `file:model.fewshot`.
    """

    def __init__(self, bundle: Bundle, path: Path, watch: Watch = _DEAF) -> None:
        self.bundle, self.path = bundle, path
        self._backbone = BundleBackbone(bundle, path, watch)
        self._crop = find_fixed(bundle.base.crop)

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, watch: Watch = _DEAF) -> Classifier:
        """Open a model file; raises BundleRefused where it is none, or damaged."""
        return cls(read_bundle(Path(path)), Path(path), watch)

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes it knows."""
        return self.bundle.labels

    def classify(self, picture: Picture, *, at_least: float = 0.0) -> Classification:
        """Say which class a picture is of; raises UnreadableImage.

        at_least: the probability below which it is said to be of none, in [0, 1].
        """
        raw = read_picture(picture)
        decoded = decode(raw, at_least=2 * self.bundle.base.size)
        crop = self._crop(decoded.pixels)[0]
        height, width = decoded.pixels.shape[:2]
        chances = self._backbone.probabilities([crop.pixels])[0]
        order = (-chances).argsort(kind="stable")
        ranking = tuple((self.labels[at], float(chances[at])) for at in order)
        likeliest, chance = ranking[0]
        return Classification(
            raw.source,
            likeliest if chance >= at_least else None,
            chance,
            ranking,
            crop.box.scaled(decoded.width / width, decoded.height / height),
        )

    def classify_all(
        self,
        pictures: Iterable[Picture],
        *,
        at_least: float = 0.0,
        threads: int | None = None,
    ) -> Iterator[Classification | Refusal]:
        """Classify pictures on all cores, in their order; one that cannot be read is a Refusal."""

        def one(picture: Picture) -> Classification | Refusal:
            try:
                return self.classify(picture, at_least=at_least)
            except UnreadableImage as error:
                return Refusal(error.source, error.reason)

        return ordered_map(one, each_picture(pictures), workers=threads)
