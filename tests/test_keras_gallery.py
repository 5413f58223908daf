"""A gallery and a Keras backbone: bound by fingerprint, opened without tensorflow, told apart."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fewshot import BackboneChoice, Recognizer
from fewshot.backbones import provision
from fewshot.backbones.artifact import GRAPH
from fewshot.backbones.cache import artifacts_folder
from fewshot.backbones.errors import BadBackboneOption
from fewshot.errors import RecipeMismatch
from tests.conftest import Folder, Run, process
from tests.networks import write_own_model

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A model, and a cache in which it is built."""
    folder = tmp_path_factory.mktemp("models")
    return write_own_model(folder / "own.keras"), folder / "cache"


@pytest.fixture
def model(made: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> str:
    """A model whose artifact all tests of this file share; those that harm it copy it first."""
    monkeypatch.setenv("FEWSHOT_CACHE", str(made[1]))
    return f"file:{made[0]}"


@pytest.fixture
def without_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provision, "find_spec", lambda name: None)


@pytest.fixture
def gallery(model: str, folder_of: Folder, tmp_path: Path) -> Path:
    path = tmp_path / "own.db"
    with Recognizer.create(path, backbone=model) as recognizer:
        recognizer.enroll_folder(folder_of(red=3, blue=3))
    return path


def test_it_names_who_is_enrolled(gallery: Path, photo: Callable[..., Path]) -> None:
    with Recognizer.open(gallery) as recognizer:
        assert recognizer.match(photo("red")).guess == "red"


def test_it_opens_without_tensorflow_and_without_the_model(
    gallery: Path, made: tuple[Path, Path], photo: Callable[..., Path], without_tensorflow: None
) -> None:
    moved = made[0].rename(made[0].with_suffix(".away"))
    try:
        with Recognizer.open(gallery) as recognizer:
            assert recognizer.match(photo("blue")).guess == "blue"
    finally:
        moved.rename(made[0])


def test_matching_loads_litert_and_no_tensorflow(gallery: Path, photo: Callable[..., Path]) -> None:
    from tests.test_architecture import loaded

    used = loaded("match", photo("red"), "-g", gallery)
    assert "ai_edge_litert" in used
    assert used.isdisjoint({"tensorflow", "keras", "h5py", "sklearn", "rich"})


