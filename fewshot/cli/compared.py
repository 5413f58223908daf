"""What is to be compared comes in; the comparison, on standard output and as a page, goes out."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fewshot.cli.output import emit, laid_out, note, printable, shown_path
from fewshot.cli.progress import Terminal
from fewshot.errors import CannotWrite
from fewshot.written import written_whole

if TYPE_CHECKING:
    from fewshot.backbones.choice import BackboneChoice
    from fewshot.evaluation.report import Evaluation

_COLUMNS = (
    "protocol", "view", "ways", "shots", "episodes", "backbone", "contender", "n", "pictures",
    "classes", "chance", "stamp", "accuracy.value", "accuracy.low", "accuracy.high",
    "difference.value", "difference.low", "difference.high", "difference_from", "with_leaks.value",
    "with_leaks.low", "with_leaks.high", "leaked", "plain.right", "plain.n",
    "plain_with_leaks.right", "plain_with_leaks.n",
    "top5.value", "top5.low", "top5.high", "macro_f1.value", "macro_f1.low", "macro_f1.high",
    "ece.value", "ece.low", "ece.high",
    "open.strangers",
    *(
        f"open.{what}.{part}"
        for what in ("auroc", "oscr", "known_at_rate", "false_names", "rightly_named")
        for part in ("value", "low", "high")
    ),
)  # fmt: skip
_ONE_THREAD = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
_UNREADABLE = 3
_READING = (
    "accuracy: every name counts the same. difference: from the baseline, in the same draws.",
    "[ ]: 95 % intervals by resampling names. ECE: how far probabilities are off, where they are",
    "given. fit: to learn from what is enrolled. MB: what is kept of it. AUROC: how often a known",
    "picture stands above a stranger's; OSCR: and is rightly named. best bar: chosen in hindsight.",
)


def run_comparison(
    folder: Path,
    *,
    threads: int | None,
    form: str | None,
    methods: str | None = None,
    backbones: Sequence[str] = (),
    protocols: str | None = None,
    shots: str | None = None,
    html: Path | None = None,
    times: Path | None = None,
    no_cache: bool = False,
    **given: Any,
) -> int:
    """Compare, say what came of it, and return the exit code."""
    for path in (html, times):
        if path is not None and not os.path.isdir(path.absolute().parent):
            raise CannotWrite(path, "there is no such folder", "report")
    for name in _ONE_THREAD:  # episodes are asked side by side instead, and give the same bytes
        os.environ.setdefault(name, "1")
    from fewshot.evaluation.errors import EvaluationInterrupted
    from fewshot.evaluation.evaluate import evaluate

    try:
        done = evaluate(
            folder,
            methods=_listed(methods),
            backbones=choices_of(backbones) or None,
            protocols=_listed(protocols),
            shots=_numbers(shots),
            threads=threads,
            cache=not no_cache,
            watch=Terminal(),
            **given,
        )
    except KeyboardInterrupt as error:
        raise EvaluationInterrupted(not no_cache) from error
    for source, reason in done.refused:
        note(f"passed over {source}: {reason}")
    told = done.to_dict()
    rows = told.pop("results") if form else [{"text": _text(done, told["verdict"])}]
    told.pop("schema")
    emit(
        rows, form=form or "text", key="results", gallery=None, text=lambda row: str(row["text"]),
        columns=_COLUMNS, about=told,
    )  # fmt: skip
    if html is not None:
        _write(html, done.to_html())
    if times is not None:
        _write(times, json.dumps({"schema": 1, "times": done.times}, indent=2) + "\n")
    return _UNREADABLE if done.refused else 0


def choices_of(texts: Sequence[str]) -> list[str | BackboneChoice]:
    """Read backbones as they are typed: names, each followed by its options; all by commas."""
    from fewshot.backbones.choice import BackboneChoice

    found: list[tuple[str, dict[str, Any]]] = []
    for part in (part.strip() for text in texts for part in text.split(",")):
        option, is_option, value = part.partition("=")
        if not part:
            continue
        if not is_option or part.startswith("file:"):
            found.append((part, {}))
            continue
        known = ("weights", "layer", "size", "precision", "preprocessing")
        if option not in known or not found:
            raise click.UsageError(
                f"--backbones: {part!r} is no option of a backbone; there is {', '.join(known)}, "
                "after its name"
            )
        if option == "size" and not value.isdecimal():
            raise click.UsageError(f"--backbones: size is a number of pixels, not {value!r}")
        found[-1][1][option] = int(value) if option == "size" else value
    return [BackboneChoice(name, **options) if options else name for name, options in found]


def _listed(text: str | None) -> list[str] | None:
    return None if text is None else [part for one in text.split(",") if (part := one.strip())]


def _numbers(text: str | None) -> list[int] | None:
    parts = _listed(text)
    if parts is None:
        return None
    if not parts or not all(part.isdecimal() and len(part) < 7 for part in parts):
        raise click.UsageError(f"--shots takes numbers, as in 1,5,10, not {text!r}")
    return [int(part) for part in parts]


def _write(path: Path, text: str) -> None:
    with written_whole(path, "report") as file:
        file.write(text.encode("utf-8", "backslashreplace"))
    note(f"wrote {shown_path(str(path))}")


def _text(done: Evaluation, verdict: Sequence[str]) -> str:
    """Lay out the tables for a terminal, the best first."""
    from fewshot.evaluation.tables import leak_lines, stamps, terminal_tables

    samples = done.samples
    lines = [f"{len(samples):,} pictures, {len(samples.names):,} names"]
    for table in terminal_tables(done):
        lines += ["", click.style(printable(table.heading), bold=True)]
        lines += laid_out([table.head, *table.rows])
    lines.append("")
    lines += [f"- {printable(one)}" for one in verdict]
    lines += [f"- {printable(one)}" for one in (*done.notes, *leak_lines(done, most=5))]
    lines += [f"- {printable(one)}" for one in stamps(done)]
    lines += ["", *_READING]
    return "\n".join(lines)
