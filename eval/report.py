"""A bench's numbers come in; JSON and a Markdown table, with machine and intervals, go out."""

from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

RESULTS = Path(__file__).parent / "results"
RESAMPLES = 2000
REPEATS = "Medians with 95 % intervals (bootstrap over the repeats)."
_PACKAGES = {"fewshot": "fewshot", "numpy": "numpy", "pillow": "pillow", "faiss": "faiss-cpu"}


def machine() -> dict[str, Any]:
    """Return what the numbers were measured with: versions, processor, usable cores, date."""
    return {
        "date": datetime.now(timezone.utc).date().isoformat(),
        "python": platform.python_version(),
        **{short: _version(package) for short, package in _PACKAGES.items()},
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": _cores(),
    }


def interval(
    values: Sequence[float],
    seed: int = 0,
    of: Callable[..., Any] = np.median,
) -> tuple[float, float]:
    """Return the 95 % bootstrap percentile interval of a statistic over repeats.

    of: `np.median` or `np.mean`, or any function that takes an array and `axis`.
    """
    if not len(values):
        raise ValueError("an interval needs at least one value")
    data = np.asarray(values, np.float64)
    draws = np.random.default_rng(seed).integers(0, len(data), (RESAMPLES, len(data)))
    low, high = np.percentile(of(data[draws], axis=1), (2.5, 97.5))
    return float(low), float(high)


def summary(values: Sequence[float], seed: int = 0) -> dict[str, Any]:
    """Return n, the median, its interval and the values themselves, ready to be written."""
    low, high = interval(values, seed)
    middle = float(np.median(values))
    return {"n": len(values), "median": middle, "low": low, "high": high, "values": list(values)}


def spread(numbers: dict[str, Any], digits: int = 3) -> str:
    """Say a summary in a table's cell: median [low, high]."""
    middle, low, high = (f"{numbers[key]:.{digits}f}" for key in ("median", "low", "high"))
    return f"{middle} [{low}, {high}]"


def markdown(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Lay out a Markdown table; the first column is text, the others stand to the right."""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def write(
    name: str, result: dict[str, Any], table: str, out: Path = RESULTS, about: str = REPEATS
) -> None:
    """Write OUT/NAME.json and OUT/NAME.md, each with the machine; print the latter.

    about: a sentence under the table, that says what the intervals are.
    """
    where = machine()
    out.mkdir(parents=True, exist_ok=True)
    document = {"bench": name, "machine": where, **result}
    text = _rows_on_lines(json.dumps(document, indent=1, ensure_ascii=False)) + "\n"
    (out / f"{name}.json").write_text(text, encoding="utf-8")
    versions = ", ".join(f"{key} {where[key]}" for key in ("python", *_PACKAGES))
    page = (
        f"# {name}\n\n{table}\n\n{about} "
        f"{where['date']}; {where['system']}, {where['processor']}, {where['cores']} core(s); "
        f"{versions}.\n"
    )
    (out / f"{name}.md").write_text(page, encoding="utf-8")
    print(page, end="")


def _rows_on_lines(text: str) -> str:
    """Bring what holds no other list or object onto one line, so that a row is a line."""
    flat = re.compile(r"([\[{])\n\s*([^\[\]{}]*?)\n\s*([\]}])")
    for _ in range(2):
        text = flat.sub(lambda found: found[1] + re.sub(r"\n\s*", " ", found[2]) + found[3], text)
    return text


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or "unknown"
