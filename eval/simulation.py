"""Made-up identities come in, drawn anew; the share of strangers that get a name goes out.

    python -m eval.simulation [--repeats 200] [--out FOLDER]

Galleries of 10, 100 and 1,000 identities with three references each; 200 new strangers with one
picture each, and 200 new pictures of the enrolled, are shown to each. Named by the product's own
means: its evidence, and `Calibration` strict (on the gallery's own evidence alone) and as it is by
default (below what a gallery can show, on shares measured on real pictures, which know nothing of
made-up vectors). Beside them one constant similarity, chosen so that in galleries of 10 the target
share of strangers gets a name. Then the same with one reference a name, and with 1 to 10, and
there with each picture as a block of its own. Strangers shown to one gallery share it, so errors
are those between galleries: a target counts as kept where the mean over galleries less 1.645
standard errors is not above it. Needs no pictures. Ends with 1 where strict misses 1 or 5 % at 100
or 1,000 identities.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from eval.galleries import Labels, Vectors
from eval.made_identities import World
from eval.report import RESULTS, write
from eval.simulation_report import plot, table
from fewshot.calibration import Calibration
from fewshot.evaluation.in_memory import evidence_of, namer_of
from fewshot.rules import Rule
from fewshot.scoring import References, best_two, decision_scores, scores
from fewshot.standing import Namer
from fewshot.stranger_model import load_model

SIZES = (10, 100, 1_000)
TARGETS = (0.01, 0.05)
ASKED = 200
STRICT, DEFAULT, UNBLOCKED, CONSTANT = "strict", "default", "pictures alone", "constant"
SHOWN = "the lowest it shows"
EVEN, ONE, UNEVEN = (3, 3), (1, 1), (1, 10)
"""The fewest and the most references a name."""


@dataclass(frozen=True)
class Told:
    """One gallery: what was found of the strangers shown to it, and of the known."""

    asked: float  # the rate
    strangers: float  # the share that got a name
    known: float  # the share rightly named
    basis: str
    tightest: float
    supported: bool


@dataclass(frozen=True)
class Answers:
    """The nearest names of some queries."""

    scores: NDArray[np.float32]  # (q,) decision scores
    similarity: NDArray[np.float32]  # (q,) to the nearest class mean
    names: Labels  # (q,)


@dataclass(frozen=True)
class Shown:
    """One gallery's answers."""

    strangers: Answers
    known: Answers
    right: NDArray[np.bool_]  # (q,) of the known, whether the nearest name is the right one

    def told(
        self, rate: float, needed: float, of: str = "scores", about: Calibration | None = None
    ) -> Told:
        """Say who is named, where a name needs so much."""
        return Told(
            asked=rate,
            strangers=float((getattr(self.strangers, of) >= needed).mean()),
            known=float(((getattr(self.known, of) >= needed) & self.right).mean()),
            basis=about.basis if about else "threshold",
            tightest=about.tightest if about else 0.0,
            supported=about.supported if about else True,
        )


Found: TypeAlias = "dict[tuple[str, str], Told]"
"""What was asked, and the method."""


def show(identities: int, references: tuple[int, int], seed: list[int]) -> tuple[Shown, Found]:
    """Draw a gallery, strangers and known queries; return the answers, and who is named."""
    rng = np.random.default_rng(seed)
    world = World.anew(rng)
    enrolled = world.identities(rng, identities)
    counts = rng.integers(references[0], references[1] + 1, identities)
    owners = np.repeat(np.arange(identities), counts)
    support = enrolled.pictures(rng, owners)
    strangers = world.identities(rng, ASKED).pictures(rng, np.arange(ASKED))
    whose = rng.integers(0, identities, ASKED)
    namer = namer_of(support, owners, Rule())
    everybody = References(support, owners, identities)
    known = answers(everybody, enrolled.pictures(rng, whose), namer)
    shown = Shown(answers(everybody, strangers, namer), known, known.names == whose)
    evidence = evidence_of(namer, support, owners)
    apart = replace(evidence, owners=np.arange(len(evidence.owners)))
    tail = load_model("palette", None, Rule()).of(evidence)
    found = {}
    lowest = Calibration(evidence, tail, rate=0.5, strict=True).tightest
    asked = {f"{100 * target:.0f} %": target for target in TARGETS}
    for title, rate in (asked | ({SHOWN: lowest} if lowest > max(TARGETS) else {})).items():
        for method, about, strict in (
            (STRICT, evidence, True),
            (DEFAULT, evidence, False),
            (UNBLOCKED, apart, True),
        ):
            calibration = Calibration(about, tail, rate=rate, strict=strict)
            found[title, method] = shown.told(rate, calibration.needed, about=calibration)
    return shown, found


