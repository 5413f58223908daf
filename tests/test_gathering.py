"""A plan's pictures are found where it says, or the error shows the layout; leaks are found."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from fewshot.backbones.catalog import MOBILENETV2
from fewshot.plans.available import first_here
from fewshot.plans.errors import WrongLayout
from fewshot.plans.gathering import gather
from fewshot.plans.plan_file import read_plan
from tests.conftest import Folder, Run
from tests.test_plan_file import PLAN, SHIPPED, plan_at

SHARE = PLAN.replace('train = "train"', "").replace('folder = "test"', "share = 0.34")


@pytest.fixture
def root(tmp_path: Path, folder_of: Folder) -> Path:
    """Four pictures each of two colors to learn from, two others to test on."""
    folder_of("DIR/train", red=4, blue=4)
    made = folder_of("more", red=6, blue=6)
    for color in ("red", "blue"):
        (tmp_path / "DIR/test" / color).mkdir(parents=True)
        for name in ("04.png", "05.png"):
            shutil.copy(made / color / name, tmp_path / "DIR/test" / color / name)
    return tmp_path / "DIR"


def leak(root: Path) -> None:
    shutil.copy(root / "train/red/00.png", root / "test/red/again.png")


def test_pictures_are_found_in_their_folders(root: Path, tmp_path: Path) -> None:
    found = gather(read_plan(plan_at(tmp_path)), root)
    assert found.names == ("blue", "red")
    assert (len(found.learn), len(found.tests["test"])) == (8, 4)
    assert found.shown(found.learn[0].file) == "train/blue/00.png"
    assert found.dropped == ()


def test_a_share_is_drawn_of_each_class_and_never_learned_from(
    tmp_path: Path, folder_of: Folder
) -> None:
    folder = folder_of(red=6, blue=3)
    plan = read_plan(plan_at(tmp_path, SHARE))
    found = gather(plan, folder)
    asked = [one.name for one in found.tests["test"]]
    assert (asked.count("red"), asked.count("blue")) == (2, 1)
    assert not {one.digest for one in found.learn} & {one.digest for one in found.tests["test"]}
    assert gather(plan, folder) == found


def test_a_share_takes_three_pictures_a_class(tmp_path: Path, folder_of: Folder) -> None:
    with pytest.raises(WrongLayout, match="red: fewer than 3 pictures"):
        gather(read_plan(plan_at(tmp_path, SHARE)), folder_of(red=2, blue=3))


def test_a_leak_is_refused_with_both_pictures(root: Path, tmp_path: Path) -> None:
    leak(root)
    with pytest.raises(WrongLayout, match=r"train/red/00\.png = .*test/red/again\.png"):
        gather(read_plan(plan_at(tmp_path)), root)


def test_a_leak_is_dropped_from_what_is_learned_where_the_plan_says_so(
    root: Path, tmp_path: Path
) -> None:
    leak(root)
    text = PLAN.replace('train = "train"', 'train = "train"\nleaks = "drop from train"')
    found = gather(read_plan(plan_at(tmp_path, text)), root)
    ((learned, tested),) = found.dropped
    assert found.shown(learned.file) == "train/red/00.png"
    assert found.shown(tested.file) == "test/red/again.png"
    assert (len(found.learn), len(found.tests["test"])) == (7, 5)


@pytest.mark.parametrize(
    ("change", "plan", "words"),
    [
        ("rm -r test", PLAN, "it has no folder test"),
        ("rm -r test/red", PLAN, "red: no picture in test"),
        ("mv test/red test/green", PLAN, "red: no picture in test"),
        ("mv test/red/04.png test/green/04.png", PLAN, "green: in test only, not in train"),
        ("rm -r train/red", PLAN, "there is one class only, blue"),
        ("rm train/red/0[123].png", PLAN, "red: fewer than 2 pictures to learn from"),
        ("", PLAN.replace("train = ", 'names = ["a", "b"]\ntrain = '), "are to be a, b, not blue"),
        ("", PLAN.replace("train = ", "classes = 3\ntrain = "), "there are to be 3 classes, not 2"),
        ("cp train/red/00.png train/blue/x.png", PLAN, "the same picture in two classes"),
    ],
)
def test_another_layout_is_refused_and_the_wanted_one_shown(
    change: str, plan: str, words: str, root: Path, tmp_path: Path
) -> None:
    alter(root, change)
    with pytest.raises(WrongLayout, match=words) as refused:
        gather(read_plan(plan_at(tmp_path, plan)), root)
    assert "it wants DIR laid out as DIR/train/NAME/*, DIR/test/NAME/*" in str(refused.value)


def alter(root: Path, change: str) -> None:
    """Do what `rm`, `mv` or `cp` would do."""
    how, *paths = change.replace("-r ", "").split() or ["none"]
    if how == "rm":
        for path in root.glob(paths[0]):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    elif how == "mv":
        (root / paths[1]).parent.mkdir(exist_ok=True)
        (root / paths[0]).rename(root / paths[1])
    elif how == "cp":
        source = root / paths[0]
        (shutil.copytree if source.is_dir() else shutil.copy)(source, root / paths[1])


def test_no_folder_at_all_is_one_line(fewshot: Run, tmp_path: Path) -> None:
    answer = fewshot("eval", "--plan", plan_at(tmp_path), tmp_path / "nowhere")
    assert answer.code == 2
    assert answer.err.count("\n") == 1
    assert "there is no such folder; it wants DIR laid out as" in answer.err


def test_the_first_backbone_whose_weights_are_here_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEWSHOT_WEIGHTS", str(tmp_path))
    monkeypatch.delenv("FEWSHOT_OFFLINE")  # and yet nothing is downloaded
    (way,) = read_plan(SHIPPED / "disney.toml").ways
    assert first_here(way.candidates)[0] is None
    other = way.candidates[1].choice
    assert other is not None
    (tmp_path / str(other.weights)).write_bytes(b"weights")
    found, reasons = first_here(way.candidates)
    assert found is not None
    assert found.choice == replace(other, size=150)
    (reason,) = reasons
    assert MOBILENETV2.network is not None
    assert MOBILENETV2.network.weights.file in reason
    assert "fewshot models fetch mobilenetv2" in reason


def test_a_file_under_a_published_name_that_is_another_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEWSHOT_WEIGHTS", str(tmp_path))
    assert MOBILENETV2.network is not None
    (tmp_path / MOBILENETV2.network.weights.file).write_bytes(b"no weights")
    (way,) = read_plan(SHIPPED / "disney.toml").ways
    found, reasons = first_here(way.candidates)
    assert found is None
    assert "it has 10 bytes" in reasons[0]
