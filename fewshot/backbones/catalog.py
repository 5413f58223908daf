"""A backbone's name comes in; its card, or the backbone itself, goes out."""

from __future__ import annotations

from collections.abc import Callable

from fewshot.backbones.backbone import Backbone, BackboneSpec, StrangerPrior
from fewshot.errors import UnknownBackbone

DEFAULT = "palette"

PALETTE = BackboneSpec(
    name="palette",
    summary="color and shape layout, numpy only, no weights",
    input_size=96,
    d=502,
    license="MIT (there are no weights)",
    strangers=StrangerPrior(at_one=0.66, per_doubling=0.02, ceiling=0.98),
)


def _palette() -> Backbone:
    from fewshot.backbones.palette import Palette

    return Palette(PALETTE)


BACKBONES: dict[str, tuple[BackboneSpec, Callable[[], Backbone]]] = {
    PALETTE.name: (PALETTE, _palette),
}


def find_backbone(name: str) -> BackboneSpec:
    """Return a backbone's card; raises UnknownBackbone, which lists those there are."""
    return _entry(name)[0]


def load_backbone(name: str) -> Backbone:
    """Build a backbone; raises UnknownBackbone, which lists those there are."""
    return _entry(name)[1]()


def _entry(name: str) -> tuple[BackboneSpec, Callable[[], Backbone]]:
    try:
        return BACKBONES[name]
    except KeyError:
        raise UnknownBackbone(name, BACKBONES) from None
