"""`fewshot models info file:MODEL`: a trained model comes in; what it says of itself goes out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from fewshot.cli.output import Row, emit, printable

_TOLD = ("kind", "metrics", "stranger_lift", "settings", "data", "versions", "parity")


def show_trained(path: Path, form: str | None) -> int:
    """Print it; raises BundleRefused."""
    from fewshot.bundles.bundle import read_bundle
    from fewshot.bundles.keeping import kept_copy

    made = read_bundle(path)
    copy = kept_copy(made)
    about = {name: made.about.get(name) for name in _TOLD}
    if isinstance(about["metrics"], Mapping):
        about["metrics"] = {
            name: value for name, value in about["metrics"].items() if name != "confusion"
        }
    row = {
        "path": str(path),
        "made_from": made.base.source,
        "license": made.base.license,
        "classes": list(made.labels),
        "d": made.head.d,
        "fingerprint": made.fingerprint,
        "head": made.head.fingerprint,
        "copy": str(copy) if copy.is_file() else None,
        **about,
    }
    emit([row], form=form or "text", key="models", gallery=None, text=_text, columns=tuple(row))
    return 0


def _text(row: Row) -> str:
    told = dict(row) | {"classes": f"{len(row['classes'])}: {', '.join(row['classes'])}"}
    return "\n".join(f"{name}: {_said(value)}" for name, value in told.items())


def _said(value: object) -> str:
    if isinstance(value, Mapping):
        parts = (f"{name} {_said(one)}" for name, one in value.items() if one not in (None, {}))
        return ", ".join(parts)
    if isinstance(value, list):
        return " to ".join(map(_said, value))
    return printable(str(value))
