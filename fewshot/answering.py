"""The half of the door that answers: pictures come in; names, or nobody, go out.

What it says can be set right: by corrections, by pictures of strangers, by another rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property, partial
from itertools import chain
from typing import TYPE_CHECKING

from fewshot.bookkeeping import Bookkeeping
from fewshot.errors import GalleryEmpty
from fewshot.folders import each_picture
from fewshot.opening import embedder_of
from fewshot.records import Corrected, Forgotten
from fewshot.risk import RATE, Risk
from fewshot.store import Store
from fewshot.watch import Watch

if TYPE_CHECKING:  # numpy, Pillow and FAISS are loaded when a picture is first looked at
    from fewshot.calibrating import Calibrated
    from fewshot.embedder import Embedded, Embedder, Refusal
    from fewshot.images import Picture
    from fewshot.matching import Matcher
    from fewshot.nearness import Neighbor
    from fewshot.verdict import Match

_DEAF = Watch()


class Answering(Bookkeeping):
    """Names pictures by one gallery file."""

    def __init__(self, store: Store, *, threads: int | None = None, watch: Watch = _DEAF) -> None:
        super().__init__(store, watch)
        self._threads = threads
        self._otherwise: dict[str, Embedder] = {}  # by the crop asked for

    def match(
        self,
        picture: Picture,
        *,
        k: int = 5,
        max_false_name: float = RATE,
        strict: bool = False,
        threshold: float | None = None,
        explain: bool = False,
        crop: str | None = None,
        box: Sequence[int] | None = None,
    ) -> Match:
        """Say who is in a picture, or that it is nobody enrolled.

        k: how many neighbors the answer shows. max_false_name: of strangers shown to this gallery,
        at most this share is to get any name, in [1e-6, 0.5]. strict: raise RateNotSupported where
        the gallery itself cannot show that rate, rather than estimate it from others. threshold: a
        similarity in [-1, 1] that decides instead. explain: find `votes` and `advice` too.
        crop: look at another part than the gallery's pictures were enrolled by: see `create`. box:
        look at this part, (x, y, width, height) in pixels of the whole upright picture. Of several
        faces the largest is looked at.
        Raises UnreadableImage (NothingFound where a face was looked for in vain), GalleryEmpty.
        """
        from fewshot.crops import Box
        from fewshot.images import read_picture

        self._require_somebody()
        embedded = self._embedder_for(crop, box).embed_raw(
            read_picture(picture),
            box=None if box is None else Box.of(box),
            with_thumbnail=True,
            threads=self._threads,
        )
        risk = Risk(max_false_name, strict)
        return self._matcher.match(embedded, k=k, risk=risk, threshold=threshold, explain=explain)

    def match_all(
        self,
        pictures: Picture | Iterable[Picture],
        *,
        k: int = 5,
        max_false_name: float = RATE,
        strict: bool = False,
        threshold: float | None = None,
        explain: bool = False,
        with_thumbnails: bool = False,
        crop: str | None = None,
        box: Sequence[int] | None = None,
        all_faces: bool = False,
    ) -> Iterator[Match | Refusal]:
        """Answer many pictures, in their order, embedding on all cores; see `match`.

        A picture that cannot be read gives a Refusal and the rest goes on.
        with_thumbnails: let each Match carry a small JPEG of what was looked at. all_faces: answer
        every face of a picture, the largest first, where the crop looks for faces.
        """
        from fewshot.crops import Box
        from fewshot.pipeline import ordered_map

        self._require_somebody()
        risk = Risk(max_false_name, strict)
        if all_faces and box is not None:
            raise ValueError("all_faces looks for faces, and box says where to look: give one")
        alone = isinstance(pictures, list) and len(pictures) == 1
        embedder, threads = self._embedder_for(crop, box), self._threads if alone else 1
        part = None if box is None else Box.of(box)

        def attempt(picture: Picture) -> list[Embedded | Refusal]:
            # with thumbnails: pictures may be corrected while others are answered
            if all_faces:
                return list(embedder.attempt_each(picture, with_thumbnail=True, threads=threads))
            return [embedder.attempt(picture, box=part, with_thumbnail=True, threads=threads)]

        found = ordered_map(attempt, each_picture(pictures), workers=self._threads)
        results = chain.from_iterable(found)
        if self._matcher.prepare(risk if threshold is None else None):
            self._watch.say(f"{self.path} is large: fewshot index makes it open and answer faster")
        ask = partial(
            self._matcher.match,
            k=k,
            risk=risk,
            threshold=threshold,
            explain=explain,
            with_thumbnail=with_thumbnails,
        )
        return (self._answer(result, ask) for result in results)

    def search(self, picture: Picture, k: int = 10) -> tuple[Neighbor, ...]:
        """Return the k most similar references, nearest first, whoever they are: no decision.

        Raises UnreadableImage, GalleryEmpty.
        """
        self._require_somebody()
        return self._matcher.search(self._embedder.embed(picture, threads=self._threads), k)

    def correct(
        self,
        picture: Picture,
        *,
        rejected: str | Sequence[str],
        truth: str | None = None,
        box: Sequence[int] | None = None,
    ) -> Corrected:
        """Say that a picture is not of these names, and of whom it is, where that is known.

        The picture, its mirror image, crops and re-encodings of it do not get the rejected names
        again; with `truth` it is enrolled under that name. box: the part that is meant, see
        `match`. Raises UnreadableImage, UnknownName, CannotCorrect, BadName.
        """
        from fewshot.correcting import correct_picture
        from fewshot.crops import Box

        return correct_picture(
            self._store,
            self._embedder_for(None, box),
            picture,
            rejected=rejected,
            truth=truth,
            box=None if box is None else Box.of(box),
            threads=self._threads,
        )

    def calibrate(
        self,
        *,
        strangers: Iterable[tuple[str, Picture]] = (),
        rule: str | None = None,
        progress: Callable[[], None] | None = None,
    ) -> Calibrated:
        """Take up strangers, choose how names are scored, and say what rates that gives.

        strangers: pairs of whose the picture is and the picture, of nobody who is enrolled; they
        are kept as vectors and asked from now on, and `undo` takes them out. rule: "auto" to let
        the gallery choose, one of `fewshot.rules.RULES` ("mean", "nearest-root" ...) to choose it
        for good; None chooses anew unless somebody chose for good.
        Raises GalleryEmpty, CannotCalibrate.
        """
        from fewshot.calibrating import calibrate

        self._require_somebody()
        return calibrate(
            self._store,
            self._embedder,
            self._matcher,
            strangers=strangers,
            rule=rule,
            progress=progress,
            threads=self._threads,
        )

    def forget_strangers(self) -> Forgotten:
        """Erase all strangers that were given, from the file too; that cannot be undone."""
        from fewshot.strangers import erase_strangers

        return erase_strangers(self._store)

    def _embedder_for(self, crop: str | None, box: Sequence[int] | None) -> Embedder:
        """Return the gallery's embedder, or one that looks at another part, as it was asked to.

        Where a box is named no detector is needed.
        """
        crop = "whole" if box is not None else crop
        if crop is None or crop == self._store.recipe.crop:
            return self._embedder
        if crop not in self._otherwise:
            here = [*self._otherwise.values()]
            if "_embedder" in vars(self):
                here.append(self._embedder)
            if here:  # its network is loaded already
                self._otherwise[crop] = here[-1].cropping(crop, self._watch)
            else:
                self._otherwise[crop] = embedder_of(self._store, self._watch, crop=crop)
        return self._otherwise[crop]

    def _choose_rule(self, added: int) -> None:
        """Let the gallery choose how names are scored, where it has grown enough."""
        if added:
            from fewshot.rule_keeping import choose_if_due

            choose_if_due(self._store)

    @cached_property
    def _embedder(self) -> Embedder:
        return embedder_of(self._store, self._watch)

    @cached_property
    def _matcher(self) -> Matcher:
        from fewshot.decision import lift_in, model_for, same_picture_in
        from fewshot.gallery import Gallery
        from fewshot.matching import Matcher

        recipe = self._store.recipe
        same = same_picture_in(recipe)
        return Matcher(Gallery(self._store, same), model_for(recipe), same, lift_in(recipe))

    def _require_somebody(self) -> None:
        if self._store.is_empty():
            raise GalleryEmpty(self.path)

    def _answer(
        self, result: Embedded | Refusal, ask: Callable[[Embedded], Match]
    ) -> Match | Refusal:
        from fewshot.embedder import Refusal

        return result if isinstance(result, Refusal) else ask(result)
