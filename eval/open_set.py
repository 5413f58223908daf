"""Pictures dev/SET/CLASS/* come in; how a rate of false names is kept, and its price, go out.

    python -m eval.open_set [--data FOLDER] [--backbones palette mobilenetv2] [--halves 20]

Half of a set's names are enrolled with five pictures each (genshin three), the other names are
strangers; drawn anew 20 times. For rates of 1, 5 and 10 %: the share of strangers named, and of
known queries rightly named, beside what the best score chosen in hindsight gives in each gallery at
the same rate. AUROC and OSCR of what is decided on, beside the similarity to the nearest class mean
(a constant threshold) and beside the ratio of distances to the nearest and the next name's
reference (Mendes Junior et al., Machine Learning 2017): in each gallery, where only the order
counts, by set; and with all galleries of all sets thrown together, where scores must mean the same
everywhere: there the p-value stands for us.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.backbones import load, measurable, vectors_of
from eval.galleries import Drawn, Labels, Vectors, draw, evidence_of, namer_of
from eval.open_set_plot import plot
from eval.open_set_report import CONTENDERS, parted, probabilities, rates
from eval.pictures import read_set
from eval.report import interval, write
from eval.separation import auroc, oscr
from eval.sets import SHOTS, offer_vectors, read_options
from fewshot.backbones.catalog import same_picture_of
from fewshot.calibration import Calibration
from fewshot.choosing import choose
from fewshot.naming import Naming
from fewshot.rules import RULES, Rule
from fewshot.scoring import NEVER, decision_scores
from fewshot.stranger_model import load_model

DEV = (
    "hololive20", "genshin89", "pokemon150", "simpsons42", "lol148", "seed4_raw", "ourcar_photo",
    "ourcar_caric", "lfw", "orl40", "grocery81", "tinyimagenet200",
)  # fmt: skip
RATES = (0.01, 0.05, 0.1)
LARGE = (120, 20)
"""Of a set at most so many names, and so many pictures a name (hololive: 40)."""


@dataclass(frozen=True)
class Asked:
    """What one gallery answered: known queries first, then strangers."""

    whose: Labels  # (q,)
    known: NDArray[np.bool_]  # (q,) whether the name is enrolled
    right: NDArray[np.bool_]  # (q,) whether the nearest name is the right one
    scores: NDArray[np.float64]  # (q,) decision scores
    surprise: NDArray[np.float64]  # (q,) the p-value at 5 %, negative; ties by the score
    named: dict[float, NDArray[np.bool_]]  # by rate
    basis: dict[float, str]
    similarity: NDArray[np.float64]  # (q,) to the nearest class mean
    ratio: NDArray[np.float64]  # (q,) of distances, next name's over nearest
    ratio_right: NDArray[np.bool_]  # whether the nearest reference is of the right name
    rule: str
    likely: NDArray[np.float64]  # (q,) the probability of the nearest name; NaN where not given


def ask(
    vectors: Vectors, labels: Labels, drawn: Drawn, key: tuple[str, str | None], rule: str
) -> Asked:
    """Enroll the support and ask about everybody else.

    key: backbone and layer. rule: "auto", or one of `fewshot.rules.RULES`.
    """
    support, owners = vectors[drawn.support], labels[drawn.support]
    wanted = None if rule == "auto" else Rule.parse(rule)
    naming = choose(support, owners, partial(load_model, *key), wanted)
    same = same_picture_of(*key)
    namer = namer_of(support, owners, naming, same)
    evidence = evidence_of(namer, support, owners)
    tail = load_model(*key, naming.rule).of(evidence)
    calibrations = {rate: Calibration(evidence, tail, rate=rate) for rate in RATES}
    places = np.concatenate([drawn.known, drawn.strangers])
    queries, whose = vectors[places], labels[places]
    found = [namer.standing(query, 2) for query in queries]
    two = [np.pad(one.scores, (0, 2 - len(one.scores)), constant_values=NEVER) for one in found]
    scores = decision_scores(np.array(two, np.float32)).astype(np.float64)
    nearest, ratio, copied = _references(support, owners, queries)
    names = np.array([int(one.owners[0]) for one in found])
    copies = copied >= same
    names = np.where(copies, nearest, names)
    plain = namer_of(support, owners, Naming(), same)
    p_values = [calibrations[0.05].p_value(score) for score in scores.tolist()]
    return Asked(
        whose=whose,
        known=np.arange(len(places)) < len(drawn.known),
        right=names == whose,
        scores=np.where(copies, 2.0, scores),
        surprise=np.where(copies, 1.0, 1e-9 * scores - np.array(p_values)),
        named={rate: copies | (scores >= one.needed) for rate, one in calibrations.items()},
        basis={rate: one.basis for rate, one in calibrations.items()},
        similarity=np.array([float(plain.standing(one, 1).scores[0]) for one in queries]),
        ratio=ratio,
        ratio_right=nearest == whose,
        rule=str(naming.rule),
        likely=np.array([np.nan if one.share is None else one.share for one in found]),
    )


def _references(
    support: Vectors, owners: Labels, queries: Vectors
) -> tuple[Labels, NDArray[np.float64], NDArray[np.float32]]:
    """Return each query's nearest reference: whose, how clear by distances, and its cosine."""
    similar = queries @ support.T
    row = np.arange(len(queries))
    first = similar.argmax(axis=1)
    nearest, cosine = owners[first], similar[row, first]
    others = np.where(owners[np.newaxis] == nearest[:, np.newaxis], -1.0, similar).max(axis=1)
    distances = [np.sqrt(np.maximum(2.0 - 2.0 * one, 1e-9)) for one in (cosine, others)]
    return nearest, np.asarray(distances[1] / distances[0], np.float64), cosine


