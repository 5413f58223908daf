"""Pictures dev/SET/CLASS/* come in; which rule names best, and whether choosing one pays, goes out.

    python -m eval.rule_choice [--data FOLDER] [--backbones palette mobilenetv2] [--draws 12]

Half of a set's names are enrolled, with two, five or ten references each, the others are strangers.
For each of `fewshot.rules.RULES`, and for the rule that a gallery chooses by leaving references
out: the share of known queries whose nearest name is right, and of those rightly named at 5 % of
false names. Leads against the class mean, paired.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.backbones import key_of, load, offer_backbones, vectors_of
from eval.episodes import mean_of_sets, spread_of
from eval.galleries import Labels, Vectors, draw
from eval.open_set import DEV, LARGE
from eval.pictures import read_set
from eval.report import markdown, write
from eval.sets import read_options
from fewshot.calibration import Calibration
from fewshot.choosing import choose
from fewshot.evaluation.in_memory import evidence_of, namer_of
from fewshot.risk import RATE
from fewshot.rules import RULES, Rule
from fewshot.scoring import NEVER, decision_scores
from fewshot.stranger_model import load_model

SHOTS = (2, 5, 10)
CHOSEN = "chosen by the gallery"
MOST_ASKED = 150

Key = tuple[str, str | None]
ByName = dict[str, dict[int, list[float]]]  # rule -> name -> answers


def ask(
    vectors: Vectors, labels: Labels, shots: int, turn: int, key: Key
) -> dict[str, tuple[Labels, NDArray[np.bool_], NDArray[np.bool_]]]:
    """Return, for each rule and the one chosen: whose queries, which are right, which are named."""
    names = (int(labels.max()) + 1) // 2
    rng = np.random.default_rng([shots, turn])
    drawn = draw(labels, names, shots, rng, most_known=MOST_ASKED)
    support, owners = vectors[drawn.support], labels[drawn.support]
    queries, whose = vectors[drawn.known], labels[drawn.known]
    found = {}
    for rule in RULES:
        namer = namer_of(support, owners, rule)
        evidence = evidence_of(namer, support, owners)
        needed = Calibration(evidence, load_model(*key, rule).of(evidence), rate=RATE).needed
        answers = [namer.standing(query, 2) for query in queries]
        two = [
            np.pad(one.scores, (0, 2 - len(one.scores)), constant_values=NEVER) for one in answers
        ]
        right = np.array([int(one.owners[0]) for one in answers]) == whose
        named = right & (decision_scores(np.array(two, np.float32)) >= needed)
        found[str(rule)] = (whose, right, named)
    chosen = choose(support, owners, partial(load_model, *key)).rule
    return found | {CHOSEN: found[str(chosen)]}


def measure(vectors: Vectors, labels: Labels, shots: int, draws: int, key: Key) -> list[ByName]:
    """Return, for accuracy and for naming, each rule's answers by name."""
    made: list[ByName] = [defaultdict(lambda: defaultdict(list)) for _ in range(2)]
    for turn in range(draws):
        for rule, (whose, right, named) in ask(vectors, labels, shots, turn, key).items():
            for by_name, hits in zip(made, (right, named), strict=True):
                for name, hit in zip(whose.tolist(), hits.tolist(), strict=True):
                    by_name[rule][name].append(float(hit))
    return made


def main() -> int:
    """Measure, print, write."""
    options = read_options(__doc__, repeats=12, what="draws", also=offer_backbones)
    result: dict[str, Any] = {}
    tables = []
    for title in options.more.backbones:
        backbone = load(title)
        key = key_of(backbone)
        found: dict[tuple[int, int, str], list[NDArray[np.float64]]] = defaultdict(list)
        counts: dict[int, int] = defaultdict(int)
        for name in DEV:
            most = 40 if name == "hololive20" else LARGE[1]
            some = read_set(
                options.dev / name, at_least=3, most_classes=LARGE[0], most_pictures=most
            )
            vectors = vectors_of(some, backbone, options.more.vectors)
            print(f"{title} {name}: {len(vectors)} pictures", file=sys.stderr)
            for shots in SHOTS:
                able = np.flatnonzero(np.bincount(some.labels) > shots)
                kept = np.isin(some.labels, able)
                if len(able) < 6:
                    continue
                counts[shots] += 1
                labels = np.searchsorted(able, some.labels[kept])
                measured = measure(vectors[kept], labels, shots, options.repeats, key)
                for what, by_rule in enumerate(measured):
                    for rule, by_name in by_rule.items():
                        rates = np.array([np.mean(by_name[one]) for one in sorted(by_name)])
                        found[shots, what, rule].append(rates)
        rows = []
        for shots in SHOTS:
            for rule in (*map(str, RULES), CHOSEN):
                row: list[object] = [f"{shots} ({counts[shots]} sets)", rule]
                for what in (0, 1):
                    own, mean = found[shots, what, rule], found[shots, what, str(Rule())]
                    figure = mean_of_sets(own)
                    lead = mean_of_sets([a - b for a, b in zip(own, mean, strict=True)])
                    row += [spread_of(figure), "" if own is mean else spread_of(lead, sign="+")]
                    kind = ("right", "named at 5 %")[what]
                    result[f"{title}, {shots}, {rule}, {kind}"] = {"figure": figure, "lead": lead}
                rows.append(row)
        head = ["references", "rule", "right", "against mean", "named at 5 %", "against mean"]
        tables += [f"## {title}", "", markdown(head, rows), ""]
    about = (
        f"Mean of sets of six names and more, {options.repeats} draws of half of the names; paired "
        "95 % intervals by bootstrap over the names of each set."
    )
    write("rule_choice", {"figures": result}, "\n".join(tables), options.out, about)
    return 0


if __name__ == "__main__":
    sys.exit(main())
