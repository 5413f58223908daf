"""What was measured comes in; one document, ready for JSON, goes out."""

from __future__ import annotations

from typing import Any

import numpy as np

from fewshot.evaluation.measured import Measured
from fewshot.evaluation.verdict_sentences import verdict_on

SCHEMA = 1
_MOST_PAIRS = 1_000


def document_of(done: Measured) -> dict[str, Any]:
    """Return all figures; the same seed gives the same, on any number of cores."""
    samples = done.samples
    counts = np.bincount(samples.labels[samples.enrolls], minlength=len(samples.names))
    counts, heading = counts[counts > 0], done.heading()
    return {
        "schema": SCHEMA,
        "data": {
            "pictures": len(samples),
            "names": len(samples.names),
            "fewest": int(counts.min()),
            "most": int(counts.max()),
            "sha256": samples.digest,
            "test_pictures": int((~samples.enrolls).sum()) or None,
        },
        "seed": done.seed,
        "rate": done.rate,
        "baseline": done.baseline,
        "backbones": [one.to_mapping() for one in done.backbones],
        "verdict": verdict_on(done),
        "notes": list(done.notes),
        "refused": [{"source": source, "reason": reason} for source, reason in done.refused],
        "leaks": leaks_of(done),
        "results": [
            one.to_mapping(samples.names) | {"headline": one in heading} for one in done.results
        ],
        "versions": done.versions,
    }


def leaks_of(done: Measured) -> dict[str, Any]:
    """Return which pictures are one, or nearly, at most 1,000 pairs."""
    shown = done.samples.shown
    return {
        "equal": sum(one.kind == "equal" for one in done.twins),
        "near": sum(one.kind == "near" for one in done.twins),
        "pairs": [
            {"one": shown(one.one), "other": shown(one.other), "kind": one.kind}
            for one in done.twins[:_MOST_PAIRS]
        ],
    }
