"""A choice, or a gallery's blueprint, comes in; a checked artifact goes out, built where it is not.

Built once: another process that wants the same one waits, and takes what the first has made.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from fewshot.backbones.artifact import Artifact, Manifest, each_artifact, folder_of, read_artifact
from fewshot.backbones.blueprint import Blueprint
from fewshot.backbones.choice import BackboneChoice
from fewshot.backbones.errors import (
    ArtifactRefused,
    BackboneUnavailable,
    WeightsMissing,
    WeightsRefused,
)
from fewshot.backbones.plan import Plan, plan
from fewshot.backbones.spec import BackboneSpec
from fewshot.backbones.weights import (
    WeightsFile,
    check_published,
    is_published,
    named_weights,
    obtain_weights,
    offline,
    weights_by_digest,
)
from fewshot.errors import FewshotError
from fewshot.watch import Watch

if TYPE_CHECKING:  # numpy is loaded when something is built
    from fewshot.decoding import Pixels


def provide(choice: BackboneChoice, spec: BackboneSpec, watch: Watch) -> Artifact:
    """Return the artifact of a choice, from the cache or built now.

    Raises BadBackboneOption, WeightsMissing, WeightsRefused, BackboneUnavailable.
    """
    wanted = plan(choice, spec)
    if choice.published:
        if ready := _ready(wanted):
            return ready
        _require_tensorflow(spec)  # before anything is downloaded for it
    try:
        weights = weights_of(choice, spec, watch)
    except WeightsMissing as missing:
        if other := next(_like(wanted), None):
            mend = (
                f"it is built here from other weights: name {other.blueprint.source} by --weights"
            )
            raise WeightsMissing(missing.name, missing.file, missing.reason, mend) from missing
        raise
    blueprint = wanted.with_weights(weights.sha256, weights.path)
    return _cached(blueprint, watch) or build(blueprint, weights, spec, watch)


def provide_compared(
    choice: BackboneChoice, spec: BackboneSpec, watch: Watch, pictures: Sequence[Pixels], on: str
) -> Artifact:
    """Build the artifact of a choice in any case, comparing it with Keras on these pictures.

    on: what they are. Raises what `provide` raises.
    """
    weights = weights_of(choice, spec, watch)
    blueprint = plan(choice, spec).with_weights(weights.sha256, weights.path)
    return build(blueprint, weights, spec, watch, pictures, on)


def provide_again(blueprint: Blueprint, spec: BackboneSpec, watch: Watch) -> Artifact:
    """Return the artifact that a gallery was made with, from the cache or built anew.

    Raises WeightsMissing where its very weights are not here, WeightsRefused, BackboneUnavailable.
    """
    if here := _cached(blueprint, watch):
        return here
    weights = weights_by_digest(blueprint.weights, blueprint.source)
    if weights is None and is_published(spec, Path(blueprint.source).name) and not offline():
        weights = obtain_weights(spec, watch)
    if weights is None or weights.sha256 != blueprint.weights:
        file = Path(blueprint.source).name or f"{spec.name}'s"
        raise WeightsMissing(
            spec.name,
            f"{file} (SHA-256 {blueprint.weights[:12]}...)",
            f"backbone {blueprint.fingerprint[:8]} is not built here, nor is that file here",
            "put it into a folder of FEWSHOT_WEIGHTS, or enroll the pictures into a new gallery",
        )
    return build(blueprint, weights, spec, watch)


def named_digest(choice: BackboneChoice) -> str:
    """Return the SHA-256 of the file a choice names; raises WeightsMissing, WeightsRefused."""
    return named_weights(choice.name, choice.own_model or choice.weights or "").sha256


def weights_of(choice: BackboneChoice, spec: BackboneSpec, watch: Watch) -> WeightsFile:
    """Return the file a choice means; raises WeightsMissing, WeightsRefused."""
    if choice.published:
        return obtain_weights(spec, watch)
    return named_weights(choice.name, choice.own_model or choice.weights or "")


def build(
    blueprint: Blueprint,
    weights: WeightsFile,
    spec: BackboneSpec,
    watch: Watch,
    pictures: Sequence[Pixels] | None = None,
    on: str = "drawn",
) -> Artifact:
    """Build an artifact, unless another process has just done so; return it, checked.

    pictures: to compare with Keras on; None takes drawn ones. With some it is built in any case.
    """
    _require_tensorflow(spec)
    if not weights.published and is_published(spec, weights.path.name):
        with suppress(WeightsRefused, OSError):
            check_published(weights.path, spec)
            weights = replace(weights, published=True)
    folder = folder_of(blueprint.network, blueprint.fingerprint)
    with _building(folder, spec.name, watch):
        if pictures is None and (made := _cached(blueprint, Watch())):
            return made
        watch.say(f"building {spec.name} ({blueprint}) with TensorFlow, once")
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # of TensorFlow: errors only
        with watch.quiet(), _told_by(spec.name):
            from fewshot.backbones.keras_build import build as build_with_keras
            from fewshot.backbones.probes import drawn

            asked = list(drawn()) if pictures is None else pictures
            manifest = build_with_keras(blueprint, weights, folder, spec.license, asked, on)
        parity = manifest.parity
        watch.say(
            f"built; cosine to Keras {parity.lowest:.7f} or more on {parity.pictures} picture(s)"
        )
    made = read_artifact(blueprint.network, blueprint.fingerprint)
    assert made is not None
    return made


def _cached(blueprint: Blueprint, watch: Watch) -> Artifact | None:
    try:
        return read_artifact(blueprint.network, blueprint.fingerprint)
    except ArtifactRefused as damaged:
        watch.say(f"{damaged}; building it anew")
        return None


def _ready(wanted: Plan) -> Artifact | None:
    """Return an artifact of the publisher's own weights, whether or not these are still here."""
    for manifest in _like(wanted):
        if manifest.published:
            with suppress(ArtifactRefused):
                return read_artifact(manifest.name, manifest.blueprint.fingerprint)
    return None


