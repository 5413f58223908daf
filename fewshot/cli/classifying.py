"""`fewshot match --model`: pictures come in; the class of each, by a trained model, goes out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fewshot.cli.output import Row, emit, note, printable
from fewshot.cli.progress import Terminal, progress_bar

if TYPE_CHECKING:
    from fewshot.classifier import Classification

COLUMNS = ("query", "status", "name", "guess", "probability", "error")


def classify(
    model: Path,
    pictures: Iterable[Path],
    total: int,
    *,
    at_least: float,
    k: int,
    threads: int | None,
    form: str | None,
) -> int:
    """Print which class each picture is of; return the exit code."""
    from fewshot.classifier import Classifier
    from fewshot.embedder import Refusal

    classifier = Classifier.open(model, watch=Terminal())
    counts: Counter[str] = Counter()
    with progress_bar("classifying", total) as advance:

        def rows() -> Iterator[Row]:
            for one in classifier.classify_all(pictures, at_least=at_least, threads=threads):
                row = _refused(one) if isinstance(one, Refusal) else _row(one, k, at_least)
                counts[row["status"]] += 1
                advance()
                yield row

        emit(
            rows(), form=form or "text", key="matches", gallery=None, text=_text, columns=COLUMNS,
            about={"model": str(model)},
        )  # fmt: skip
    if not form and sum(counts.values()) > 1:
        told = {"known": "classified"}
        note(", ".join(f"{n} {told.get(one, one)}" for one, n in sorted(counts.items())))
    if not form and at_least == 0.0 and counts:
        note(
            f"a model answers one of its {len(classifier.labels)} classes, whoever is shown; for "
            f"strangers to be told, enroll with --backbone file:{model}"
        )
    if "unreadable" in counts:
        return 3
    return 1 if "unknown" in counts else 0


def _row(one: Classification, k: int, at_least: float) -> Row:
    return {
        "query": one.query,
        "status": one.status,
        "name": one.name,
        "guess": one.guess,
        "probability": round(one.probability, 6),
        "at_least": at_least,
        "ranking": [
            {"name": name, "probability": round(chance, 6)} for name, chance in one.ranking[:k]
        ],
        "box": [one.box.x, one.box.y, one.box.width, one.box.height],
        "error": None,
    }


def _refused(refusal: object) -> Row:
    return {
        "query": getattr(refusal, "source", ""),
        "status": "unreadable",
        **dict.fromkeys(("name", "guess", "probability", "at_least")),
        "ranking": [],
        "box": None,
        "error": getattr(refusal, "reason", ""),
    }


def _text(row: Row) -> str:
    query = printable(row["query"])
    if row["status"] == "unreadable":
        return f"{query}: {click.style('unreadable', fg='red')}: {printable(row['error'])}"
    guess, chance = printable(row["guess"]), f"{row['probability']:.2f}"
    if row["status"] == "unknown":
        needed = f"{row['at_least']:g} needed"
        return (
            f"{query}: {click.style('unknown', fg='yellow')}; likeliest {guess} {chance}, {needed}"
        )
    others = row["ranking"][1:2]
    after = "".join(f" (next {printable(o['name'])} {o['probability']:.2f})" for o in others)
    return f"{query}: {click.style(guess, fg='green', bold=True)} {chance}{after}"