def answers(everybody: References, queries: Vectors, namer: Namer) -> Answers:
    """Ask about all queries at once; the first few as the product does, to see that it agrees."""
    places, two = best_two(scores("mean", everybody, queries))
    found = Answers(decision_scores(two), two[:, 0], places[:, 0])
    for row, query in enumerate(queries[:3]):
        standing = namer.standing(query, 2)
        alone = decision_scores(standing.scores[np.newaxis])[0]
        assert abs(float(alone - found.scores[row])) < 1e-5
    return found


def constant_thresholds(galleries: int) -> dict[float, float]:
    """Return the similarity that each target share of strangers reaches in galleries of 10."""
    near = [show(SIZES[0], EVEN, [1, turn])[0].strangers.similarity for turn in range(galleries)]
    return {target: float(np.quantile(np.concatenate(near), 1 - target)) for target in TARGETS}


def rows_of(
    identities: int,
    references: tuple[int, int],
    repeats: int,
    constant: dict[float, float] | None = None,
) -> list[dict[str, Any]]:
    """Repeat; return a row a target and method."""
    all_found: dict[tuple[str, str], list[Told]] = defaultdict(list)
    for turn in range(repeats):
        shown, found = show(identities, references, [2, identities, references[1], turn])
        for target, threshold in (constant or {}).items():
            title = f"{100 * target:.0f} %"
            found[title, CONSTANT] = shown.told(target, threshold, "similarity")
        for key, one in found.items():
            all_found[key].append(one)
    about = {"identities": identities, "references": list(references)}
    made = [about | _row(title, method, told) for (title, method), told in all_found.items()]
    print(f"{identities:,} identities, {references} references: done", file=sys.stderr)
    return sorted(made, key=lambda row: (row["target"], METHODS.index(row["method"])))


METHODS = (STRICT, DEFAULT, UNBLOCKED, CONSTANT)


def _row(title: str, method: str, told: list[Told]) -> dict[str, Any]:
    rates = np.array([one.strangers for one in told])
    mean, error = float(rates.mean()), float(rates.std(ddof=1) / np.sqrt(len(rates)))
    asked = np.array([one.asked for one in told])
    target, over = float(asked.mean()), rates - asked
    kept = bool(over.mean() - 1.645 * over.std(ddof=1) / np.sqrt(len(over)) <= 0.0)
    verdict = "kept" if mean <= target else "kept within error" if kept else "not kept"
    supported = float(np.mean([one.supported for one in told]))
    if method == DEFAULT and supported < 1.0:
        verdict += ", an estimate"
    elif supported < 1.0:
        best = 100 * float(np.mean([one.tightest for one in told]))
        refused = f"refused (exit 6): shows {best:.1f} % at best"
        verdict = refused if not supported else f"{1 - supported:.0%} {refused}; {verdict}"
    return {
        "asked": title,
        "target": target,
        "method": method,
        "galleries": len(told),
        "strangers": len(told) * ASKED,
        "named": mean,
        "standard_error": error,
        "low": mean - 1.96 * error,
        "high": mean + 1.96 * error,
        "known_rightly_named": float(np.mean([one.known for one in told])),
        "basis": sorted({one.basis for one in told}),
        "supported": supported,
        "kept": kept,
        "verdict": verdict,
    }


def main() -> int:
    """Measure, print, write, plot."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=200)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    constant = constant_thresholds(2 * options.repeats)
    even = [row for n in SIZES for row in rows_of(n, EVEN, options.repeats, constant)]
    even = [row for row in even if row["method"] != UNBLOCKED]
    other = [
        row for n in SIZES for many in (ONE, UNEVEN) for row in rows_of(n, many, options.repeats)
    ]
    other = [row for row in other if row["method"] != UNBLOCKED or row["references"] != list(ONE)]
    missed = [
        row for row in even
        if row["method"] == STRICT and row["identities"] > SIZES[0] and not row["kept"]
    ]  # fmt: skip
    page = (
        f"## Three references a name\n\n{table(even)}\n\n"
        f"## One reference a name; 1 to 10, unevenly\n\n{table(other)}"
    )
    about = (
        "Means over galleries, 95 % intervals by the standard error between galleries (1.96). "
        "Kept: the mean less 1.645 standard errors is not above the rate asked. Pictures alone: "
        "strict, but with each reference as a block of its own. Constant: a similarity of "
        + " and ".join(f"{one:.3f} for {100 * at:.0f} %" for at, one in constant.items())
        + f", chosen in {2 * options.repeats} other galleries of {SIZES[0]}."
    )
    result = {"constant": {str(at): one for at, one in constant.items()}}
    write("simulation", result | {"even": even, "other": other}, page, options.out, about)
    plot(even, options.out / "simulation.png")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
