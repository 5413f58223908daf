"""A choice, or what a gallery was made with, comes in; the backbone goes out, ready to embed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fewshot.backbones.backbone import Backbone
from fewshot.backbones.blueprint import Blueprint
from fewshot.backbones.catalog import PALETTE, find_backbone
from fewshot.backbones.choice import BackboneChoice
from fewshot.backbones.errors import BadBackboneOption
from fewshot.backbones.spec import BackboneSpec
from fewshot.watch import Watch

if TYPE_CHECKING:
    from fewshot.backbones.artifact import Artifact
    from fewshot.decoding import Pixels

_DEAF = Watch()
COMPARED = 200
"""The most pictures a graph is compared with Keras on."""


def load_backbone(meant: str | BackboneChoice, watch: Watch = _DEAF) -> Backbone:
    """Return the backbone of a choice; downloads and builds it where it is not here.

    Raises UnknownBackbone, BadBackboneOption, WeightsMissing, WeightsRefused, BackboneUnavailable.
    """
    choice = BackboneChoice.of(meant)
    spec = find_backbone(choice.name)
    if spec.finished:
        for option in choice.given:
            raise BadBackboneOption(spec.name, option, "it comes finished, in one form only")
        return _finished(spec, None, watch)
    _import_ahead()
    from fewshot.backbones.provision import provide

    return _run(provide(choice, spec, watch), spec, watch)


def build_now(
    meant: str | BackboneChoice, watch: Watch = _DEAF, pictures: Path | None = None
) -> Artifact:
    """Build a backbone, or find it built, without embedding anything.

    pictures: a folder; on up to 200 of it the graph is compared with Keras, and built anew for
    that. Raises what `load_backbone` raises, NoImagesFound, UnreadableImage.
    """
    choice = BackboneChoice.of(meant)
    spec = find_backbone(choice.name)
    if spec.finished:
        raise BadBackboneOption(spec.name, "build", "it comes finished: there is nothing to build")
    from fewshot.backbones.provision import provide, provide_compared

    if pictures is None:
        return provide(choice, spec, watch)
    return provide_compared(
        choice, spec, watch, _some(pictures, 2 * spec.input_size), str(pictures)
    )


def load_again(name: str, blueprint: Blueprint | None, watch: Watch = _DEAF) -> Backbone:
    """Return the backbone that a gallery names; see `load_backbone`."""
    spec = find_backbone(name)
    if blueprint is None:
        return load_backbone(name, watch)
    if spec.finished:
        return _finished(spec, blueprint, watch)
    _import_ahead()
    from fewshot.backbones.provision import provide_again

    return _run(provide_again(blueprint, spec, watch), spec, watch)


def _finished(spec: BackboneSpec, made: Blueprint | None, watch: Watch) -> Backbone:
    """Return a backbone that needs no building; made: what a gallery was made with."""
    if spec is PALETTE:
        from fewshot.backbones.palette import Palette

        return Palette(PALETTE)
    _import_ahead()
    from fewshot.backbones.shipped import shipped

    return _run(shipped(spec, made), spec, watch)


def _run(artifact: Artifact, spec: BackboneSpec, watch: Watch) -> Backbone:
    from fewshot.backbones.litert import LiteRTBackbone

    return LiteRTBackbone(artifact, spec, watch)


def _import_ahead() -> None:
    """Import LiteRT in a thread, while the graph is being hashed."""
    from contextlib import suppress
    from threading import Thread

    def load() -> None:
        with suppress(ImportError):  # it is said when it is imported in its place
            import ai_edge_litert.interpreter  # noqa: F401

    Thread(target=load, daemon=True).start()


def _some(folder: Path, at_least: int) -> list[Pixels]:
    """Decode up to 200 pictures of a folder, evenly taken, leaving out what cannot be read."""
    from fewshot.errors import NoImagesFound, UnreadableImage
    from fewshot.folders import each_picture
    from fewshot.images import decode, read_picture

    paths = list(each_picture(folder))
    pictures = []
    for path in paths[:: -(-len(paths) // COMPARED)]:
        try:
            pictures.append(decode(read_picture(path), at_least=at_least).pixels)
        except UnreadableImage:
            continue
    if not pictures:
        raise NoImagesFound(folder)
    return pictures