def figures(asked: list[Asked]) -> dict[str, Any]:
    """Return each figure of a set, with its interval by bootstrap over names."""
    whose, known = _all(asked, "whose"), _all(asked, "known")
    right = _all(asked, "right")
    made: dict[str, Any] = {"rates": {}}
    for rate in RATES:
        named = np.concatenate([one.named[rate] for one in asked])
        best = np.concatenate([_hindsight(one, rate) for one in asked])
        made["rates"][str(rate)] = {
            "strangers named": by_name(whose[~known], named[~known]),
            "known rightly named": by_name(whose[known], (named & right)[known]),
            "hindsight": by_name(whose[known], (best & right)[known]),
            "on own evidence": float(np.mean([one.basis[rate] != "prior" for one in asked])),
        }
    for name, (score, hit) in CONTENDERS.items():
        parted = [separation([one], score, hit) for one in asked]
        made[name] = {
            of: [float(np.mean(all_of)), *interval(all_of, of=np.mean)]
            for of, all_of in (
                ("auroc", [one["auroc"] for one in parted]),
                ("oscr", [one["oscr"] for one in parted]),
            )
        }
    made["probability"] = reliability(_all(asked, "likely")[known], right[known])
    made["no rejection"] = by_name(whose[known], right[known])
    rules = [one.rule for one in asked]
    made["rules"] = {rule: rules.count(rule) for rule in sorted(set(rules))}
    return made


def separation(asked: list[Asked], score: str, hit: str) -> dict[str, float]:
    """Return AUROC and OSCR of a score, all queries of these galleries thrown together."""
    known, scores, right = _all(asked, "known"), _all(asked, score), _all(asked, hit)
    return {
        "auroc": auroc(scores[known], scores[~known]),
        "oscr": oscr(scores[known], right[known], scores[~known]),
    }


def reliability(likely: NDArray[np.float64], right: NDArray[np.bool_]) -> dict[str, float]:
    """Return how probable the nearest name was called and how often it was right, where told.

    error: the expected calibration error over ten bins (Guo et al., ICML 2017).
    """
    told = np.isfinite(likely)
    if not told.any():
        return {"n": 0}
    said, hits = likely[told], right[told].astype(np.float64)
    bins = np.minimum((said * 10).astype(int), 9)
    gaps = np.bincount(bins, said - hits, 10)
    return {
        "n": int(told.sum()),
        "said": float(said.mean()),
        "right": float(hits.mean()),
        "error": float(np.abs(gaps).sum() / told.sum()),
        "highest": float(said.max()),
    }


def by_name(whose: Labels, hits: NDArray[np.bool_]) -> list[float]:
    """Return the mean over names of each name's rate, and its 95 % interval."""
    rates = [float(hits[whose == name].mean()) for name in np.unique(whose)]
    return [float(np.mean(rates)), *interval(rates, of=np.mean)]


def _hindsight(one: Asked, rate: float) -> NDArray[np.bool_]:
    strangers = np.sort(one.scores[~one.known])
    best = strangers[len(strangers) - 1 - int(rate * len(strangers))]
    return np.asarray(one.scores > best)


def _all(asked: list[Asked], what: str) -> NDArray[Any]:
    return np.concatenate([getattr(one, what) for one in asked])


def main() -> int:
    """Measure, print, write, plot."""
    options = read_options(__doc__, repeats=20, what="halves", also=_offer)
    result: dict[str, Any] = {"halves": options.repeats, "rule": options.more.rule}
    tables = []
    for title in options.more.backbones:
        backbone = load(title)
        layer = backbone.blueprint.layer if backbone.blueprint else None
        sets: dict[str, Any] = {}
        everybody: list[Asked] = []
        for name in DEV:
            shots = SHOTS.get(name, 5)
            most = 40 if name == "hololive20" else LARGE[1]
            some = read_set(
                options.dev / name, at_least=shots + 1, most_classes=LARGE[0], most_pictures=most
            )
            vectors = vectors_of(some, backbone, options.more.vectors)
            print(f"{title} {name}: {len(vectors)} pictures", file=sys.stderr)
            names = (int(some.labels.max()) + 1) // 2
            asked = [
                ask(
                    vectors,
                    some.labels,
                    draw(some.labels, names, shots, np.random.default_rng([7, turn])),
                    (backbone.spec.name, layer),
                    options.more.rule,
                )
                for turn in range(options.repeats)
            ]
            everybody += asked
            counts = {"pictures": len(vectors), "names": int(some.labels.max()) + 1}
            sets[name] = counts | {"enrolled": names} | figures(asked)
        together = {
            name: separation(everybody, "surprise" if name == "ours" else score, hit)
            for name, (score, hit) in CONTENDERS.items()
        }
        result[title] = {"sets": sets, "together": together}
        tables += [f"## {title}", "", rates(sets), "", parted(sets, together), ""]
        tables += [probabilities(sets), ""]
    about = (
        f"{options.repeats} random halves a set; means over names, 95 % intervals by bootstrap "
        "over the names. Own: share of galleries that rest on their own evidence at that rate."
    )
    name = "open_set" if options.more.rule == "auto" else f"open_set_{options.more.rule}"
    write(name, result, "\n".join(tables), options.out, about)
    plot(
        {title: result[title]["sets"] for title in options.more.backbones},
        options.out / f"{name}.png",
    )
    return 0


def _offer(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--backbones", nargs="+", choices=list(measurable()), default=["palette", "mobilenetv2"]
    )
    parser.add_argument("--rule", default="auto", choices=["auto", *map(str, RULES)])
    offer_vectors(parser)


if __name__ == "__main__":
    sys.exit(main())
