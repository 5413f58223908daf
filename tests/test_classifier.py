"""A trained model serves: it classifies by match --model, and embeds for a gallery."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from fewshot import Classifier, Recognizer
from fewshot.errors import UnreadableImage
from tests.conftest import COLORS, Folder, Run, draw
from tests.models import knowing_colors
from tests.test_architecture import loaded

HEAVY = {"tensorflow", "keras", "sklearn", "matplotlib"}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "colors.fewshot"
    knowing_colors().write(path)
    return path


def test_it_names_a_picture_it_has_not_seen(model: Path) -> None:
    answer = Classifier.open(model).classify(draw("red", 7))
    assert (answer.name, answer.status) == ("red", "known")
    assert answer.ranking[0][1] == answer.probability > 1 / 3


def test_its_ranking_holds_every_class_and_sums_to_one(model: Path) -> None:
    ranking = Classifier.open(model).classify(draw("blue", 7)).ranking
    assert {name for name, _ in ranking} == {"blue", "green", "red"}
    assert sum(chance for _, chance in ranking) == pytest.approx(1.0, abs=1e-5)
    assert [chance for _, chance in ranking] == sorted((c for _, c in ranking), reverse=True)


def test_below_the_probability_asked_for_it_names_nobody(model: Path) -> None:
    answer = Classifier.open(model).classify(draw("red", 7), at_least=1.0)
    assert (answer.name, answer.status, answer.guess) == (None, "unknown", "red")


def test_a_picture_that_cannot_be_read_is_an_error_alone_and_a_refusal_among_others(
    model: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"nothing")
    classifier = Classifier.open(model)
    with pytest.raises(UnreadableImage):
        classifier.classify(bad)
    answers = list(classifier.classify_all([draw("red", 7), bad, draw("blue", 7)]))
    assert [one.status for one in answers] == ["known", "unreadable", "known"]


def test_match_says_the_class_and_how_likely(
    fewshot: Run, model: Path, photo: object, tmp_path: Path
) -> None:
    draw("red", 7).save(tmp_path / "asked.png")
    answer = fewshot("match", "--model", model, tmp_path / "asked.png")
    assert answer.code == 0
    assert "asked.png: red 0." in answer.out
    assert "(next " in answer.out


def test_match_in_json_says_all_of_it(fewshot: Run, model: Path, tmp_path: Path) -> None:
    draw("red", 7).save(tmp_path / "asked.png")
    document = fewshot("match", "--model", model, tmp_path / "asked.png", "--json", "-k", "2").json
    assert document["model"] == str(model)
    (row,) = document["matches"]
    assert (row["name"], row["status"], row["error"]) == ("red", "known", None)
    assert row["ranking"][0]["name"] == "red"
    assert len(row["ranking"]) == 2
    assert row["box"] == [0, 0, 120, 100]


def test_match_in_csv_has_the_columns_that_count(fewshot: Run, model: Path, tmp_path: Path) -> None:
    draw("red", 7).save(tmp_path / "asked.png")
    head, row = fewshot("match", "--model", model, tmp_path / "asked.png", "--csv").out.split()
    assert head == "query,status,name,guess,probability,error"
    assert ",known,red,red,0." in row


def test_a_threshold_is_a_probability_and_ends_with_1(
    fewshot: Run, model: Path, tmp_path: Path
) -> None:
    draw("red", 7).save(tmp_path / "asked.png")
    answer = fewshot("match", "--model", model, tmp_path / "asked.png", "--threshold", "1")
    assert answer.code == 1
    assert "unknown; likeliest red" in answer.out


@pytest.mark.parametrize("threshold", ["-0.5", "1.5"])
def test_a_threshold_that_is_no_probability_is_refused(
    fewshot: Run, model: Path, threshold: str
) -> None:
    answer = fewshot("match", "--model", model, "x.png", "--threshold", threshold)
    assert answer.code == 2
    assert "probability" in answer.err


def test_a_picture_that_cannot_be_read_ends_with_3(
    fewshot: Run, model: Path, folder_of: Folder
) -> None:
    folder = folder_of(red=2)
    (folder / "red" / "bad.png").write_bytes(b"nothing")
    answer = fewshot("match", "--model", model, folder)
    assert answer.code == 3
    assert "2 classified, 1 unreadable" in answer.err


@pytest.mark.parametrize(
    "option",
    [("--strict",), ("--explain",), ("--max-false-name", "0.1"), ("--montage", "m.png"),
     ("--gallery", "g.db")],
)  # fmt: skip
def test_what_only_a_gallery_can_do_is_refused_with_how_to(
    fewshot: Run, model: Path, option: tuple[str, ...]
) -> None:
    answer = fewshot("match", "--model", model, "x.png", *option)
    assert answer.code == 2
    assert "enroll with --backbone file:MODEL" in answer.err


def test_a_model_that_is_none_ends_with_5_in_a_line(fewshot: Run, tmp_path: Path) -> None:
    (tmp_path / "x.fewshot").write_bytes(b"nothing")
    answer = fewshot("match", "--model", tmp_path / "x.fewshot", "x.png")
    assert answer.code == 5
    assert answer.err.count("\n") == 1
    assert "x.fewshot: it is no model that fewshot wrote, or damaged" in answer.err


def test_classifying_loads_nothing_that_trains(model: Path, tmp_path: Path) -> None:
    draw("red", 7).save(tmp_path / "asked.png")
    used = loaded("match", "--model", model, tmp_path / "asked.png")
    assert used.isdisjoint(HEAVY | {"faiss", "ai_edge_litert"})


def enrolled_with(model: Path, fewshot: Run, folder: Path) -> None:
    answer = fewshot("enroll", folder, "--backbone", f"file:{model}")
    assert answer.code == 0, answer.err


def test_a_gallery_of_its_vectors_names_characters_it_was_never_trained_on(
    fewshot: Run, model: Path, folder_of: Folder, tmp_path: Path
) -> None:
    enrolled_with(model, fewshot, folder_of(yellow=3, red=3))
    draw("yellow", 9).save(tmp_path / "asked.png")
    (row,) = fewshot("match", tmp_path / "asked.png", "--json").json["matches"]
    assert row["guess"] == "yellow"


def test_such_a_gallery_says_which_head_made_it(
    fewshot: Run, model: Path, folder_of: Folder
) -> None:
    enrolled_with(model, fewshot, folder_of(red=2, blue=2))
    assert f"head {knowing_colors().head.fingerprint[:8]}" in fewshot("info").out


def test_enrolling_and_matching_with_it_load_nothing_that_trains(
    fewshot: Run, model: Path, folder_of: Folder
) -> None:
    folder = folder_of(red=2, blue=2)
    used = loaded("enroll", folder, "--backbone", f"file:{model}")
    assert (used | loaded("match", folder)).isdisjoint(HEAVY)


@pytest.mark.parametrize("gone", ["moved", "replaced"])
def test_such_a_gallery_goes_on_when_the_file_is(
    gone: str, fewshot: Run, model: Path, folder_of: Folder
) -> None:
    folder = folder_of(red=2, blue=2)
    enrolled_with(model, fewshot, folder)
    model.rename(model.with_name("elsewhere.fewshot"))
    if gone == "replaced":
        knowing_colors(seed=1).write(model)
    assert fewshot("match", folder / "red" / "00.png").code == 0


def test_without_the_file_and_its_copy_it_says_what_to_do(
    fewshot: Run, model: Path, folder_of: Folder, tmp_path: Path
) -> None:
    folder = folder_of(red=2, blue=2)
    enrolled_with(model, fewshot, folder)
    model.unlink()
    shutil.rmtree(tmp_path / "cache")
    answer = fewshot("match", folder)
    assert answer.code == 5
    assert f"put it back at {model}" in answer.err
    assert fewshot("list").code == 0


def test_a_copy_that_was_damaged_is_made_anew(
    fewshot: Run, model: Path, folder_of: Folder, tmp_path: Path
) -> None:
    folder = folder_of(red=2, blue=2)
    enrolled_with(model, fewshot, folder)
    (copy,) = (tmp_path / "cache" / "models").iterdir()
    copy.write_bytes(b"")
    fewshot("enroll", folder, "--backbone", f"file:{model}", "-g", tmp_path / "second.db")
    model.unlink()
    assert fewshot("match", folder / "red" / "00.png").code == 0


def test_another_model_does_not_go_into_that_gallery(
    fewshot: Run, model: Path, folder_of: Folder, tmp_path: Path
) -> None:
    folder = folder_of(red=2, blue=2)
    enrolled_with(model, fewshot, folder)
    knowing_colors(seed=1).write(tmp_path / "other.fewshot")
    answer = fewshot("enroll", folder, "--backbone", f"file:{tmp_path / 'other.fewshot'}")
    assert answer.code == 5
    assert "was made with" in answer.err
    enrolled_with(model, fewshot, folder)


def test_a_model_takes_no_further_options(fewshot: Run, model: Path, folder_of: Folder) -> None:
    answer = fewshot("enroll", folder_of(red=2), "--backbone", f"file:{model}", "--size", "64")
    assert answer.code == 2
    assert "one form only" in answer.err


def test_a_keras_model_under_our_name_is_refused(
    fewshot: Run, folder_of: Folder, tmp_path: Path
) -> None:
    import json
    import zipfile

    path = tmp_path / "evil.fewshot"
    lambda_layer = {"class_name": "Lambda", "config": {"function": "__import__('os')"}}
    with zipfile.ZipFile(path, "w") as keras_file:
        keras_file.writestr("config.json", json.dumps(lambda_layer))
        keras_file.writestr("model.weights.h5", b"")
    answer = fewshot("enroll", folder_of(red=2), "--backbone", f"file:{path}")
    assert answer.code == 5
    assert "cannot use model" in answer.err


def test_in_python_it_is_a_backbone_too(model: Path, tmp_path: Path) -> None:
    with Recognizer.create(tmp_path / "own.db", backbone=f"file:{model}") as one:
        named = [(color, draw(color, seed)) for color in COLORS for seed in range(3)]
        one.enroll_all(named)
        assert one.match(draw("green", 9)).guess == "green"


def test_the_vectors_of_a_gallery_are_those_of_its_space(model: Path) -> None:
    from fewshot import Embedder

    vector = Embedder.by_name("whole", f"file:{model}").embed(draw("red", 7))
    assert vector.shape == (40,)
    assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)


def test_models_info_says_what_a_model_is(fewshot: Run, model: Path) -> None:
    (row,) = fewshot("models", "info", f"file:{model}", "--json").json["models"]
    assert row["classes"] == ["blue", "green", "red"]
    assert row["kind"] == "softmax"
    assert "classes: 3: blue, green, red" in fewshot("models", "info", model).out