def test_what_litert_says_stays_off_standard_error(
    gallery: Path, photo: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FEWSHOT_DEBUG")
    assert process("match", photo("red"), "-g", gallery).err == ""


def test_the_same_backbone_may_be_named_again(gallery: Path, model: str) -> None:
    with Recognizer.create(gallery, backbone=model) as recognizer:
        assert len(recognizer.identities()) == 2


@pytest.mark.parametrize(
    "other",
    [
        "palette",
        "mobilenetv2",
        BackboneChoice("file:own.keras", layer="features"),
        BackboneChoice("file:own.keras", precision="fp16"),
        BackboneChoice("file:own.keras", size=64),
    ],
)
def test_another_backbone_is_refused_and_both_are_named(
    other: str | BackboneChoice, gallery: Path, made: tuple[Path, Path], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(made[0].parent)
    with pytest.raises(RecipeMismatch, match=r"was made with file:.*own\.keras.*, not with"):
        Recognizer.create(gallery, backbone=other)


def test_a_model_that_was_trained_on_is_another_backbone(gallery: Path, tmp_path: Path) -> None:
    other = write_own_model(tmp_path / "own.keras", seed=1)
    with pytest.raises(RecipeMismatch, match="weights"):
        Recognizer.create(gallery, backbone=f"file:{other}")


def test_a_gallery_whose_backbone_is_gone_says_which_and_what_to_do(
    gallery: Path, photo: Callable[..., Path], tmp_path: Path, fewshot: Run,
    monkeypatch: pytest.MonkeyPatch, made: tuple[Path, Path],
) -> None:  # fmt: skip
    monkeypatch.setenv("FEWSHOT_CACHE", str(tmp_path / "empty"))
    moved = made[0].rename(made[0].with_suffix(".away"))
    try:
        answer = fewshot("match", photo("red"), "-g", gallery)
    finally:
        moved.rename(made[0])
    assert answer.code == 5
    assert "own.keras" in answer.err
    assert "folder of FEWSHOT_WEIGHTS" in answer.err


def test_a_gallery_whose_artifact_is_damaged_gets_it_built_anew(
    gallery: Path, photo: Callable[..., Path], tmp_path: Path, fewshot: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    shutil.copytree(artifacts_folder(), tmp_path / "cache" / "backbones")
    monkeypatch.setenv("FEWSHOT_CACHE", str(tmp_path / "cache"))
    (graph,) = artifacts_folder().glob(f"file-*/{GRAPH}")
    graph.write_bytes(b"")
    answer = fewshot("match", photo("red"), "-g", gallery)
    assert answer.code in (0, 1)
    assert "building it anew" in answer.err


def test_a_gallery_without_references_lists_without_its_backbone(
    gallery: Path, tmp_path: Path, fewshot: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEWSHOT_CACHE", str(tmp_path / "empty"))
    assert fewshot("list", "-g", gallery).code == 0


def test_an_empty_gallery_says_how_to_begin_with_another_backbone(
    model: str, tmp_path: Path
) -> None:
    Recognizer.create(tmp_path / "empty.db").close()
    with pytest.raises(RecipeMismatch, match="nobody is enrolled in it yet: delete the file"):
        Recognizer.create(tmp_path / "empty.db", backbone=model)


@pytest.mark.parametrize("wrong", [{"watch": print}, {"backbone": 42}])
def test_a_watch_or_backbone_of_another_type_is_refused(
    wrong: dict[str, Any], tmp_path: Path
) -> None:
    with pytest.raises(TypeError, match=r"a fewshot\.Watch|a BackboneChoice"):
        Recognizer.create(tmp_path / "typed.db", **wrong)


@pytest.mark.parametrize("threads", [1, 3])
def test_any_number_of_threads_gives_the_same_answer(
    threads: int, gallery: Path, photo: Callable[..., Path]
) -> None:
    pictures = [photo("red"), photo("blue")]
    with Recognizer.open(gallery) as recognizer, Recognizer.open(gallery, threads=threads) as some:
        usual, own = (
            [match.similarity for match in each.match_all(pictures)]  # type: ignore[union-attr]
            for each in (recognizer, some)
        )
    assert own == pytest.approx(usual, abs=1e-6)


def test_no_threads_at_all_are_refused(gallery: Path) -> None:
    with pytest.raises(ValueError, match="threads is 1 or more"):
        Recognizer.open(gallery, threads=0)


def test_one_bad_picture_does_not_stop_the_rest(
    model: str, folder_of: Folder, fewshot: Run
) -> None:
    folder = folder_of(red=5)
    (folder / "red" / "02.png").write_bytes(b"no picture")
    answer = fewshot("enroll", folder, "--backbone", model, "--json")
    (row,) = answer.json["enrolled"]
    assert (answer.code, row["added"], len(row["refused"])) == (3, 4, 1)


def test_references_stand_in_the_order_given(model: str, folder_of: Folder, tmp_path: Path) -> None:
    pictures = sorted((folder_of(red=12) / "red").iterdir())[::-1]
    with Recognizer.create(tmp_path / "ordered.db", backbone=model) as recognizer:
        recognizer.enroll(pictures, "red")
        sources = [reference.source for reference in recognizer.references("red")]
    assert sources == [str(picture) for picture in pictures]


def test_weights_beside_a_model_of_one_s_own_are_refused(gallery: Path, model: str) -> None:
    with pytest.raises(BadBackboneOption, match="holds its own"):
        Recognizer.create(gallery, backbone=BackboneChoice(model, weights="other.h5"))


@pytest.mark.parametrize("network", ["../../outside/x", "nonsense", "vgg19"])
def test_a_gallery_whose_recipe_was_tampered_with_is_damaged(
    network: str, gallery: Path, photo: Callable[..., Path], fewshot: Run, tmp_path: Path
) -> None:
    connection = sqlite3.connect(gallery)
    ((text,),) = connection.execute("SELECT json FROM recipe")
    parts = json.loads(text)
    parts["blueprint"]["network"] = network
    connection.execute("UPDATE recipe SET json = ?", (json.dumps(parts),))
    connection.commit()
    connection.close()
    assert fewshot("match", photo("red"), "-g", gallery).code == 4
    assert not (tmp_path.parent / "outside").exists()


def test_a_gallery_with_somebody_in_it_says_to_leave_the_option_out(gallery: Path) -> None:
    with pytest.raises(RecipeMismatch, match="leave the option out"):
        Recognizer.create(gallery, backbone="palette")
