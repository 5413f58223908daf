"""`fewshot eval DIR`: tables for people, documents for programs, a page to look at."""

from __future__ import annotations

import csv
import io
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import click
import pytest

from fewshot.backbones.choice import BackboneChoice
from fewshot.cli.compared import choices_of
from tests.conftest import Answer, Folder, Run
from tests.test_evaluate import picture

QUICK = ("--backbones", "palette", "--methods", "gallery,mean,ridge", "--episodes", "3")


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Four names with five pictures each."""
    for name in range(4):
        (tmp_path / "photos" / f"name{name}").mkdir(parents=True)
        for seed in range(5):
            picture(name, seed).save(tmp_path / "photos" / f"name{name}" / f"{seed}.png")
    return tmp_path / "photos"


def test_it_says_who_names_best_and_whether_training_pays(fewshot: Run, pictures: Path) -> None:
    answer = fewshot("eval", pictures, *QUICK)
    assert answer.code == 0
    assert "20 pictures, 4 names" in answer.out
    assert "nearest class mean" in answer.out
    assert "beside it: " in answer.out
    assert "strangers" in answer.out


def test_json_holds_every_figure_with_its_interval(fewshot: Run, pictures: Path) -> None:
    told = fewshot("eval", pictures, *QUICK, "--shots", "2", "--json").json
    assert told["schema"] == 1
    assert told["data"]["pictures"] == 20
    assert {one["contender"] for one in told["results"]} == {"gallery", "mean", "ridge"}
    for one in told["results"]:
        assert one["accuracy"]["low"] <= one["accuracy"]["value"] <= one["accuracy"]["high"]
        assert one["n"] > 0


def test_json_is_the_same_bytes_however_many_threads_there_are(pictures: Path) -> None:
    given = ("eval", str(pictures), *QUICK, "--methods", "usual", "--json", "--no-cache")
    printed = []
    for threads, products in (("1", "1"), ("2", "2"), ("2", "4")):
        more = {f"{name}_NUM_THREADS": products for name in ("OPENBLAS", "OMP", "MKL")}
        done = subprocess.run(
            [sys.executable, "-m", "fewshot", *given, "--threads", threads],
            capture_output=True, check=True, env=os.environ | more,
        )  # fmt: skip
        printed.append(done.stdout)
    assert printed[0]
    assert printed[0] == printed[1] == printed[2]


def test_csv_has_a_line_a_result(fewshot: Run, pictures: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(fewshot("eval", pictures, *QUICK, "--csv").out)))
    told = fewshot("eval", pictures, *QUICK, "--json").json["results"]
    assert len(rows) == len(told)
    assert float(rows[0]["accuracy.value"]) == told[0]["accuracy"]["value"]
    assert {"difference.low", "plain.right", "with_leaks.high", "open.false_names.low"} <= set(
        rows[0]
    )


def test_jsonl_has_a_line_a_result(fewshot: Run, pictures: Path) -> None:
    lines = fewshot("eval", pictures, *QUICK, "--jsonl").out.splitlines()
    assert all(json.loads(one)["contender"] for one in lines)


def test_a_page_is_written(fewshot: Run, pictures: Path, tmp_path: Path) -> None:
    answer = fewshot("eval", pictures, *QUICK, "--html", tmp_path / "report.html")
    assert "wrote" in answer.err
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert "name3" in page


def test_times_go_into_a_file_of_their_own(fewshot: Run, pictures: Path, tmp_path: Path) -> None:
    fewshot("eval", pictures, *QUICK, "--times", tmp_path / "times.json")
    told = json.loads((tmp_path / "times.json").read_text(encoding="utf-8"))
    assert {"embedding", "all classes", "open set"} == {one["protocol"] for one in told["times"]}


def test_a_test_folder_gives_one_figure_a_contender(
    fewshot: Run, pictures: Path, tmp_path: Path
) -> None:
    for name in range(4):
        (tmp_path / "test" / f"name{name}").mkdir(parents=True)
        picture(name, 30).save(tmp_path / "test" / f"name{name}" / "a.png")
    told = fewshot("eval", pictures, "--test", tmp_path / "test", *QUICK[:4], "--json").json
    assert [one["protocol"] for one in told["results"]] == ["given"] * 3
    assert told["results"][0]["plain"]["n"] == 4


def test_ways_give_episodes(fewshot: Run, pictures: Path) -> None:
    told = fewshot("eval", pictures, *QUICK, "--ways", "3", "--shots", "2", "--json").json
    assert {(one["protocol"], one["ways"]) for one in told["results"]} == {("episodes", 3)}


def test_an_unreadable_picture_is_named_and_the_rest_measured(fewshot: Run, pictures: Path) -> None:
    (pictures / "name0" / "broken.png").write_bytes(b"no picture")
    answer = fewshot("eval", pictures, *QUICK, "--json")
    assert answer.code == 3
    assert "passed over name0/broken.png" in answer.err
    assert answer.json["refused"][0]["source"] == "name0/broken.png"
    assert answer.json["data"]["pictures"] == 20


def test_vectors_are_kept_and_can_be_left_out_of_the_cache(
    fewshot: Run, pictures: Path, tmp_path: Path
) -> None:
    fewshot("eval", pictures, *QUICK, "--no-cache")
    assert not (tmp_path / "cache").exists()
    fewshot("eval", pictures, *QUICK)
    [path] = (tmp_path / "cache" / "vectors").glob("*.db")
    with sqlite3.connect(path) as kept:
        assert kept.execute("SELECT count(*) FROM kept").fetchone() == (20,)
    kept.close()


def one_line(answer: Answer, words: str) -> bool:
    return answer.code == 2 and words in answer.err and answer.err.count("\n") == 1


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("--methods", "knn,best"), "method best"),
        (("--shots", "1,x"), "--shots takes numbers"),
        (("--shots", "0"), "from 1 to 100,000"),
        (("--protocols", "opn"), "protocol opn"),
        (("--backbones", "weights=a.h5"), "after its name"),
        (("--backbones", "palette,size=big"), "number of pixels"),
        (("--ways", "3", "--protocols", "all"), "goes with the protocol episodes"),
        (("--shots", "50"), "too few names have pictures enough"),
        (("--methods", "lda", "--shots", "1", "--protocols", "all"), "takes two pictures"),
        (("--methods", ","), "a list of names is empty"),
        (("--out", "x"), "--out goes with --plan"),
        (("--plan", "x.toml", "--shots", "3"), "--shots goes without --plan"),
    ],
)
def test_a_mistake_is_answered_in_one_line(
    given: tuple[str, ...], words: str, fewshot: Run, pictures: Path
) -> None:
    assert one_line(fewshot("eval", pictures, *given), words)


def test_a_page_that_cannot_be_written_is_said_at_once(fewshot: Run, pictures: Path) -> None:
    answer = fewshot("eval", pictures, "--html", "nowhere/report.html")
    assert answer.code != 0
    assert "there is no such folder" in answer.err


def test_one_name_is_answered_in_one_line(fewshot: Run, folder_of: Folder) -> None:
    assert one_line(fewshot("eval", folder_of(red=3), *QUICK), "two names are needed")


def test_a_missing_folder_is_answered_in_one_line(fewshot: Run, tmp_path: Path) -> None:
    answer = fewshot("eval", tmp_path / "nowhere", *QUICK)
    assert answer.code == 3
    assert "no such file or folder" in answer.err
    assert answer.err.count("\n") == 1


def test_nothing_is_heavy_without_trained_contenders(pictures: Path) -> None:
    program = (
        "import sys\nfrom fewshot.cli.main import main\n"
        "try:\n    main(sys.argv[1:])\n"
        "finally:\n    print({'tensorflow', 'keras'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "eval", str(pictures), *QUICK, "--methods", "usual"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "set()"


def test_backbones_are_read_with_their_options() -> None:
    assert choices_of(["palette,inceptionv3,weights=cut.h5,layer=mixed8", "vgg19,size=96"]) == [
        "palette",
        BackboneChoice("inceptionv3", weights="cut.h5", layer="mixed8"),
        BackboneChoice("vgg19", size=96),
    ]


def test_a_file_with_an_equals_sign_is_a_backbone() -> None:
    assert choices_of(["file:a=b.keras"]) == ["file:a=b.keras"]


def test_an_unknown_option_of_a_backbone_is_refused() -> None:
    with pytest.raises(click.UsageError, match="no option of a backbone"):
        choices_of(["palette,weight=a"])
