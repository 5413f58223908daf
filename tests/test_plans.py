"""Plans run end to end on drawn pictures: figures, reports, leaks, what cannot be had."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from fewshot.backbones.choice import BackboneChoice
from fewshot.plans.outcome import Outcome
from fewshot.plans.plan import Candidate, Plan
from fewshot.plans.plan_file import read_plan
from fewshot.plans.remarks import remarks
from fewshot.plans.report import cells, figures
from fewshot.plans.results import write_results
from fewshot.plans.running import run_plan
from tests.conftest import Folder, Run, draw
from tests.networks import write_own_model
from tests.test_plan_file import PLAN, SHIPPED, plan_at

pytestmark = pytest.mark.tensorflow

PALETTE = [BackboneChoice("palette")]


def shipped(name: str) -> Plan:
    return read_plan(SHIPPED / f"{name}.toml")


def run(plan: Plan, folder: Path, out: Path) -> Outcome:
    outcome = run_plan(plan, folder, out)
    write_results(outcome, out)
    return outcome


def drawn(folder: Path, *, first: int = 0, **counts: int) -> Path:
    """Draw pictures that differ from those drawn with another `first`."""
    for name, count in counts.items():
        (folder / name).mkdir(parents=True)
        color = {"person": "red", "rest": "blue"}.get(name, name)
        for seed in range(first, first + count):
            draw(color, seed).save(folder / name / f"{seed:02}.png")
    return folder


def test_the_caricatures(tmp_path: Path) -> None:
    """The way from scratch is gone; the others have no weights here, and say which."""
    drawn(tmp_path / "DIR/train", red=4, blue=4)
    drawn(tmp_path / "DIR/validation", first=10, red=3, blue=3)
    plan = shipped("caricature").with_settings(epochs=2, size=32)
    plan = replace(plan, ways=plan.ways[1:])
    outcome = run(plan, tmp_path / "DIR", tmp_path / "out")
    assert [one.gone is not None for one in outcome.ways] == [True, False, False]
    scratch = outcome.ways[0].gone
    assert scratch is not None
    assert (scratch.learned, scratch.held, scratch.epochs) == (8, 6, 2)
    (scored,) = scratch.scored
    assert scored.best is not None
    assert scored.best.n == scored.kept.n == 6
    assert scored.best.right >= scored.kept.right
    assert scored.untrained is None
    row = cells(outcome)[1]
    assert row[:2] == ("VGGFace features", "not run")
    assert row[-1] == "0.872 [0.857, 0.886] of 2,053 (best validation accuracy)"
    said = "\n".join(remarks(outcome))
    assert "VGGFace features: not run; vggface needs its weights, rcmalli_vggface" in said
    assert "the best epoch on the very pictures it is measured on" in said
    page = (tmp_path / "out/report.md").read_text(encoding="utf-8")
    assert "| VGGFace fine-tuned | not run |" in page


def test_many_characters(tmp_path: Path, folder_of: Folder) -> None:
    plan = shipped("disney").with_settings(epochs=2).with_backbones(PALETTE)
    outcome = run(plan, folder_of(red=6, blue=6, green=6), tmp_path / "out")
    (way,) = outcome.ways
    assert way.gone is not None
    assert (way.gone.learned, way.gone.held) == (9, 3)
    (scored,) = way.gone.scored
    assert scored.figure.n == 6
    assert scored.best is None
    assert scored.untrained is not None
    assert scored.untrained.share == 1.0
    learned = {one.digest for one in outcome.gathered.learn}
    assert not learned & {one.example.digest for one in scored.judged.answers}


def test_four_characters_with_a_leak(tmp_path: Path) -> None:
    """A network is trained, with augmentation, and every test picture listed with its scores."""
    drawn(tmp_path / "DIR/train", red=5, blue=4)
    drawn(tmp_path / "DIR/test", first=10, red=2, blue=2)
    shutil.copy(tmp_path / "DIR/test/red/10.png", tmp_path / "DIR/train/red/copy.png")
    model = write_own_model(tmp_path / "own.keras")
    choice = BackboneChoice(f"file:{model}")
    plan = shipped("anime4").with_settings(head_epochs=2, size=32).with_backbones([choice])
    outcome = run(plan, tmp_path / "DIR", tmp_path / "out")
    (way,) = outcome.ways
    assert way.gone is not None
    assert way.gone.learned + way.gone.held == 9
    assert way.gone.scored[0].figure.n == 4
    report = json.loads((tmp_path / "out/report.json").read_text(encoding="utf-8"))
    assert report["dropped"] == [{"learned": "train/red/copy.png", "tested": "test/red/10.png"}]
    assert any("1 picture(s) to learn from stood in a test too" in one for one in report["notes"])
    with (tmp_path / "out/scores.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [one["picture"] for one in rows] == [
        "test/blue/10.png", "test/blue/11.png", "test/red/10.png", "test/red/11.png",
    ]  # fmt: skip
    for one in rows:
        assert float(one["red"]) + float(one["blue"]) == pytest.approx(1.0, abs=1e-5)
        assert one["verdict"] == ("OK" if one["answer"] == one["shows"] else "NG")
    page = (tmp_path / "out/report.md").read_text(encoding="utf-8")
    assert "| test/blue/10.png | " in page
    assert not (tmp_path / "out/drawn").exists()


def test_one_or_the_other(tmp_path: Path) -> None:
    """Some test pictures are drawn with what was said of them."""
    drawn(tmp_path / "DIR", red=12, blue=9)
    plan = shipped("anime_or_not").with_settings(epochs=2).with_backbones(PALETTE)
    outcome = run(plan, tmp_path / "DIR", tmp_path / "out")
    asked = outcome.gathered.tests["held-out"]
    assert sorted(one.name for one in asked) == ["blue", "red", "red"]
    pictures = sorted((tmp_path / "out/drawn").iterdir())
    assert [one.name for one in pictures] == ["01.png", "02.png", "03.png"]
    with Image.open(pictures[0]) as picture:
        assert picture.width == 360
        assert len(picture.getcolors(1 << 24) or ()) > 20
    assert "![drawn/01.png]" in (tmp_path / "out/report.md").read_text(encoding="utf-8")


def test_one_person_and_equal_runs_give_equal_reports(tmp_path: Path) -> None:
    """Each of two tests has its figures; nothing in the reports tells two equal runs apart."""
    folder = tmp_path / "DIR"
    drawn(folder / "train", person=4, rest=6)
    drawn(folder / "test_whole", first=10, person=2, rest=3)
    drawn(folder / "test_face", first=20, person=2, rest=3)
    plan = shipped("one_person").with_settings(epochs=2).with_backbones(PALETTE)
    outcome = run(plan, folder, tmp_path / "first")
    rows = figures(outcome)
    assert [(one["test"], one["accuracy"]["n"]) for one in rows] == [("whole", 5), ("face", 5)]
    assert [one["published"][0]["value"] for one in rows] == [0.46, 0.95]
    assert "interval" not in rows[0]["published"][0]
    assert outcome.largest("face").share == 0.6
    assert set(rows[1]["given"]) == {"person", "rest"}
    assert any('test "face": what pictures of a class' in one for one in remarks(outcome))
    run(plan, folder, tmp_path / "second")
    for name in ("report.json", "report.md", "scores.csv", "inception.fewshot"):
        first, second = (tmp_path / one / name for one in ("first", "second"))
        assert first.read_bytes() == second.read_bytes()


def test_the_command(fewshot: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One way is gone, one is not; what cannot be read is named by its own path, and counted."""
    monkeypatch.chdir(tmp_path)
    drawn(tmp_path / "DIR/train", red=4, blue=4)
    drawn(tmp_path / "DIR/test", first=10, red=2, blue=2)
    (tmp_path / "DIR/test/red/10.png").write_bytes(b"no picture")
    (tmp_path / "DIR/train/red/03.png").write_bytes(b"none either")
    first = 'kind = "softmax", epochs = 1 }\n[[way.backbone]]\nname = "palette"'
    text = PLAN.replace('kind = "scratch", size = 32, epochs = 1 }', first)
    answer = fewshot("eval", "--plan", plan_at(tmp_path, text), "DIR", "--json")
    assert answer.code == 3
    assert "passed over DIR/train/red/03.png: " in answer.err
    document = answer.json
    assert [one["status"] for one in document["figures"]] == ["run", "not run"]
    assert document["figures"][0]["accuracy"]["n"] == 3
    assert [one["source"] for one in document["unreadable"]] == [
        "train/red/03.png", "test/red/10.png",
    ]  # fmt: skip
    assert json.loads((tmp_path / "colors.results/report.json").read_text()) == document
    assert fewshot("match", "--model", "colors.results/small.fewshot", "DIR/test/blue").code == 0


