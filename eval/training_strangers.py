"""Pictures SET/CLASS/* come in; how many strangers galleries in a trained space name goes out.

    python -m eval.training_strangers [--data FOLDER] [--draws 3] [--vectors FOLDER] [--out ...]

Heads on MobileNetV2 are trained on ten pictures of each of 45, 20 or 10 names of a set of train
pictures, the same pictures are enrolled in the trained space, and strangers are pictures of names
that were neither trained on nor enrolled. Beside each other: the gallery without training, the
trained one with its own names playing strangers as they are, and with the lift that was measured in
training by leaving names out.
"""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.backbones import Vectors, key_of, load, vectors_of
from eval.galleries import Labels, draw
from eval.pictures import read_set
from eval.report import markdown, write
from eval.sets import offer_vectors, read_options
from fewshot.calibration import Calibration, lifted
from fewshot.evaluation.in_memory import evidence_of, namer_of
from fewshot.heads.estimator import HeadEstimator
from fewshot.heads.softmax import SoftmaxHead
from fewshot.heads.triplet import TripletHead
from fewshot.interval import wilson
from fewshot.rules import SIMPLEST
from fewshot.scoring import decision_scores
from fewshot.stranger_model import UNMEASURED, load_model
from fewshot.training.strangers import Places, Space, stranger_lift

SET = "pokemon150"
NAMES, SHOTS, MOST = (45, 20, 10), 10, 40
RATES = (0.01, 0.05, 0.1)
HEADS: dict[str, type[HeadEstimator]] = {"softmax head": SoftmaxHead, "triplet head": TripletHead}
BARE, LIFTED = "as they are", "lifted"


def _again(
    kind: type[HeadEstimator], seed: int, x: Vectors, places: Places, labels: Labels
) -> Space:
    head = kind(seed=seed).fit(x[places], labels)
    return lambda asked: head.transform(x[asked])


def asked(
    vectors: Vectors, labels: Labels, names: int, seed: int, kind: type[HeadEstimator] | None
) -> dict[str, Any]:
    """Return, for one gallery, hits and trials of strangers and of known names."""
    drawn = draw(labels, names, SHOTS, np.random.default_rng(seed))
    enrolled = np.unique(labels[drawn.support])
    own = np.searchsorted(enrolled, labels[drawn.support])
    x, lift = vectors[drawn.support], 0.0
    inside = vectors
    if kind:
        inside = kind(seed=seed).fit(x, own).transform(vectors)
        lift = stranger_lift(own, partial(_again, kind, seed, x), seed=seed) or 0.0
    namer = namer_of(inside[drawn.support], own, SIMPLEST)
    evidence = evidence_of(namer, inside[drawn.support], own)
    key = ("mobilenetv2", "out_relu") if kind is None else (UNMEASURED, None)
    tail = load_model(*key, SIMPLEST).of(evidence)
    truth = np.searchsorted(enrolled, labels[drawn.known])
    who, known = _answers(namer, inside[drawn.known])
    _, strangers = _answers(namer, inside[drawn.strangers])
    found: dict[str, Any] = {"lift": lift}
    for title, by in ((BARE, 0.0), (LIFTED, lift))[: 2 if kind else 1]:
        for rate in RATES:
            needed = Calibration(lifted(evidence, by), tail, rate=rate).needed
            right = int(np.sum((who == truth) & (known >= needed)))
            found[f"{title} {rate}"] = (
                (int(np.sum(strangers >= needed)), len(strangers)),
                (right, len(truth)),
            )
    return found


def _answers(namer: Any, queries: Vectors) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return who is nearest, and the decision score, of each query."""
    standings = [namer.standing(query, 2) for query in queries]
    best = np.stack([one.scores[:2] for one in standings])
    return np.array([one.owners[0] for one in standings]), decision_scores(best)


def main() -> int:
    """Measure, print, write; 1 where lifted galleries name clearly more strangers than asked."""
    options = read_options(__doc__, repeats=3, what="draws", also=offer_vectors)
    pictures = read_set(options.train / SET, at_least=SHOTS + 1, most_pictures=MOST)
    backbone = load("mobilenetv2")
    assert key_of(backbone) == ("mobilenetv2", "out_relu")
    vectors = vectors_of(pictures, backbone, options.more.vectors)
    rows, result, missed = [], [], False
    for names in NAMES:
        for title, kind in {"without training": None, **HEADS}.items():
            print(names, title, file=sys.stderr)
            drawn = [
                asked(vectors, pictures.labels, names, seed, kind)
                for seed in range(options.repeats)
            ]
            lift = float(np.mean([one["lift"] for one in drawn]))
            for how in (BARE, LIFTED)[: 2 if kind else 1]:
                cells, told = [], {}
                for rate in RATES:
                    both = [_together([one[f"{how} {rate}"][i] for one in drawn]) for i in (0, 1)]
                    cells += [_said(*one) for one in both]
                    told[str(rate)] = {"strangers": both[0], "known": both[1]}
                    missed |= how == LIFTED and wilson(*both[0])[0] > 1.5 * rate
                rows.append([f"{names} names, {title}", how if kind else "", f"{lift:.2f}", *cells])
                result.append(
                    {"names": names, "head": title, "own": how, "lift": lift, "rates": told}
                )
    head = ["gallery", "own names", "lift"]
    for rate in RATES:
        head += [f"strangers named, {rate:.0%} asked", "known rightly named"]
    about = (
        "Shares in %, 95 % intervals (Wilson, as if pictures were independent; they are not "
        f"quite), {options.repeats} draws of names of {SET} ({len(pictures.files)} train pictures, "
        f"{len(pictures.classes)} names), MobileNetV2, rule mean. Defaults of the heads were "
        "chosen on these pictures; the lift was not fitted to anything."
    )
    table = markdown(head, rows)
    write("training_strangers", {"galleries": result}, table, options.out, about)
    return int(missed)


def _together(counts: list[tuple[int, int]]) -> tuple[int, int]:
    return sum(hits for hits, _ in counts), sum(trials for _, trials in counts)


def _said(hits: int, trials: int) -> str:
    low, high = wilson(hits, trials)
    return f"{100 * hits / trials:.1f} [{100 * low:.1f}, {100 * high:.1f}]"


if __name__ == "__main__":
    sys.exit(main())
