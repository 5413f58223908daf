"""`fewshot train`: a folder becomes one file, the same for the same seed, and serves at once."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

pytest.importorskip("tensorflow")

from fewshot.bundles.bundle import read_bundle
from fewshot.training import keeper, starting_point
from tests.conftest import Answer, Folder, Run, draw
from tests.networks import write_own_model
from tests.stepping import step_by_step  # noqa: F401  a fixture

pytestmark = [pytest.mark.tensorflow, pytest.mark.usefixtures("step_by_step")]

Train = Callable[..., Answer]
HEAD = ("--backbone", "palette", "--epochs", "3")
QUICK: dict[str, tuple[str, ...]] = {
    "softmax": HEAD,
    "triplet": (*HEAD, "--names", "2", "--pictures", "2"),
    "finetune": ("--head-epochs", "2", "--epochs", "2", "--unfreeze", "features"),
    "scratch": ("--size", "32", "--epochs", "2", "--augment", "rotation=10", "--augment", "flip"),
}


@pytest.fixture(scope="module")
def keras_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_own_model(tmp_path_factory.mktemp("own") / "own.keras")


@pytest.fixture
def train(fewshot: Run, folder_of: Folder, tmp_path: Path, keras_model: Path) -> Train:
    """train("softmax", ...): red and blue, eight pictures each, into model.fewshot."""
    folder = folder_of(red=8, blue=8)

    def run(kind: str, *options: str | Path, out: str = "model.fewshot") -> Answer:
        quick = QUICK[kind]
        if kind == "finetune":
            quick = ("--backbone", f"file:{keras_model}", *quick)
        return fewshot("train", kind, folder, "-o", tmp_path / out, *quick, *options)

    return run


@pytest.mark.parametrize("kind", list(QUICK))
def test_each_kind_makes_a_model_that_classifies(
    kind: str, train: Train, fewshot: Run, tmp_path: Path
) -> None:
    answer = train(kind, "--json")
    assert answer.code == 0, answer.err
    (row,) = answer.json["trained"]
    assert row["classes"] == ["blue", "red"]
    assert row["metrics"]["n"] == 4
    low, high = row["metrics"]["interval"]
    assert low <= row["metrics"]["accuracy"] <= high
    draw("red", 77).save(tmp_path / "asked.png")
    asked = fewshot("match", "--model", tmp_path / "model.fewshot", tmp_path / "asked.png")
    assert asked.code == 0
    assert "asked.png: " in asked.out


@pytest.mark.parametrize("kind", list(QUICK))
def test_the_same_seed_gives_the_same_file(kind: str, train: Train) -> None:
    prints = [
        train(kind, "--json", "--seed", seed, out=name).json["trained"][0]["sha256"]
        for name, seed in (("a.fewshot", "1"), ("b.fewshot", "1"), ("c.fewshot", "2"))
    ]
    assert prints[0] == prints[1] != prints[2]


def test_heads_name_what_nearest_class_mean_named_before(train: Train) -> None:
    (row,) = train("softmax", "--json").json["trained"]
    assert row["metrics"]["untrained_accuracy"] == 1.0
    assert row["metrics"]["lost"] == 0


def test_beside_the_model_lie_log_card_and_plots(train: Train, tmp_path: Path) -> None:
    train("softmax")
    beside = tmp_path / "model.training"
    assert {one.name for one in beside.iterdir()} == {
        "log.jsonl", "model_card.md", "learning_curve.png", "confusion.png",
    }  # fmt: skip
    for name in ("learning_curve.png", "confusion.png"):
        with Image.open(beside / name) as plot:
            assert min(plot.size) > 300
    card = (beside / "model_card.md").read_text(encoding="utf-8")
    assert "| red | 6 | 2 |" in card
    assert "95 % interval" in card
    assert "License" in card


def test_the_log_has_a_line_an_epoch_and_one_of_the_end(train: Train, tmp_path: Path) -> None:
    train("finetune")
    text = (tmp_path / "model.training" / "log.jsonl").read_text(encoding="utf-8")
    *epochs, last = [json.loads(line) for line in text.splitlines()]
    assert [(one["stage"], one["number"]) for one in epochs] == [
        ("head", 1), ("head", 2), ("network", 1), ("network", 2),
    ]  # fmt: skip
    assert all(one["validation_loss"] > 0 for one in epochs)
    assert last["metrics"]["n"] == 4


def test_the_model_holds_all_that_says_what_it_is(train: Train, tmp_path: Path) -> None:
    train("finetune")
    with zipfile.ZipFile(tmp_path / "model.fewshot") as opened:
        names = set(opened.namelist())
        manifest = json.loads(opened.read("manifest.json"))
    assert names >= {
        "manifest.json", "model.tflite", "head/kernel0.npy", "model_card.md", "log.jsonl",
        "learning_curve.png", "confusion.png",
    }  # fmt: skip
    assert manifest["labels"] == ["blue", "red"]
    assert manifest["settings"]["kind"] == "finetune"
    assert manifest["data"]["counts"] == {"blue": [6, 2], "red": [6, 2]}
    assert set(manifest["versions"]) >= {"fewshot", "keras", "tensorflow"}
    assert manifest["base"]["license"]
    assert "cosine" in manifest["parity"]
    assert str(tmp_path) not in json.dumps(manifest)


def test_pictures_to_validate_on_may_be_named(
    train: Train, folder_of: Folder, tmp_path: Path
) -> None:
    other = tmp_path / "held"
    for color in ("red", "blue"):
        (other / color).mkdir(parents=True)
        draw(color, 55).save(other / color / "1.png")
    (row,) = train("softmax", "--validation", other, "--json").json["trained"]
    assert (row["pictures"], row["metrics"]["n"]) == (16, 2)


def test_a_picture_that_cannot_be_read_is_named_and_the_rest_goes_on(
    train: Train, tmp_path: Path
) -> None:
    (tmp_path / "pictures" / "red" / "bad.png").write_bytes(b"nothing")
    answer = train("scratch", "--json")
    assert answer.code == 3
    assert "bad.png" in answer.err
    (row,) = answer.json["trained"]
    assert [one["reason"] for one in row["refused"]] == ["it is not a picture (or a damaged one)"]


@pytest.mark.parametrize(("kind", "after"), [("softmax", 2), ("finetune", 1), ("finetune", 3)])
def test_what_was_interrupted_ends_as_what_was_not(
    kind: str, after: int, train: Train, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    straight = train(kind, "--json", out="straight.fewshot").json["trained"][0]["sha256"]
    _pull(monkeypatch, after)
    stopped = train(kind)
    monkeypatch.undo()
    assert stopped.code == 130
    assert "--resume goes on" in stopped.err
    assert not (tmp_path / "model.fewshot").exists()
    resumed = train(kind, "--resume", "--json")
    assert f"going on after epoch {after}" in resumed.err
    assert resumed.json["trained"][0]["sha256"] == straight
    assert not (tmp_path / "model.training" / starting_point.CHECKPOINT).exists()


def _pull(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """Interrupt a training when so many epochs are kept."""
    seen = []
    usual = keeper.Keeper.keep

    def keep(self: keeper.Keeper, progress: Any) -> None:
        usual(self, progress)
        seen.append(1)
        if len(seen) == after:
            raise KeyboardInterrupt

    monkeypatch.setattr(keeper.Keeper, "keep", keep)


def test_other_settings_do_not_go_on_and_leave_what_was_interrupted(
    train: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    _pull(monkeypatch, 1)
    train("softmax")
    monkeypatch.undo()
    answer = train("softmax", "--resume", "--seed", "9")
    assert answer.code == 2
    assert "it is of another training (seed was 0)" in answer.err
    assert "going on after epoch 1" in train("softmax", "--resume").err


def test_what_is_finished_is_not_trained_again_by_resume(train: Train, tmp_path: Path) -> None:
    train("softmax")
    before = (tmp_path / "model.fewshot").stat().st_mtime_ns
    answer = train("softmax", "--resume")
    assert answer.code == 0
    assert "is finished" in answer.err
    assert (tmp_path / "model.fewshot").stat().st_mtime_ns == before


def test_two_trainings_do_not_write_into_one_model(train: Train, tmp_path: Path) -> None:
    (tmp_path / "model.training").mkdir()
    with starting_point.alone_in(tmp_path / "model.training"):
        answer = train("softmax")
    assert answer.code == 2
    assert "another process is training into it" in answer.err
    assert train("softmax").code == 0


def test_a_model_that_is_replaced_is_named(train: Train) -> None:
    assert "is there already" not in train("softmax").err
    assert "model.fewshot is there already: it is replaced" in train("softmax").err


@pytest.mark.parametrize(
    ("where", "kept"),
    [
        ("fewshot.training.train.read_squares", False),  # nothing is learned yet
        ("fewshot.training.on_pixels._lift", True),  # all is learned, strangers are measured
        ("fewshot.training.on_pixels._served", True),  # the graph is being made
    ],
)
def test_an_interruption_says_whether_anything_is_kept(
    where: str, kept: bool, train: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    straight = train("scratch", "--json", out="straight.fewshot").json["trained"][0]["sha256"]

    def stop(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(where, stop)
    stopped = train("scratch")
    monkeypatch.undo()
    assert stopped.code == 130
    assert ("--resume goes on" in stopped.err) == kept
    assert ("nothing was learned yet" in stopped.err) != kept
    assert train("scratch", "--resume", "--json").json["trained"][0]["sha256"] == straight


def test_between_two_phases_the_first_is_kept(
    train: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    straight = train("finetune", "--json", out="straight.fewshot").json["trained"][0]["sha256"]
    usual = keeper.Keeper.after_step

    def step(self: keeper.Keeper, stage: str, *told: Any) -> None:
        usual(self, stage, *told)
        if stage == "network":
            raise KeyboardInterrupt

    monkeypatch.setattr(keeper.Keeper, "after_step", step)
    train("finetune")
    monkeypatch.undo()
    resumed = train("finetune", "--resume", "--json")
    assert "going on after epoch 2" in resumed.err
    assert resumed.json["trained"][0]["sha256"] == straight


def test_a_damaged_checkpoint_begins_anew(
    train: Train, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _pull(monkeypatch, 1)
    train("softmax")
    monkeypatch.undo()
    path = tmp_path / "model.training" / starting_point.CHECKPOINT
    path.write_bytes(path.read_bytes()[:1000])
    answer = train("softmax", "--resume")
    assert "beginning anew" in answer.err
    assert answer.code == 0


def test_a_killed_training_goes_on_from_its_last_checkpoint(
    train: Train, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(keeper, "EVERY", 0.0)
    kept: list[bytes] = []

    def after_step(stage: str, epoch: int, *rest: Any) -> None:
        path = tmp_path / "model.training" / starting_point.CHECKPOINT
        if epoch == 3 and not kept:
            kept.append(path.read_bytes())

    monkeypatch.setattr(keeper.Keeper, "after_step", lambda self, *told: after_step(*told))
    straight = train("softmax", "--json").json["trained"][0]["sha256"]
    (tmp_path / "model.training" / starting_point.CHECKPOINT).write_bytes(kept[0])
    resumed = train("softmax", "--resume", "--json")
    assert "going on after epoch 2" in resumed.err
    assert resumed.json["trained"][0]["sha256"] == straight


def bad(fewshot: Run, *arguments: str | Path) -> str:
    answer = fewshot("train", *arguments)
    assert answer.code == 2, answer.err
    assert answer.err.count("\n") == 1
    return answer.err


def test_one_class_fails_at_once(fewshot: Run, folder_of: Folder, tmp_path: Path) -> None:
    out = tmp_path / "m.fewshot"
    assert "one class only, red" in bad(fewshot, "softmax", folder_of(red=4), "-o", out)


def test_one_picture_a_class_fails_at_once(fewshot: Run, folder_of: Folder, tmp_path: Path) -> None:
    said = bad(fewshot, "scratch", folder_of(red=4, blue=1), "-o", tmp_path / "m.fewshot")
    assert "blue has one picture only" in said


def test_a_class_missing_in_validation_fails_at_once(
    fewshot: Run, folder_of: Folder, tmp_path: Path
) -> None:
    folder, held = folder_of(red=4, blue=4), tmp_path / "held"
    (held / "red").mkdir(parents=True)
    draw("red", 60).save(held / "red" / "1.png")
    said = bad(fewshot, "softmax", folder, "--validation", held, "-o", tmp_path / "m.fewshot")
    assert "blue has no picture to validate on" in said


def test_pictures_in_both_folders_are_listed(
    fewshot: Run, folder_of: Folder, tmp_path: Path
) -> None:
    folder = folder_of(red=4, blue=4)
    shutil.copytree(folder, tmp_path / "held")
    held = tmp_path / "held"
    said = bad(fewshot, "softmax", folder, "--validation", held, "-o", tmp_path / "m.fewshot")
    assert "8 picture(s) stand in" in said
    assert f"{folder / 'red' / '03.png'} = {held / 'red' / '03.png'}" in said


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("-o", "model.h5"), "name a file that ends in .fewshot"),
        (("-o", "nowhere/m.fewshot"), "there is no such folder"),
        (("-o", "pictures/m.fewshot"), "it would lie among the pictures"),
        (("-o", "m.fewshot", "--augment", "rotation"), "as in rotation=30"),
        (("-o", "m.fewshot", "--margin", "1"), "it decides nothing in this training"),
        (("-o", "m.fewshot", "--validation", "x", "--split", "0.3"), "leave one of them out"),
        (("-o", "m.fewshot", "--augment", "warp=1"), "there is rotation, zoom"),
        (("-o", "m.fewshot", "--augment", "zoom=much"), "takes NAME=AMOUNT"),
        (("-o", "m.fewshot", "--rate", "nan"), "rate cannot be nan"),
        (("-o", "m.fewshot", "--size", "20"), "takes 32 and more"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(
    fewshot: Run, folder_of: Folder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
    options: tuple[str, ...], words: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert words in bad(fewshot, "scratch", folder_of(red=4, blue=4), *options)


def test_palette_has_nothing_to_fine_tune(fewshot: Run, folder_of: Folder, tmp_path: Path) -> None:
    folder = folder_of(red=4, blue=4)
    said = bad(fewshot, "finetune", folder, "--backbone", "palette", "-o", tmp_path / "m.fewshot")
    assert "it comes finished" in said


def test_a_trained_model_is_no_start_for_another(train: Train, tmp_path: Path) -> None:
    train("softmax")
    answer = train("softmax", "--backbone", f"file:{tmp_path / 'model.fewshot'}", out="b.fewshot")
    assert answer.code == 2
    assert "train anew from what that model was made from" in answer.err


def test_missing_packages_are_named_with_what_installs_them(
    folder_of: Folder, tmp_path: Path
) -> None:
    program = (
        "import importlib.util, sys\n"
        "usual = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda n, *a: None if n == 'sklearn' else usual(n, *a)\n"
        "from fewshot.cli.main import main\n"
        "main(sys.argv[1:])"
    )
    command = [sys.executable, "-c", program, "train", "softmax", str(folder_of(red=4, blue=4))]
    done = subprocess.run(
        [*command, "-o", str(tmp_path / "m.fewshot")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 5
    assert "sklearn, which is not installed" in done.stderr
    assert "fewshot[train]" in done.stderr


def test_a_rate_that_runs_away_is_said_in_a_line(
    fewshot: Run, folder_of: Folder, tmp_path: Path
) -> None:
    options = ("--rate", "9", "--optimizer", "sgd", "--size", "32", "--epochs", "3")
    out = tmp_path / "m.fewshot"
    said = bad(fewshot, "scratch", folder_of(red=4, blue=4), "-o", out, *options)
    assert "learn at a lower rate" in said


def test_how_near_strangers_come_is_measured_from_six_names_on(
    train: Train, fewshot: Run, tmp_path: Path
) -> None:
    train("softmax")
    assert read_bundle(tmp_path / "model.fewshot").lift is None
    folder = tmp_path / "six"
    for number in range(6):
        (folder / f"n{number}").mkdir(parents=True)
        for seed in range(4):
            picture = draw(["red", "blue", "green"][number % 3], seed + 10 * number)
            picture.save(folder / f"n{number}" / f"{seed}.png")
    out = tmp_path / "six.fewshot"
    fewshot("train", "softmax", folder, "-o", out, *HEAD)
    assert read_bundle(out).lift is not None
    fewshot("train", "softmax", folder, "-o", out, *HEAD, "--skip-strangers")
    assert read_bundle(out).lift is None
    fewshot("train", "scratch", folder, "-o", out, *QUICK["scratch"])
    assert read_bundle(out).lift is not None


@pytest.mark.parametrize("kind", ["softmax", "finetune", "scratch"])
def test_a_binary_loss_of_three_classes_fails_at_once(
    kind: str, fewshot: Run, folder_of: Folder, tmp_path: Path
) -> None:
    folder = folder_of(red=3, blue=3, green=3)
    said = bad(fewshot, kind, folder, "-o", tmp_path / "m.fewshot", "--loss", "binary")
    assert "two classes apart, there are 3" in said


def test_a_folder_without_classes_is_said_in_its_words(
    fewshot: Run, folder_of: Folder, tmp_path: Path
) -> None:
    folder = folder_of(red=3) / "red"
    said = bad(fewshot, "softmax", folder, "-o", tmp_path / "m.fewshot")
    assert "it has no sub-folders, each of which would be a class" in said


def test_without_a_kind_it_shows_its_help(fewshot: Run) -> None:
    answer = fewshot("train")
    assert answer.code == 2
    assert "finetune" in answer.err
    assert "\\n" not in answer.err


def test_two_classes_may_be_one_logit(train: Train, tmp_path: Path) -> None:
    train("softmax", "--loss", "binary")
    made = read_bundle(tmp_path / "model.fewshot")
    assert made.head.arrays()["bias1"].shape == (1,)
