"""The backbones of this machine, or those asked for, come in; what can embed goes out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from fewshot.backbones.artifact import Manifest
from fewshot.backbones.backbone import Backbone
from fewshot.backbones.blueprint import Blueprint
from fewshot.backbones.catalog import BACKBONES, find_backbone
from fewshot.backbones.choice import FILE, BackboneChoice
from fewshot.backbones.inventory import holdings
from fewshot.backbones.loading import load_again
from fewshot.embedder import Embedder
from fewshot.errors import FewshotError
from fewshot.evaluation.embedding import CROP
from fewshot.watch import Watch

STAMP = "trained on ImageNet, of which these pictures are: it has seen these classes"
_IMAGENET = "ImageNet"


@dataclass(frozen=True, slots=True, eq=False)
class Ready:
    """A backbone that embeds, as it is called in a report.

    choice: what a fine-tuning starts from. lift: see `Recipe`.
    """

    title: str
    backbone: Backbone
    choice: BackboneChoice
    lift: float = 0.0

    @property
    def layer(self) -> str | None:
        """The layer it is cut at, where something was built."""
        made = self.backbone.blueprint
        return None if made is None else made.layer

    @property
    def license(self) -> str:
        """Of its weights."""
        return self.backbone.spec.license

    def stamp(self, *, from_imagenet: bool) -> str | None:
        """Return what is to be known of it on a set cut from ImageNet."""
        return STAMP if from_imagenet and _IMAGENET in self.backbone.spec.summary else None


def ready_here(watch: Watch) -> list[Ready]:
    """Return all backbones that embed at once: nothing to download, nothing to build.

    One that is damaged is passed over, and said.
    """
    found: list[Ready] = []
    for spec in BACKBONES.values():
        if spec.finished:
            with _passed_over(spec.name, watch):
                found.append(_loaded(BackboneChoice(spec.name), watch))
    for name, manifest in _built():
        with _passed_over(_title(name, manifest.blueprint), watch):
            found.append(_again(name, manifest, watch))
    return _told_apart(found)


@contextmanager
def _passed_over(title: str, watch: Watch) -> Iterator[None]:
    try:
        yield
    except FewshotError as error:
        watch.say(f"{title} is passed over: {error}")


def ready_of(asked: Sequence[str | BackboneChoice], watch: Watch) -> list[Ready]:
    """Return the backbones asked for, built where they are not; raises what `by_name` raises.

    A name of the catalog stands for what was built of it, where something was.
    """
    found: list[Ready] = []
    for one in asked:
        built = [
            _again(name, manifest, watch)
            for name, manifest in _built()
            if one in (name, _title(name, manifest.blueprint))
        ]
        found += built or [_loaded(BackboneChoice.of(one), watch)]
    unique = {each.backbone.fingerprint + (each.backbone.head or ""): each for each in found}
    return _told_apart(list(unique.values()))


def _built() -> Iterator[tuple[str, Manifest]]:
    """Yield what was built here, but for models of one's own: they are asked for by path."""
    for holding in holdings():
        for _, manifest in holding.built:
            if not holding.spec.finished and manifest.blueprint.network != "file":
                yield holding.spec.name, manifest


def _again(name: str, manifest: Manifest, watch: Watch) -> Ready:
    made = manifest.blueprint
    choice = BackboneChoice(
        name,
        weights=None if manifest.published else made.source or None,
        layer=made.layer,
        size=made.size,
    )
    return Ready(_title(name, made), load_again(name, made, watch), choice)


def _loaded(choice: BackboneChoice, watch: Watch) -> Ready:
    backbone = Embedder.by_name(CROP, choice, watch).backbone
    title = choice.name
    if backbone.blueprint is not None and not title.startswith(FILE):
        title = _title(choice.name, backbone.blueprint)
    return Ready(title, backbone, choice, backbone.lift or 0.0)


def _title(name: str, made: Blueprint) -> str:
    """Return a name, and in what it is otherwise than its card says."""
    spec = find_backbone(name)
    usual = spec.network
    if spec.finished:
        return name
    said = [] if usual is None or made.layer == usual.layer else [made.layer]
    said += [] if made.size == spec.input_size else [f"{made.size} px"]
    said += [] if made.precision == "float32" else [made.precision]
    return f"{name} ({', '.join(said)})" if said else name


def _told_apart(found: list[Ready]) -> list[Ready]:
    """Add a few letters of the fingerprint to titles that several have."""
    times = Counter(one.title for one in found)
    return [
        one
        if times[one.title] == 1
        else replace(one, title=f"{one.title} {one.backbone.fingerprint[:6]}")
        for one in found
    ]