def _like(wanted: Plan) -> Iterator[Manifest]:
    """Yield what is built to a plan, from whatever weights."""
    for _, manifest in each_artifact():
        if isinstance(manifest, Manifest) and wanted.makes(manifest.blueprint):
            yield manifest


def _require_tensorflow(spec: BackboneSpec) -> None:
    if find_spec("tensorflow") is None:
        raise BackboneUnavailable(
            spec.name,
            "building it takes tensorflow, which is not installed",
            "install the extra for it: pip install 'fewshot[train]' (in a clone '.[train]'); the "
            "backbone compact needs nothing",
        )


@contextmanager
def _told_by(name: str) -> Iterator[None]:
    """Turn whatever TensorFlow and Keras raise into an error that says what failed."""
    try:
        yield
    except FewshotError:
        raise
    except Exception as error:
        lines = str(error).strip().splitlines() or [""]
        raise BackboneUnavailable(
            name,
            f"{type(error).__name__}: {lines[0][:200]}",
            "KERAS_BACKEND must be tensorflow; FEWSHOT_DEBUG=1 shows more",
        ) from error


@contextmanager
def _building(folder: Path, name: str, watch: Watch) -> Iterator[None]:
    from filelock import FileLock, Timeout

    try:
        folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = FileLock(folder.with_name(f"{folder.name}.lock"))
        try:
            held = lock.acquire(timeout=0)
        except Timeout:
            watch.say(f"another process is building {name}; waiting for it")
            held = lock.acquire()
    except OSError as error:
        raise BackboneUnavailable(
            name,
            f"{folder.parent} cannot be written ({(error.strerror or str(error)).lower()})",
            "name another folder by FEWSHOT_CACHE",
        ) from error
    with held:
        yield
