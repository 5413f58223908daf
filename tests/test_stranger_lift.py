"""How much nearer strangers come than names of a training, and what a gallery makes of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fewshot import Recognizer
from fewshot.backbones.palette import D as PALETTE_D
from fewshot.calibration import Calibration, lifted
from fewshot.decision import UNMEASURED_LIFT, lift_in
from fewshot.evidence import Evidence
from fewshot.heads.batches import Labels
from fewshot.heads.head import Floats
from fewshot.lengths import unit_rows
from fewshot.recipe import Recipe
from fewshot.rules import Rule
from fewshot.scoring import NEVER
from fewshot.stranger_model import load_model
from fewshot.training.strangers import FEWEST_NAMES, Places, Space, stranger_lift
from tests.conftest import Folder, Run, draw
from tests.models import knowing_colors

NAMES, EACH, D = 60, 6, 16
LABELS: Labels = np.repeat(np.arange(NAMES), EACH)
RNG = np.random.default_rng(0)
VECTORS: Floats = unit_rows(
    RNG.standard_normal((NAMES, D))[LABELS] + 0.5 * RNG.standard_normal((len(LABELS), D))
)


def untrained(_: Places, __: Labels) -> Space:
    return lambda asked: VECTORS[asked]


def by_heart(places: Places, labels: Labels) -> Space:
    """A training that gives each of its names a direction of its own, and others none."""
    apart = np.zeros((len(VECTORS), NAMES), np.float32)
    apart[places, labels] = 2.0
    return lambda asked: unit_rows(np.concatenate([VECTORS, apart], axis=1)[asked])


def test_strangers_come_no_nearer_where_nothing_was_trained() -> None:
    assert stranger_lift(LABELS, untrained) == pytest.approx(0.0, abs=0.05)


def test_strangers_come_nearer_than_names_that_were_pushed_apart() -> None:
    found = stranger_lift(LABELS, by_heart)
    assert found is not None
    assert found > 0.08


def test_every_name_is_left_out_once() -> None:
    seen: list[int] = []

    def train(places: Places, labels: Labels) -> Space:
        seen.extend(set(LABELS.tolist()) - set(LABELS[places].tolist()))
        assert sorted(set(labels.tolist())) == list(range(len(set(LABELS[places].tolist()))))
        return lambda asked: VECTORS[asked]

    stranger_lift(LABELS, train)
    assert sorted(seen) == list(range(NAMES))


def test_of_few_names_none_can_be_left_out() -> None:
    few = LABELS[LABELS < FEWEST_NAMES - 1]
    assert stranger_lift(few, untrained) is None


def evidence() -> Evidence:
    scores = np.random.default_rng(1).normal(0.2, 0.05, len(LABELS)).astype(np.float32)
    scores[0] = NEVER
    nothing, nobody = np.empty(0, np.float32), np.empty(0, np.int64)
    return Evidence(NAMES, len(LABELS), scores, LABELS, nothing, nobody, scores + 0.5, scores)


def test_a_lift_raises_the_score_needed_by_as_much() -> None:
    tail = load_model("palette", None, Rule.parse("mean")).of(evidence())
    bare, raised = (Calibration(lifted(evidence(), by), tail, rate=0.05) for by in (0.0, 0.1))
    assert bare.basis == raised.basis == "gallery"
    assert raised.needed == pytest.approx(bare.needed + 0.1, abs=1e-5)
    assert raised.p_value(bare.needed) > bare.p_value(bare.needed)


def test_a_stand_in_that_met_nobody_stays_so() -> None:
    assert lifted(evidence(), 0.1).stand_ins[0] == NEVER


def recipe(head: str | None, lift: float | None) -> Recipe:
    return Recipe("whole", "file:/m.fewshot", "ab", head, 8, None, lift)


def test_without_a_head_nothing_is_lifted() -> None:
    assert lift_in(Recipe("whole", "palette", "ab", None, PALETTE_D)) == 0.0


def test_a_head_nobody_has_measured_is_lifted_more_than_any_that_was() -> None:
    assert lift_in(recipe("cd", None)) == UNMEASURED_LIFT
    assert lift_in(recipe("cd", 0.12)) == 0.12


@pytest.mark.parametrize("lift", [None, 0.0, 0.12])
def test_it_travels_in_the_recipe(lift: float | None) -> None:
    assert Recipe.from_json(recipe("cd", lift).to_json()) == recipe("cd", lift)


def test_a_recipe_without_one_is_written_as_ever() -> None:
    assert "lift" not in Recipe("whole", "palette", "ab", None, 4).to_json()


@pytest.mark.parametrize("lift", [-0.1, 3.0, float("nan"), 1, "much"])
def test_one_that_cannot_be_is_refused(lift: object) -> None:
    with pytest.raises(ValueError, match="lift is 0 to 2"):
        recipe("cd", lift)  # type: ignore[arg-type]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "colors.fewshot"
    knowing_colors(stranger_lift=0.25).write(path)
    return path


def test_a_gallery_has_its_models_lift(model: Path, tmp_path: Path) -> None:
    with Recognizer.create(tmp_path / "own.db", backbone=f"file:{model}") as one:
        one.enroll([draw("red", 1)], name="red")
        assert '"lift": 0.25' in one._store.recipe.to_json()


def test_a_gallery_of_a_model_keeps_the_simplest_rule_unless_asked(
    model: Path, fewshot: Run, folder_of: Folder
) -> None:
    fewshot("enroll", folder_of(red=4, blue=4, green=4), "--backbone", f"file:{model}")
    (row,) = fewshot("calibrate", "--json").json["calibrated"]
    assert (row["rule"], row["naming"]["chosen_by"]) == ("mean", "default")
    assert [one["known"] for one in row["rates"]] == [None] * 4
    assert fewshot("calibrate").out.count("not told: the model was trained on such") == 4
    (row,) = fewshot("calibrate", "--rule", "nearest", "--json").json["calibrated"]
    assert row["rule"] == "nearest"
