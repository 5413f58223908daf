"""What came of a plan comes in; a folder of results goes out: report, scores, pictures drawn.

report.md, report.json: equal runs give equal bytes. scores.csv: every test picture, for each way
and test. times.json: what it took. drawn/: some test pictures with their answers.
"""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

from fewshot.errors import CannotWrite, UnreadableImage
from fewshot.plans.drawn import draw_answer, spread
from fewshot.plans.outcome import Outcome
from fewshot.plans.report import about, figures, page
from fewshot.written import written_whole

REPORT, PAGE, SCORES, TIMES, DRAWN = (
    "report.json", "report.md", "scores.csv", "times.json", "drawn",
)  # fmt: skip


def write_results(outcome: Outcome, out: Path) -> None:
    """Write the results of a plan beside its models; raises CannotWrite."""
    report = {"schema": 1, **about(outcome), "figures": figures(outcome)}
    times = {one.way.name: round(one.gone.seconds, 1) for one in outcome.ways if one.gone}
    drawn = _draw(outcome, out)
    for name, text in (
        (REPORT, _json(report)),
        (PAGE, page(outcome, drawn)),
        (SCORES, _scores(outcome)),
        (TIMES, _json({"seconds": times})),
    ):
        with written_whole(out / name, "results") as file:
            file.write(text.encode())


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _scores(outcome: Outcome) -> str:
    made, names = io.StringIO(), outcome.gathered.names
    writer = csv.writer(made, lineterminator="\n")
    writer.writerow(("way", "test", "picture", "shows", "answer", "verdict", *names))
    for one in outcome.ways:
        for scored in one.gone.scored if one.gone else ():
            for each in scored.judged.answers:
                verdict = "unreadable" if each.error else "OK" if each.right else "NG"
                shown = outcome.gathered.shown(each.example.file)
                row = (one.way.name, scored.test, shown, each.example.name, each.answer, verdict)
                writer.writerow((*row, *(f"{chance:.6f}" for chance in each.probabilities)))
    return made.getvalue()


def _draw(outcome: Outcome, out: Path) -> list[str]:
    """Draw test pictures of the first way that was gone, and return where, within `out`."""
    gone = next((one.gone for one in outcome.ways if one.gone and one.gone.scored), None)
    if gone is None or not outcome.plan.drawn:
        return []
    folder, made = out / DRAWN, []
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise CannotWrite(folder, (error.strerror or str(error)).lower(), "results") from error
    some = spread(gone.scored[0].judged.answers, outcome.plan.drawn)
    for number, one in enumerate(some, 1):
        try:
            drawing = draw_answer(one, outcome.gathered.names)
        except UnreadableImage:  # it was there a moment ago
            continue
        place = folder / f"{number:02}.png"
        with written_whole(place, "results") as file:
            drawing.save(file, "PNG")
        made.append(f"{DRAWN}/{place.name}")
    return made
