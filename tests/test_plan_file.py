"""Plans are read whole, or refused in one line; the five that are shipped are what they follow."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from fewshot.backbones.choice import BackboneChoice
from fewshot.plans.errors import BadPlan
from fewshot.plans.plan import DROP
from fewshot.plans.plan_file import read_plan
from fewshot.training.errors import BadSetting
from tests.conftest import Run

SHIPPED = Path(__file__).parent.parent / "eval" / "plans"
NAMES = ("anime4", "anime_or_not", "caricature", "disney", "one_person")
PLAN = """
title = "Colors"
after = "nothing"
[pictures]
layout = ["DIR/train/NAME/*", "DIR/test/NAME/*"]
train = "train"
[[test]]
name = "test"
folder = "test"
[[way]]
name = "small"
training = { kind = "scratch", size = 32, epochs = 1 }
[[way]]
name = "faces"
training = { kind = "softmax" }
[[way.backbone]]
name = "vggface"
"""


def plan_at(folder: Path, text: str = PLAN, *, name: str = "colors") -> Path:
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_all_that_are_shipped_are_known() -> None:
    assert tuple(sorted(path.stem for path in SHIPPED.glob("*.toml"))) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_plan_is_read(name: str) -> None:
    plan = read_plan(SHIPPED / f"{name}.toml")
    assert plan.name == name
    assert all("DIR" in line for line in plan.layout)


def test_the_figures_of_the_caricatures_are_those_published() -> None:
    plan = read_plan(SHIPPED / "caricature.toml")
    figures = [(one.published[0].value, one.published[0].n) for one in plan.ways]
    assert figures == [(0.679, 2053), (0.674, 2053), (0.872, 2053), (0.887, 2053)]
    assert plan.tests[0].chooses_epoch
    kinds = [one.candidates[0].settings.kind for one in plan.ways]
    assert kinds == ["scratch", "scratch", "softmax", "finetune"]


def test_the_others_are_set_as_their_experiments_were() -> None:
    plans = {name: read_plan(SHIPPED / f"{name}.toml") for name in NAMES}
    first = {name: plan.ways[0].candidates[0] for name, plan in plans.items()}
    disney, anime4 = first["disney"].settings, first["anime4"].settings
    assert (disney.optimizer, disney.size, disney.batch, disney.epochs) == ("adam", 150, 5, 50)
    assert (anime4.optimizer, anime4.size, anime4.head) == ("nadam", 96, "gap-dropout")
    assert anime4.augment == {"flip": 1.0, "rotation": 30.0, "shift": 0.1, "zoom": 0.2}
    assert plans["anime4"].leaks == DROP
    assert plans["anime4"].table
    either = first["anime_or_not"]
    assert either.choice == BackboneChoice("vgg19", layer="block5_pool")
    assert (either.settings.head, either.settings.loss) == ("mlp-256-128", "binary")
    assert (either.settings.batch, either.settings.epochs) == (32, 10)
    assert plans["anime_or_not"].tests[0].share == 0.15
    person = plans["one_person"]
    assert [(one.test, one.value, one.n) for one in person.ways[0].published] == [
        ("whole", 0.46, None), ("face", 0.95, None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("said", "instead", "words"),
    [
        ('title = "Colors"', "title = 3", "title: it is a text, not 3"),
        ('title = "Colors"', "", "title: it is left out"),
        ('title = "Colors"', 'title = "Colors"\ncolour = 1', "colour: nothing is called so here"),
        ('title = "Colors"', "title = ", "it is no TOML"),
        ('layout = ["DIR/train/NAME/*", "DIR/test/NAME/*"]', "", "pictures.layout: it is left out"),
        ('train = "train"', 'train = "../train"', "pictures.train: it is a folder within DIR"),
        ('train = "train"', 'train = "/train"', "pictures.train: it is a folder within DIR"),
        ('train = "train"', 'leaks = "ignore"', "there is 'refuse', 'drop from train'"),
        ('train = "train"', "validation = 2", "pictures.validation: it is a number from 0.01"),
        ('train = "train"', "classes = 1.5", "pictures.classes: it is a whole number"),
        ('folder = "test"', "", "test[1]: say either folder, within DIR, or share"),
        ('folder = "test"', 'folder = "train"', "test[1].folder: it is 'train', and 'train' is"),
        ('folder = "test"', "share = 0.2\nchooses_epoch = true", "a share does not; name a folder"),
        ('folder = "test"', 'folder = "test"\nchooses_epoch = "yes"', "it is true or false"),
        ('[[test]]\nname = "test"\nfolder = "test"', "", "test: there is none; add [[test]]"),
        ('name = "small"', 'name = "../small"', "way[1].name: up to 40 of a-z, 0-9"),
        ('name = "small"', 'name = "faces"', "there are two ways 'faces'"),
        ('kind = "scratch"', 'kind = "magic"', "way[1].training: kind cannot be magic: there is"),
        ('kind = "scratch"', 'kind = "scratch", epoch = 1', "way[1].training: epoch cannot be 1"),
        ('kind = "scratch"', 'kind = "finetune"', "way[1].backbone: there is none"),
        ('kind = "softmax"', 'kind = "scratch"', "way[2].backbone: a training from scratch takes"),
        ('name = "vggface"', 'name = "vgface"', "way[2].backbone[1].name: no backbone is called"),
        ('name = "vggface"', 'name = "vggface"\nsize = 3', "way[2].backbone[1].size: nothing is"),
        ('name = "vggface"', 'name = "vggface"\n[[way.published]]\nvalue = 46', "0 to 1, not 46"),
        ('name = "vggface"', 'name = "vggface"\n[[way.published]]\ntest = "x"', "there is 'test'"),
    ],
)
def test_what_a_plan_cannot_say_is_refused_with_its_key(
    said: str, instead: str, words: str, tmp_path: Path
) -> None:
    assert said in PLAN
    path = plan_at(tmp_path, PLAN.replace(said, instead))
    with pytest.raises(BadPlan) as refused:
        read_plan(path)
    assert words in str(refused.value)
    assert str(path) in str(refused.value)
    assert refused.value.exit_code == 2


@pytest.mark.parametrize(
    ("bytes_", "words"),
    [(None, "no such file"), (b"\xff\xfe", "no text in UTF-8"), (b"#" * (2 << 20), "too large")],
)
def test_what_is_no_plan_is_refused(bytes_: bytes | None, words: str, tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    if bytes_ is not None:
        path.write_bytes(bytes_)
    with pytest.raises(BadPlan, match=words):
        read_plan(path)


def test_a_backbone_can_be_trained_otherwise_than_its_way(tmp_path: Path) -> None:
    own = 'name = "vggface"\ntraining = { epochs = 7, size = 64 }'
    plan = read_plan(plan_at(tmp_path, PLAN.replace('name = "vggface"', own)))
    (candidate,) = plan.ways[1].candidates
    settings = candidate.settings
    assert (settings.epochs, settings.kind, settings.size) == (7, "softmax", 64)


def test_settings_and_backbones_can_be_others(tmp_path: Path) -> None:
    plan = read_plan(plan_at(tmp_path))
    short = plan.with_settings(epochs=3).with_backbones([BackboneChoice("palette")])
    settings = [one.settings for way in short.ways for one in way.candidates]
    assert [one.epochs for one in settings] == [3, 3]
    assert [str(one) for way in short.ways for one in way.candidates] == ["none", "palette"]
    with pytest.raises(BadSetting):
        plan.with_settings(epochs=-1)


def test_a_bad_plan_ends_the_command_with_one_line(fewshot: Run, tmp_path: Path) -> None:
    path = plan_at(tmp_path, PLAN.replace('train = "train"', "train = 1"))
    answer = fewshot("eval", "--plan", path, tmp_path)
    assert answer.code == 2
    assert answer.err.count("\n") == 1
    assert "pictures.train: it is a text, not 1" in answer.err


def test_reading_a_plan_loads_nothing_heavy() -> None:
    program = (
        "import sys; from fewshot.plans.plan_file import read_plan; "
        f"read_plan({str(SHIPPED / 'anime4.toml')!r}); print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert set(done.stdout.split()).isdisjoint({"numpy", "PIL", "keras", "tensorflow", "faiss"})
