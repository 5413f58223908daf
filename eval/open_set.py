"""Pictures dev/SET/CLASS/* come in; how a rate of false names is kept, and its price, go out.

    python -m eval.open_set [--data FOLDER] [--backbones palette mobilenetv2] [--halves 20]

Half of a set's names are enrolled with five pictures each (genshin three), the other names are
strangers; drawn anew 20 times. For rates of 1, 5 and 10 %: the share of strangers named, and of
known queries rightly named, beside what the best score chosen in hindsight gives in each gallery at
the same rate, what the gallery's own evidence alone gives (strict: nobody is named where it cannot
show the rate), and what one similarity for all galleries gives, chosen on the train sets to name
that share of strangers there. AUROC and OSCR of what is decided on, beside the similarity to the
nearest class mean (a constant threshold) and beside the ratio of distances to the nearest and the
next name's reference (Mendes Junior et al., Machine Learning 2017): in each gallery, where only the
order counts, by set; and with all galleries of all sets thrown together, where scores must mean the
same everywhere: there the p-value stands for us. `compact` learned the train sets: what one
similarity gives there is not what it would give on other pictures. Other backbones than usual are
written to results/open_set_BACKBONE.
"""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.asked import RATES, Asked, ask
from eval.backbones import USUAL, key_of, load, offer_backbones, vectors_of
from eval.galleries import Labels, draw
from eval.open_set_plot import plot
from eval.open_set_report import CONTENDERS, parted, probabilities, rates
from eval.pictures import read_set
from eval.report import interval, write
from eval.sets import SHOTS, TRAIN, Options, read_options
from fewshot.backbones.backbone import Backbone
from fewshot.evaluation.separation import auroc, oscr
from fewshot.rules import RULES

DEV = (
    "hololive20", "genshin89", "pokemon150", "simpsons42", "lol148", "seed4_raw", "ourcar_photo",
    "ourcar_caric", "lfw", "orl40", "grocery81", "tinyimagenet200",
)  # fmt: skip
LARGE, TRAINED = (120, 20), (100, 12)
"""Of a dev set, and a train set, at most so many names and pictures a name (hololive20: 40)."""


def constants(sets: list[list[Asked]]) -> dict[float, float]:
    """Return the similarity that each share of strangers exceeds, each set counting the same."""
    strangers = [np.concatenate([one.similarity[~one.known] for one in asked]) for asked in sets]
    weights = np.concatenate([np.full(len(one), 1.0 / len(one)) for one in strangers])
    together = np.concatenate(strangers)
    order = np.argsort(-together)
    beyond = np.cumsum(weights[order]) / len(sets)
    return {rate: float(together[order][np.searchsorted(beyond, rate)]) for rate in RATES}


def figures(asked: list[Asked], constant: dict[float, float]) -> dict[str, Any]:
    """Return each figure of a set, with its interval by bootstrap over names."""
    whose, known = _all(asked, "whose"), _all(asked, "known")
    right = _all(asked, "right")
    made: dict[str, Any] = {"rates": {}}
    for rate in RATES:
        named = np.concatenate([one.named[rate] for one in asked])
        best = np.concatenate([hindsight(one, rate) for one in asked])
        strict = np.concatenate([one.strict[rate] for one in asked])
        same = _all(asked, "similarity") >= constant[rate]
        made["rates"][str(rate)] = {
            "strangers named": by_name(whose[~known], named[~known]),
            "known rightly named": by_name(whose[known], (named & right)[known]),
            "hindsight": by_name(whose[known], (best & right)[known]),
            "strict: strangers": by_name(whose[~known], strict[~known]),
            "strict: known": by_name(whose[known], (strict & right)[known]),
            "one similarity: strangers": by_name(whose[~known], same[~known]),
            "one similarity: known": by_name(whose[known], (same & right)[known]),
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


def _asked(
    backbone: Backbone, key: tuple[str, str | None], options: Options, folder: Path, halves: int
) -> tuple[dict[str, int], list[Asked]]:
    """Draw halves of a set and ask them; return counts, and what they answered."""
    shots = SHOTS.get(folder.name, 5)
    if folder.parent == options.train:
        some = read_set(folder, at_least=2, most_classes=TRAINED[0], most_pictures=TRAINED[1])
    else:
        most = 40 if folder.name == "hololive20" else LARGE[1]
        some = read_set(folder, at_least=shots + 1, most_classes=LARGE[0], most_pictures=most)
    vectors = vectors_of(some, backbone, options.more.vectors)
    about = f"{backbone.spec.name} {folder.parent.name} {folder.name}"
    print(f"{about}: {len(vectors)} pictures", file=sys.stderr)
    names = (int(some.labels.max()) + 1) // 2
    seeds = [np.random.default_rng([7, turn]) for turn in range(halves)]
    asked = [
        ask(vectors, some.labels, draw(some.labels, names, shots, seed), key, options.more.rule)
        for seed in seeds
    ]
    counts = {"pictures": len(vectors), "names": int(some.labels.max()) + 1, "enrolled": names}
    return counts, asked


def hindsight(one: Asked, rate: float) -> NDArray[np.bool_]:
    """Tell what the best score would name that lets this share of a gallery's strangers by."""
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
        asked_of = partial(_asked, backbone, key_of(backbone), options)
        constant = constants([asked_of(options.train / name, 5)[1] for name in TRAIN])
        sets: dict[str, Any] = {}
        everybody: list[Asked] = []
        for name in DEV:
            counts, asked = asked_of(options.dev / name, options.repeats)
            everybody += asked
            sets[name] = counts | figures(asked, constant)
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
    titles = [] if options.more.backbones == USUAL else options.more.backbones
    rule = [] if options.more.rule == "auto" else [options.more.rule]
    name = "_".join(["open_set", *titles, *rule])
    write(name, result, "\n".join(tables), options.out, about)
    plot(
        {title: result[title]["sets"] for title in options.more.backbones},
        options.out / f"{name}.png",
    )
    return 0


def _offer(parser: argparse.ArgumentParser) -> None:
    offer_backbones(parser)
    parser.add_argument("--rule", default="auto", choices=["auto", *map(str, RULES)])


if __name__ == "__main__":
    sys.exit(main())