def test_weights_that_do_not_fit_are_passed_over(
    tmp_path: Path, folder_of: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only when the network is built can it be told; the way goes on with its next backbone."""
    plan = shipped("anime_or_not").with_settings(epochs=1, size=32)
    (way,) = plan.ways
    other = way.candidates[1].choice
    assert other is not None
    monkeypatch.setenv("FEWSHOT_WEIGHTS", str(tmp_path))
    (tmp_path / str(other.weights)).write_bytes(b"no weights")
    last = Candidate(BackboneChoice("palette"), way.candidates[0].settings)
    plan = replace(plan, ways=(replace(way, candidates=(*way.candidates, last)),))
    outcome = run(plan, folder_of(red=4, blue=4), tmp_path / "out")
    (gone,) = outcome.ways
    assert gone.gone is not None
    assert str(gone.gone.candidate) == "palette"
    assert "it is not here" in gone.missing[0]
    assert "it is no HDF5 file" in gone.missing[1]


def test_a_plan_of_which_nothing_can_be_had(fewshot: Run, tmp_path: Path) -> None:
    drawn(tmp_path / "DIR/train", red=2, blue=2)
    drawn(tmp_path / "DIR/test", first=10, red=2, blue=2)
    small = PLAN[PLAN.index("[[way]]") : PLAN.index('[[way]]\nname = "faces"')]
    path = plan_at(tmp_path, PLAN.replace(small, ""))
    answer = fewshot("eval", "--plan", path, tmp_path / "DIR", "--out", tmp_path / "out")
    assert answer.code == 5
    assert "faces  not run   test" in answer.out
    assert "faces: not run; vggface needs its weights" in answer.out
