"""Pictures SET/CLASS/* come in; each plan of eval/plans, run on some of them, goes out in a table.

    python -m eval.run_plans [--data FOLDER] [--pictures 160] [--keep FOLDER] [--out ...]

Weights are looked for as always (FEWSHOT_WEIGHTS, the cache); nothing is downloaded. --keep says
where the results of each plan stay: models, scores, reports, drawings.
"""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from eval.plan_folders import DIFFERS, lay_out
from eval.readme_tables import put
from eval.report import markdown, write
from eval.sets import read_options
from fewshot.cli.progress import Terminal
from fewshot.plans.plan_file import read_plan
from fewshot.plans.remarks import remarks
from fewshot.plans.report import HEAD, about, cells, figures
from fewshot.plans.results import write_results
from fewshot.plans.running import run_plan

PLANS = Path(__file__).parent / "plans"


def _offer_keep(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--keep", type=Path, help="a folder for the results of each plan")


def main() -> int:
    """Lay the pictures out, run the plans, print, write."""
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    options = read_options(__doc__, repeats=160, what="pictures", also=_offer_keep)
    result: dict[str, Any] = {}
    rows, notes = [], []
    with TemporaryDirectory() as place:
        folders = lay_out(options.dev, Path(place), each=options.repeats)
        for name, folder in folders.items():
            plan = read_plan(PLANS / f"{name}.toml")
            out = (options.more.keep or Path(place) / "results") / name
            print(f"{name}: {plan.title}", file=sys.stderr)
            began = perf_counter()
            outcome = run_plan(plan, folder, out, watch=Terminal())
            write_results(outcome, out)
            result[name] = {
                "differs": DIFFERS[name],
                **about(outcome),
                "figures": figures(outcome),
                "seconds": round(perf_counter() - began),
            }
            rows += [(name, *row) for row in cells(outcome)]
            notes += [f"- **{name}**, {plan.title.lower()}: {DIFFERS[name]}."]
            notes += [f"  - {one}" for one in remarks(outcome)]
    figures_of_all = markdown(("plan", *HEAD), rows)
    put("plans", figures_of_all)
    table = figures_of_all + "\n\n" + "\n".join(notes)
    said = (
        "Accuracies with 95 % intervals (Wilson). Without training: nearest class mean of the "
        "backbone's own vectors. Published figures are of other pictures, but for anime4."
    )
    write("plans", {"plans": result}, table, options.out, said)
    return 0


if __name__ == "__main__":
    sys.exit(main())
