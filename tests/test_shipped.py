"""backbones.shipped: the network inside the package, and the galleries that are made with it."""

from __future__ import annotations

import shutil
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fewshot import Recognizer
from fewshot.backbones import shipped as place
from fewshot.backbones.artifact import GRAPH, MANIFEST
from fewshot.backbones.catalog import COMPACT, DEFAULT, same_picture_of
from fewshot.backbones.choice import BackboneChoice
from fewshot.backbones.errors import BackboneUnavailable, BadBackboneOption
from fewshot.backbones.loading import load_again, load_backbone
from fewshot.backbones.probes import drawn
from fewshot.backbones.shipped import CARD, FOLDER, shipped
from fewshot.evaluation.ready import ready_here
from fewshot.store import Store
from fewshot.watch import Watch
from tests.conftest import Run

HERE = FOLDER / COMPACT.name


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The package's folder of graphs, as a copy that may be damaged."""
    shutil.copytree(FOLDER, tmp_path / "graphs")
    monkeypatch.setattr(place, "FOLDER", tmp_path / "graphs")
    return tmp_path / "graphs" / COMPACT.name


def test_it_is_the_default() -> None:
    assert DEFAULT == "compact"


def test_it_has_six_megabytes_at_most() -> None:
    assert (HERE / GRAPH).stat().st_size <= 6_000_000


def test_its_card_says_the_size_and_the_width_that_it_has() -> None:
    made = shipped(COMPACT).manifest
    assert (made.blueprint.size, made.d) == (COMPACT.input_size, COMPACT.d)


def test_its_graph_was_compared_with_keras_on_real_pictures() -> None:
    parity = shipped(COMPACT).manifest.parity
    assert parity.pictures >= 100
    assert parity.lowest >= 0.95  # int8; training/joining.md: it names as often
    assert parity.mean >= 0.98
    assert parity.on == "training pictures"


def test_it_needs_no_cache_no_weights_and_no_tensorflow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEWSHOT_CACHE", str(tmp_path / "nothing"))
    monkeypatch.delenv("FEWSHOT_WEIGHTS", raising=False)
    assert load_backbone("compact").embed(list(drawn(1))).shape == (1, COMPACT.d)
    assert not (tmp_path / "nothing").exists()


def test_it_has_a_model_card_that_says_what_it_learned_from_and_under_what_license() -> None:
    card = (HERE / CARD).read_text(encoding="utf-8")
    for said in ("hololive", "lfw", "license", "not", "Photographs and caricatures"):
        assert said in card


@pytest.mark.parametrize("option", ["weights", "layer", "size", "precision", "preprocessing"])
def test_it_comes_in_one_form_only(option: str) -> None:
    given: dict[str, Any] = {option: 96 if option == "size" else "symmetric"}
    with pytest.raises(BadBackboneOption, match="one form only"):
        load_backbone(replace(BackboneChoice("compact"), **given))


def test_a_damaged_graph_is_refused_and_says_what_helps(copied: Path) -> None:
    data = bytearray((copied / GRAPH).read_bytes())
    data[len(data) // 2] ^= 1
    (copied / GRAPH).write_bytes(data)
    with pytest.raises(BackboneUnavailable, match="install fewshot anew"):
        load_backbone("compact")


@pytest.mark.parametrize("lost", [GRAPH, MANIFEST])
def test_a_missing_file_is_refused_and_says_what_helps(lost: str, copied: Path) -> None:
    (copied / lost).unlink()
    with pytest.raises(BackboneUnavailable, match="install fewshot anew"):
        load_backbone("compact")


def test_a_graph_of_another_name_is_refused(copied: Path) -> None:
    text = (copied / MANIFEST).read_text().replace('"name": "compact"', '"name": "compacted"')
    (copied / MANIFEST).write_text(text)
    with pytest.raises(BackboneUnavailable, match="it is compacted"):
        load_backbone("compact")


def test_a_gallery_of_another_version_of_it_says_which_it_needs(tmp_path: Path) -> None:
    made = shipped(COMPACT).manifest.blueprint
    with pytest.raises(BackboneUnavailable, match=r"this fewshot has .* install the fewshot that"):
        load_again("compact", replace(made, weights="0" * 64))


def test_a_new_gallery_is_made_with_it_and_opened_with_it_again(tmp_path: Path) -> None:
    with Recognizer.create(tmp_path / "a.db") as made:
        made.enroll(next(drawn()), "one")
    with closing(Store.open(tmp_path / "a.db")) as store:
        assert store.recipe.backbone == "compact"
        assert store.recipe.blueprint == shipped(COMPACT).manifest.blueprint
    with Recognizer.open(tmp_path / "a.db") as again:
        assert again.match(next(drawn())).name == "one"


def test_a_gallery_of_palette_goes_on_with_palette(fewshot: Run, tmp_path: Path) -> None:
    from PIL import Image

    pictures = [tmp_path / f"{n}.png" for n in range(3)]
    for path, pixels in zip(pictures, drawn(3), strict=True):
        Image.fromarray(pixels).save(path)
    assert fewshot("enroll", pictures[0], "--name", "a", "--backbone", "palette").code == 0
    assert fewshot("enroll", pictures[1], "--name", "b").code == 0
    assert fewshot("match", pictures[1], "--json").json["matches"][0]["name"] == "b"
    assert fewshot("info", "--json").json["info"][0]["d"] == 502


def test_pictures_are_told_apart_by_it_and_a_mirror_image_is_not() -> None:
    one, other = list(drawn(2))
    vectors = load_backbone("compact").embed([one, one[:, ::-1], other])
    assert float(vectors[0] @ vectors[1]) > float(vectors[0] @ vectors[2])
    assert np.isfinite(vectors).all()


def test_its_limit_for_the_same_picture_holds_whatever_its_layer_is_called() -> None:
    layer = shipped(COMPACT).manifest.blueprint.layer
    assert same_picture_of("compact", layer) == COMPACT.same_picture


def test_models_list_says_that_it_is_damaged(fewshot: Run, copied: Path) -> None:
    (copied / MANIFEST).write_text("nothing")
    rows = {row["name"]: row for row in fewshot("models", "list", "--json").json["models"]}
    assert rows["compact"]["state"] == "damaged"
    assert rows["palette"]["state"] == "ready"


def test_eval_goes_on_without_it_where_it_is_damaged(copied: Path) -> None:
    (copied / GRAPH).write_bytes(b"nothing")
    heard: list[str] = []

    class Hearing(Watch):
        def say(self, text: str) -> None:
            heard.append(text)

    assert [one.title for one in ready_here(Hearing())] == ["palette"]
    assert any("compact is passed over" in one for one in heard)


def test_models_info_says_where_its_card_is_and_how_it_was_compared(fewshot: Run) -> None:
    printed = fewshot("models", "info", "compact").out
    assert str(HERE / CARD) in printed
    assert "cosine to Keras" in printed


def test_models_verify_reads_it_whole(fewshot: Run, copied: Path) -> None:
    assert fewshot("models", "verify").code == 0
    (copied / GRAPH).write_bytes(b"nothing")
    answer = fewshot("models", "verify")
    assert answer.code == 5
    assert "install fewshot anew" in answer.out
