"""Pictures dev/SET/CLASS/* come in; contenders x backbones at 1, 5 and 10 pictures a name go out.

    python -m eval.contenders [--data FOLDER] [--draws 10] [--backbones ...] [--sets ...]

All names of a set compete; each draw enrolls so many pictures of every name that has more, and asks
about all others. Pictures that are equal or nearly so never stand on both sides.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from eval.backbones import measurable
from eval.comparisons import brief, compare, less, of_names, offer_backbones, over_sets, said
from eval.readme_tables import put
from eval.report import markdown, write
from eval.sets import DRAWN, OTHER, read_options
from fewshot.evaluation.figures import Result

SHOTS = (1, 5, 10)
MORE = ("ninjago2", "style4", "omniglot_small")
GROUPS = {"drawn": DRAWN, "others": OTHER}
QUERIES = 20
"""Pictures asked a name and draw, at most."""


def offer(parser: argparse.ArgumentParser) -> None:
    """Offer --sets and --backbones."""
    parser.add_argument("--sets", nargs="+", default=[*DRAWN, *OTHER, *MORE])
    offer_backbones(parser, tuple(measurable()))


def main() -> int:
    """Measure, print, write."""
    options = read_options(__doc__, repeats=10, what="draws", also=offer)
    found: dict[str, list[Result]] = {}
    about: dict[str, Any] = {}
    for name in options.more.sets:
        done = compare(
            options.dev / name, backbones=options.more.backbones, shots=SHOTS,
            protocols=["all"], episodes=options.repeats, queries=QUERIES,
        )  # fmt: skip
        found[name] = list(done.results)
        about[name] = brief(done)
    table = _contenders(found)
    put("contenders", table)
    page = "\n\n".join(
        [
            "## Mean over sets", table, _in_means(found),
            "## Less our matching, paired, mean over sets", _differences(found),
            *(part for shots in SHOTS for part in (f"## Set by set, {shots}", _sets(found, shots))),
        ]
    )  # fmt: skip
    sentence = (
        f"Balanced accuracy, {options.repeats} draws, at most {QUERIES} pictures asked a name and "
        "draw; 95 % intervals by resampling names. Drawn: " + ", ".join(DRAWN) + ". Others: "
        + ", ".join(OTHER) + ". A set counts where two names have pictures enough. "
        "(i): MobileNetV2, InceptionV3 and VGG19 were trained on ImageNet, of which "
        "tinyimagenet200 is cut: they have seen these classes."
    )  # fmt: skip
    write("contenders", {"draws": options.repeats, "sets": about}, page, options.out, sentence)
    return 0


def _keys(found: dict[str, list[Result]]) -> list[tuple[str, str, str]]:
    """Return backbone, contender and its title of all results, once each."""
    every = [one for some in found.values() for one in some]
    return list(dict.fromkeys((one.backbone, one.method.name, one.method.title) for one in every))


def _of(
    found: dict[str, list[Result]], sets: Sequence[str], key: tuple[str, str], shots: int
) -> list[Result]:
    return [
        one
        for name in sets
        for one in found.get(name, ())
        if (one.backbone, one.method.name) == key and one.setting.shots == shots
    ]


def _contenders(found: dict[str, list[Result]]) -> str:
    rows = []
    for backbone, name, title in _keys(found):
        cells = []
        for sets in GROUPS.values():
            for shots in SHOTS:
                some = _of(found, sets, (backbone, name), shots)
                cells.append(said(over_sets([of_names(one) for one in some])) if some else "")
        rows.append([backbone, title, *cells])
    head = ["backbone", "contender", *(f"{group}, {n}" for group in GROUPS for n in SHOTS)]
    return markdown(head, rows)


def _differences(found: dict[str, list[Result]]) -> str:
    rows = []
    for backbone, name, title in _keys(found):
        if name == "gallery":
            continue
        cells = []
        for sets in GROUPS.values():
            for shots in SHOTS:
                pairs = [
                    less(*some, *_of(found, [one], (backbone, "gallery"), shots))
                    for one in sets
                    if (some := _of(found, [one], (backbone, name), shots))
                ]
                cells.append(said(over_sets(pairs), "+") if pairs else "")
        rows.append([backbone, title, *cells])
    head = ["backbone", "contender", *(f"{group}, {n}" for group in GROUPS for n in SHOTS)]
    return markdown(head, rows)


def _in_means(found: dict[str, list[Result]]) -> str:
    backbone, name, _ = _keys(found)[0]
    lines = []
    for group, sets in GROUPS.items():
        for shots in SHOTS:
            there = [
                f"{one} ({some[0].classes} names)"
                for one in sets
                if (some := _of(found, [one], (backbone, name), shots))
            ]
            lines.append(f"- {group}, {shots}: {', '.join(there)}")
    return "\n".join(lines)


def _sets(found: dict[str, list[Result]], shots: int) -> str:
    backbones = list(dict.fromkeys(one[0] for one in _keys(found)))
    rows = []
    for name in found:
        ours = [_of(found, [name], (one, "gallery"), shots) for one in backbones]
        if not ours[0]:
            continue
        every = [one for one in found[name] if one.setting.shots == shots]
        best = max(every, key=lambda one: one.accuracy.value)
        first = ours[0][0]
        rows.append(
            [
                f"{name} (i)" if "imagenet" in name else name,
                first.classes,
                first.pictures,
                f"{first.chance:.3f}",
                *(one[0].accuracy.said() for one in ours),
                f"{best.method.title}, {best.backbone}: {best.accuracy.said()}",
            ]
        )
    head = ["set", "names", "pictures asked", "chance", *(f"ours, {b}" for b in backbones)]
    head += [f"best of {len(_keys(found))}"]
    return markdown(head, rows)


if __name__ == "__main__":
    sys.exit(main())
