"""`fewshot models`: the backbones and detectors, and what of them is on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fewshot.cli.backbones import choice_of, network_options
from fewshot.cli.detectors import detector_row, detector_text, to_fetch
from fewshot.cli.options import form_options
from fewshot.cli.output import Row, emit, note, printable, shown_path
from fewshot.cli.progress import Terminal
from fewshot.cli.trained import show_trained

if TYPE_CHECKING:
    from fewshot.backbones.inventory import Holding


@click.group()
def models() -> None:
    """List, fetch, build and verify the networks that embed, and what finds faces."""


@models.command("list")
@form_options
def list_models(form: str | None) -> int:
    """List the backbones and detectors: what they are, and whether they are ready here."""
    from fewshot.backbones.inventory import holdings
    from fewshot.detectors.inventory import detector_holdings

    rows = [_row(holding) for holding in holdings()]
    rows += [detector_row(one) for one in detector_holdings()]

    def text(row: Row) -> str:
        if row["kind"] == "detector":
            return detector_text(row)
        size = f"{row['bytes'] / 1e6:.0f} MB" if row["bytes"] else "-"
        return (
            f"{row['name']:18}{row['state']:10}{row['input']:>4} px {row['d']:>5} numbers "
            f"{size:>7}  {row['network']}"
        )

    emit(rows, form=form or "text", key="models", gallery=None, text=text, columns=_COLUMNS)
    if not form:
        note("fewshot models info NAME says more; file:MODEL takes a Keras model of your own")
    return 0


@models.command()
@click.argument("name")
@form_options
def info(name: str, form: str | None) -> int:
    """Say all there is to know of the backbone or detector NAME, or of a model, file:MODEL."""
    from fewshot.backbones.catalog import BACKBONES
    from fewshot.backbones.choice import BackboneChoice, is_bundle
    from fewshot.backbones.inventory import holdings
    from fewshot.detectors.catalog import DETECTORS
    from fewshot.detectors.inventory import detector_holdings
    from fewshot.errors import UnknownBackbone

    trained = BackboneChoice(name).own_model or Path(name)
    if is_bundle(trained):
        return show_trained(trained, form)
    found = [_row(holding) for holding in holdings() if holding.spec.name == name]
    found += [detector_row(one) for one in detector_holdings() if one.spec.name == name]
    if not found:
        raise UnknownBackbone(name, [*BACKBONES, *DETECTORS])

    def text(row: Row) -> str:
        lines = [f"{key}: {_said(value)}" for key, value in row.items() if key != "built"]
        return "\n".join(lines + [_built_text(one) for one in row.get("built", ())])

    emit(found, form=form or "text", key="models", gallery=None, text=text, columns=_COLUMNS)
    return 0


@models.command()
@click.argument("name")
@form_options
def fetch(name: str, form: str | None) -> int:
    """Download the published file of the backbone or detector NAME, unless it is here."""
    from fewshot.backbones.weights import fetch_weights, published_weights

    spec = to_fetch(name)
    here = published_weights(spec)
    if here:
        note(f"already here: {here.path}")
    else:
        here = fetch_weights(spec, Terminal())
    row = {"name": name, "path": str(here.path), "sha256": here.sha256, "license": spec.license}
    _emit_one(row, form, "fetched", "path")
    return 0


@models.command()
@click.argument("name")
@network_options
@click.option(
    "--pictures",
    type=click.Path(exists=True, path_type=Path),
    help="A folder of pictures to compare with Keras on, instead of drawn ones.",
)
@form_options
def build(name: str, pictures: Path | None, form: str | None, **network: Any) -> int:
    """Build the backbone NAME now, as its first use would; needs tensorflow.

    NAME may be file:MODEL, a Keras model of your own.
    """
    from fewshot.backbones.loading import build_now

    choice = choice_of(name, network)
    assert choice is not None
    artifact = build_now(choice, Terminal(), pictures)
    row = _built_row(artifact.folder, artifact.manifest)
    _emit_one(row, form, "built", "path", text=_built_text)
    return 0


@models.command()
@form_options
def verify(form: str | None) -> int:
    """Check every published file and every built backbone that is here, byte by byte."""
    from fewshot.backbones.inventory import verify as verdicts
    from fewshot.detectors.catalog import FETCHED

    found = verdicts(FETCHED.values())
    rows = [{"path": str(one.path), "ok": one.ok, "reason": one.reason} for one in found]

    def text(row: Row) -> str:
        return f"{'ok' if row['ok'] else 'BAD':4}{shown_path(row['path'])}: {row['reason']}"

    columns = ("path", "ok", "reason")
    emit(rows, form=form or "text", key="verified", gallery=None, text=text, columns=columns)
    if not form:
        note(f"{len(rows)} checked, {sum(not row['ok'] for row in rows)} bad")
    return 0 if all(row["ok"] for row in rows) else 5


@models.command()
@form_options
def path(form: str | None) -> int:
    """Say where downloads and built backbones are kept; JSON: and where weights are looked for."""
    from fewshot.backbones.cache import (
        artifacts_folder,
        cache_folder,
        models_folder,
        searched_folders,
        weights_folder,
    )

    row = {
        "cache": str(cache_folder()),
        "weights": str(weights_folder()),
        "backbones": str(artifacts_folder()),
        "models": str(models_folder()),
        "searched": [str(one) for one in searched_folders()],
    }
    _emit_one(row, form, "paths", "cache")
    return 0


_COLUMNS = ("name", "kind", "network", "input", "d", "bytes", "license", "state", "source")


def _row(holding: Holding) -> Row:
    spec, network = holding.spec, holding.spec.network
    size = network.weights.size if network else None
    if spec.finished:
        size = sum(manifest.graph_bytes for _, manifest in holding.built) or None
    if holding.weights:
        size = holding.weights.stat().st_size
    return {
        "name": spec.name,
        "kind": "backbone",
        "network": spec.summary,
        "input": spec.input_size,
        "d": spec.d,
        "bytes": size,
        "license": spec.license,
        "state": holding.state,
        "ready": holding.ready,
        "source": network.source if network else "fewshot",
        "layer": network.layer if network else None,
        "preprocessing": network.preprocessing if network else None,
        "file": network.weights.file if network else None,
        "address": network.weights.url if network else None,
        "here": str(holding.weights) if holding.weights else None,
        "card": str(holding.card) if holding.card else None,
        "built": [_built_row(folder, manifest) for folder, manifest in holding.built],
    }


def _built_row(folder: Path, manifest: Any) -> dict[str, Any]:
    return {
        "path": str(folder),
        "fingerprint": manifest.blueprint.fingerprint,
        **manifest.blueprint.to_mapping(),
        "d": manifest.d,
        "bytes": manifest.graph_bytes,
        "published": manifest.published,
        "parity": {
            "lowest": manifest.parity.lowest,
            "mean": manifest.parity.mean,
            "pictures": manifest.parity.pictures,
            "on": manifest.parity.on,
        },
    }


def _built_text(row: Mapping[str, Any]) -> str:
    parity = row["parity"]
    return (
        f"built: {row['fingerprint'][:8]}: layer {row['layer'] or 'its own'}, {row['size']} px, "
        f"{row['precision']}, {row['preprocessing']}, {row['d']} numbers; "
        f"cosine to Keras {parity['lowest']:.7f} or more "
        f"on {parity['pictures']} picture(s) ({parity['on']}); {shown_path(row['path'])}"
    )


def _said(value: object) -> str:
    return "-" if value is None else printable(str(value))


def _emit_one(row: Row, form: str | None, key: str, shown: str, text: Any = None) -> None:
    emit(
        [row],
        form=form or "text",
        key=key,
        gallery=None,
        text=text or (lambda one: printable(str(one[shown]))),
        columns=tuple(row),
    )
