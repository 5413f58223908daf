"""A sign of a fault comes in; what it says to people, and what they can do, goes out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

_ADVICE = {
    "mislabeled": "look at it; --apply puts it into quarantine, then enroll it under its own name",
    "copy-across": "one of the two names is wrong for it: look which",
    "outlier": "look at it: wrong picture, or a rare view that you want? --apply --only outlier",
    "blurred": "a sharper picture helps more; --apply --only blurred puts it into quarantine",
    "tiny": "a larger picture helps more; --apply --only tiny puts it into quarantine",
    "copy": "harmless, and teaches nothing new; --apply --only copy puts it into quarantine",
}


def words(
    kind: str,
    sources: Sequence[str],
    names: Sequence[str],
    score: float,
    own: float,
    other: float,
) -> str:
    """Say what was found.

    own, other: cosines of the first reference to the mean of its own name without it, and of the
    last one of `names`.
    """
    files = [_file(source) for source in sources]
    if kind == "mislabeled":
        return (
            f"{files[0]} is enrolled as {names[0]} but stands with {names[1]} "
            f"({other:.2f} against {own:.2f}; {min(99.0, 100 * score):.0f} % sure it is not "
            f"{names[0]})"
        )
    if kind == "same-identity":
        return f"{names[0]} and {names[1]} cannot be told apart: are they one?"
    if kind == "copy-across":
        return (
            f"{files[0]} of {names[0]} is the same picture as {files[1]} of {names[1]} "
            f"({score:.3f} alike)"
        )
    if kind == "copy":
        return f"{files[0]} of {names[0]} is nearly the same picture as {files[1]} ({score:.3f})"
    if kind == "outlier":
        return f"{files[0]} stands neither with {names[0]} ({own:.2f}) nor with anybody else"
    if kind == "blurred":
        return f"{files[0]} of {names[0]} is blurred: {score:.0f} times less sharp than is usual"
    return f"{files[0]} of {names[0]} is tiny: {-score:.0f} pixels on its shorter side"


def advice(kind: str, names: Sequence[str]) -> str:
    """Say what can be done about it."""
    if kind == "same-identity":
        one, other = names
        return (
            f"if they are one: enroll the pictures of {other} with --name {one}, then "
            f"fewshot forget {other} (rename does not join two names)"
        )
    return _ADVICE[kind]


def _file(source: str) -> str:
    return source if source.startswith("<") else Path(source).name
