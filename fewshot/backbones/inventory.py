"""The catalog and this machine come in; what is ready, what is here, and what is damaged go out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from fewshot.backbones.artifact import Manifest, check_graph, each_artifact
from fewshot.backbones.catalog import BACKBONES, SHIPPED
from fewshot.backbones.choice import BackboneChoice
from fewshot.backbones.errors import ArtifactRefused, WeightsRefused
from fewshot.backbones.plan import plan
from fewshot.backbones.shipped import card_of, each_shipped, is_shipped
from fewshot.backbones.spec import BackboneSpec, Published
from fewshot.backbones.weights import check_published, published_here


@dataclass(frozen=True, slots=True)
class Holding:
    """What there is of one backbone on this machine."""

    spec: BackboneSpec
    weights: Path | None  # the publisher's file, if it is here; its bytes are not read
    built: tuple[tuple[Path, Manifest], ...]  # of whatever weights, layer, size and precision

    @property
    def ready(self) -> bool:
        """Whether it embeds at once, as its card says: nothing to download, nothing to build."""
        if self.spec.finished:
            return bool(self.built) or self.spec not in SHIPPED
        usual = plan(BackboneChoice(self.spec.name), self.spec)
        return any(
            manifest.published and usual.makes(manifest.blueprint) for _, manifest in self.built
        )

    @property
    def card(self) -> Path | None:
        """Where its model card is, for one whose graph comes inside the package."""
        return card_of(self.spec)

    @property
    def state(self) -> str:
        """Return "ready", "built" (otherwise than its card), "to build", "to fetch", "damaged"."""
        if self.ready:
            return "ready"
        if self.spec.finished:
            return "damaged"
        if self.built:
            return "built"
        return "to build" if self.weights else "to fetch"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found of one file or folder."""

    path: Path
    ok: bool
    reason: str  # what is wrong, or what was checked


def holdings() -> list[Holding]:
    """Return what there is of each backbone of the catalog."""
    built: dict[str, list[tuple[Path, Manifest]]] = {}
    for folder, manifest in each_artifact():
        if isinstance(manifest, Manifest):
            built.setdefault(manifest.name, []).append((folder, manifest))
    for folder, manifest in each_shipped():
        if isinstance(manifest, Manifest):
            built.setdefault(manifest.name, []).append((folder, manifest))
    return [
        Holding(spec, next(published_here(spec), None), tuple(built.get(spec.name, ())))
        for spec in BACKBONES.values()
    ]


def verify(also: Iterable[Published] = ()) -> Iterator[Verdict]:
    """Read every published file of weights and every built backbone that is here, whole.

    also: what else has files that are published.
    """
    for spec in (*BACKBONES.values(), *also):
        for path in published_here(spec):
            yield _verdict_on_weights(path, spec)
    for folder, manifest in (*each_artifact(), *each_shipped()):
        if isinstance(manifest, ArtifactRefused):
            yield Verdict(folder, False, manifest.reason)
        else:
            yield _verdict_on_artifact(folder, manifest)


def _verdict_on_weights(path: Path, spec: Published) -> Verdict:
    try:
        checked = check_published(path, spec)
    except WeightsRefused as error:
        return Verdict(path, False, error.reason)
    except OSError as error:
        return Verdict(path, False, (error.strerror or str(error)).lower())
    return Verdict(path, True, checked)


def _verdict_on_artifact(folder: Path, manifest: Manifest) -> Verdict:
    try:
        check_graph(folder, manifest)
    except ArtifactRefused as error:
        mend = "install fewshot anew" if is_shipped(folder) else "it is built anew when used"
        return Verdict(folder, False, f"{error.reason}; {mend}")
    parity = manifest.parity
    return Verdict(folder, True, f"SHA-256; cosine to Keras {parity.lowest:.7f} when built")
