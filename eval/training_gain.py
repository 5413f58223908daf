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

from eval.comparisons import brief, compare, offer_backbones
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
    table = markdown(
        ["set", "names", "backbone", "pictures a name", "our matching", "ridge", "softmax head",
         "triplet head", "fine-tuned", "from scratch"], rows,
    )  # fmt: skip
    put("training gain", table)
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
    said = found.difference.said("+")
    return f"**{said}**" if found.difference.apart else said


if __name__ == "__main__":
    sys.exit(main())
