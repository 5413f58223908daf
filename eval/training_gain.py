"""Pictures dev/SET/CLASS/* come in; what training buys, from how many pictures on, goes out.

    python -m eval.training_gain [--data FOLDER] [--sets ...] [--networks ...]

The same draws for all: our matching, which trains nothing; ridge, which takes milliseconds;
softmax and triplet heads, five draws; and, on some sets with MobileNetV2, the network fine-tuned
and one from scratch, three draws. What takes TensorFlow is kept in the cache, so that this goes on
where it was interrupted.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from eval.comparisons import brief, compare, less, offer_backbones, over_sets, said
from eval.readme_tables import put
from eval.report import markdown, write
from eval.sets import read_options
from fewshot.evaluation.figures import Result

SHOTS = (2, 5, 10, 20)
SETS = (
    "hololive20", "seed4_raw", "simpsons42", "sports5", "grocery81", "pokemon150", "genshin89",
    "orl40", "lfw", "tinyimagenet200", "lol148",
)  # fmt: skip
NETWORKS = {
    "hololive20": (5, 10, 20), "simpsons42": (5, 10), "seed4_raw": (5, 10), "pokemon150": (5, 10),
    "grocery81": (5,),
}  # fmt: skip
HEADS = ("softmax", "triplet")
TRAINED = ("ridge", *HEADS, "finetune", "scratch")
DRAWS, NETWORK_DRAWS = 5, 3


def main() -> int:
    """Measure, print, write."""
    options = read_options(__doc__, repeats=DRAWS, what="draws", also=_offer)
    about: dict[str, Any] = {}
    rows: list[list[object]] = []
    every: list[list[Result]] = []
    for name in options.more.sets:
        folder = options.dev / name
        heads = compare(
            folder, backbones=options.more.backbones, shots=SHOTS, protocols=["all"],
            episodes=options.repeats, methods=["gallery", "ridge", *HEADS],
        )  # fmt: skip
        about[name] = {"heads": brief(heads)}
        results = list(heads.results)
        if name in options.more.networks:
            networks = compare(
                folder, backbones=["mobilenetv2"], shots=NETWORKS[name], protocols=["all"],
                episodes=NETWORK_DRAWS, methods=["gallery", "finetune", "scratch"],
            )  # fmt: skip
            about[name]["networks"] = brief(networks)
            results += networks.results
        rows += _rows(name, results)
        every.append(results)
    table = markdown(
        ["set", "names", "backbone", "pictures a name", "our matching", "ridge", "softmax head",
         "triplet head", "fine-tuned", "from scratch"], rows,
    )  # fmt: skip
    mean = _mean(every)
    put("training gain", mean)
    table = f"## Mean over sets\n\n{mean}\n\n## Set by set\n\n{table}"
    sentence = (
        f"Our matching: balanced accuracy; the others: less our matching, in the same draws "
        f"({DRAWS}; networks {NETWORK_DRAWS}), paired. 95 % intervals by resampling names; bold "
        "where they exclude 0. Heads and networks as `fewshot train` makes them by default, for "
        "all their epochs; fine-tuned: the last 20 layers."
    )
    write("training_gain", about, table, options.out, sentence)
    return 0


def _offer(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sets", nargs="+", default=list(SETS))
    parser.add_argument("--networks", nargs="*", choices=list(NETWORKS), default=list(NETWORKS))
    offer_backbones(parser, ("palette", "mobilenetv2"))


def _mean(sets: list[list[Result]]) -> str:
    """Lay out what each contender gains, mean over the sets that were asked so."""
    rows = []
    backbones = dict.fromkeys(one.backbone for some in sets for one in some)
    for backbone in (one for one in backbones if one != "none"):
        for shots in SHOTS:
            row: list[object] = [backbone, shots]
            for method in TRAINED:
                gains = []
                for some in sets:
                    pair = _pair(some, method, backbone, shots)
                    if pair is not None:
                        gains.append(less(*pair))
                row.append(f"{said(over_sets(gains), '+')}, {len(gains)} sets" if gains else "")
            rows.append(row)
    head = ["backbone", "pictures a name", "ridge", "softmax head", "triplet head"]
    return markdown([*head, "fine-tuned", "from scratch"], rows)


def _pair(
    results: list[Result], method: str, backbone: str, shots: int
) -> tuple[Result, Result] | None:
    """Return a contender of one set and our matching in the very same draws."""
    for at, one in enumerate(results):
        own = one.backbone == backbone or (method == "scratch" and one.beside == backbone)
        if own and (one.method.name, one.setting.shots) == (method, shots):
            ours = next(
                (
                    base
                    for base in reversed(results[:at])
                    if base.method.name == "gallery"
                    and (base.backbone, base.setting) == (backbone, one.setting)
                ),
                None,
            )
            return None if ours is None else (one, ours)
    return None


def _rows(name: str, results: list[Result]) -> list[list[object]]:
    rows: list[list[object]] = []
    backbones = [one for one in dict.fromkeys(one.backbone for one in results) if one != "none"]
    for backbone in backbones:
        for shots in SHOTS:
            some = [
                one
                for one in results
                if one.setting.shots == shots and one.backbone in (backbone, "none")
            ]
            base = next((one for one in some if one.method.name == "gallery"), None)
            if base is None:
                continue
            cells = [_gain(some, method, backbone) for method in TRAINED]
            rows.append([name, base.classes, backbone, shots, base.accuracy.said(), *cells])
    return rows


def _gain(some: list[Result], method: str, backbone: str) -> str:
    """Say what a contender gains over our matching; what takes no backbone, beside MobileNetV2."""
    found = next((one for one in some if one.method.name == method), None)
    if found is None or found.difference is None or (method == "scratch" and backbone == "palette"):
        return ""
    gain = found.difference.said("+")
    return f"**{gain}**" if found.difference.apart else gain


if __name__ == "__main__":
    sys.exit(main())
