"""`fewshot match` and the rate of false names: what is kept, what is estimated, and why."""

from __future__ import annotations

import colorsys
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from tests.conftest import Folder, Run, says_one_line

Photo = Callable[..., Path]
RATES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3)


def face(hue: float, seed: int) -> Image.Image:
    """Draw a face of a hue, from 0 to 1."""
    red, green, blue = colorsys.hsv_to_rgb(hue, 0.8, 0.4 + 0.5 * (hue * 7 % 1))
    color = int(255 * red), int(255 * green), int(255 * blue)
    image = Image.new("RGB", (60, 50), (245, 245, 240))
    x = 26 + 2 * seed
    ImageDraw.Draw(image).ellipse((x - 18, 6, x + 18, 44), fill=color)
    return image


@pytest.fixture
def crowd(fewshot: Run, tmp_path: Path) -> Path:
    """Twenty names of two pictures each, enrolled; a third of each lies in `asked`."""
    for name in range(20):
        for seed in range(3):
            path = (
                tmp_path / ("asked" if seed == 2 else f"crowd/name {name}") / f"{name}-{seed}.png"
            )
            path.parent.mkdir(parents=True, exist_ok=True)
            face(name / 20, seed).save(path)
    assert fewshot("enroll", tmp_path / "crowd").code == 0
    return tmp_path / "asked"


@pytest.fixture
def small(fewshot: Run, folder_of: Folder) -> None:
    fewshot("enroll", folder_of(red=3, blue=3))


def asked(fewshot: Run, *arguments: str | Path) -> list[dict[str, Any]]:
    return list(fewshot("match", *arguments, "--json").json["matches"])


@pytest.mark.usefixtures("small")
def test_strict_ends_with_6_and_one_line_where_the_gallery_cannot_show_the_rate(
    fewshot: Run, folder_of: Folder, photo: Photo
) -> None:
    answer = fewshot("match", photo("red"), "--strict")
    assert (answer.code, answer.out) == (6, "")
    assert says_one_line(answer, "cannot show a rate of false names of 5 %: it can show none")
    assert "with 19 names in all it could, or with strangers" in answer.err
    fewshot("enroll", folder_of("more", green=2, yellow=2))
    answer = fewshot("match", photo("red"), "--strict")
    assert answer.code == 6
    assert says_one_line(answer, "it can show 20 % at best")


def test_with_names_enough_strict_is_measured_on_the_gallery(fewshot: Run, crowd: Path) -> None:
    for match in asked(fewshot, crowd, "--strict"):
        assert (match["basis"], match["max_false_name"]) == ("gallery", 0.05)
        assert match["tightest_rate"] == pytest.approx(1 / 21, abs=1e-3)


def test_a_rate_below_what_it_can_show_ends_with_6_there_too(fewshot: Run, crowd: Path) -> None:
    answer = fewshot("match", crowd, "--strict", "--max-false-name", "0.01")
    assert answer.code == 6
    assert says_one_line(answer, "with 99 names in all it could")


def test_a_lower_rate_never_names_more(fewshot: Run, crowd: Path) -> None:
    named = [
        {
            one["query"]
            for one in asked(fewshot, crowd, "--max-false-name", str(rate))
            if one["name"]
        }
        for rate in RATES
    ]
    for fewer, more in pairwise(named):
        assert fewer <= more
    assert named[-1]


def test_a_named_picture_has_a_p_value_within_the_rate(fewshot: Run, crowd: Path) -> None:
    for rate in RATES:
        for match in asked(fewshot, crowd, "--max-false-name", str(rate)):
            assert (match["name"] is not None) == (match["p_value"] <= rate * 1.01)
            assert (match["name"] is not None) == (match["score"] >= match["score_needed"])


@pytest.mark.usefixtures("small")
def test_an_estimate_is_called_one(fewshot: Run, photo: Photo) -> None:
    assert re.search(r"about 0\.\d+ needed", fewshot("match", photo("red")).out)
    both = fewshot("match", photo("red"), photo("green"))
    assert "that 5 % of strangers get a name is an estimate: it takes 39 names" in both.err
    (match,) = asked(fewshot, photo("red"))
    assert (match["basis"], match["strangers"]) == ("prior", 0)


def test_what_the_gallery_shows_is_not(fewshot: Run, crowd: Path) -> None:
    answer = fewshot("match", crowd, "--max-false-name", "0.2")
    assert "about" not in answer.out
    assert "estimate" not in answer.err


@pytest.mark.usefixtures("small")
def test_explained_it_says_score_p_value_and_votes_that_sum(fewshot: Run, photo: Photo) -> None:
    answer = fewshot("match", photo("red"), "--explain")
    assert re.search(
        r"named: score 0\.\d{3}, 0\.\d{3} needed \(similarity 0\.\d{3} less half", answer.out
    )
    assert re.search(r"of strangers would come as near \(p = [\d.e-]+\)", answer.out)
    assert "5 % may be named; estimated from other galleries" in answer.out
    (whole,) = re.findall(r"what makes up (0\.\d{3}):", answer.out)
    votes = [float(one) for one in re.findall(r"^ +([+-]\d\.\d{3})  ", answer.out, re.MULTILINE)]
    assert len(votes) == 3
    assert sum(votes) == pytest.approx(float(whole), abs=0.002)


@pytest.mark.usefixtures("small")
def test_who_is_not_named_gets_advice(fewshot: Run, photo: Photo) -> None:
    answer = fewshot("match", photo("green"), "--explain")
    assert answer.code == 1
    assert "not named, by the rate: score" in answer.out
    (match,) = asked(fewshot, photo("green"))
    assert match["rejected_by"] == "rate"
    assert (match["advice"] is None) == (match["p_value"] > 0.5)
    (near,) = asked(fewshot, photo("red"), "--max-false-name", "0.000001")
    assert near["name"] is None
    assert "if this is " in near["advice"] or "would help" in near["advice"]


def test_votes_that_are_not_shown_are_counted(
    fewshot: Run, folder_of: Folder, photo: Photo
) -> None:
    fewshot("enroll", folder_of(red=30, blue=2))
    out = fewshot("match", photo("red"), "--explain").out
    assert out.count("/red/") >= 8
    assert re.search(r"\+0\.\d{3}  22 more$", out, re.MULTILINE)


@pytest.mark.usefixtures("small")
def test_the_json_holds_all_reasons(fewshot: Run, photo: Photo) -> None:
    (match,) = asked(fewshot, photo("red"))
    assert sum(vote["weight"] for vote in match["votes"]) == pytest.approx(
        match["similarity"], abs=1e-5
    )
    assert 0.0 < match["p_value"] <= 0.05
    assert match["margin"] == pytest.approx(
        match["similarity"] - match["runner_up"]["similarity"], abs=1e-5
    )
    assert match["threshold"] - match["similarity"] == pytest.approx(
        match["score_needed"] - match["score"], abs=1e-5
    )
    assert (match["rule"], match["rejected_by"], match["same_picture"]) == ("mean", None, False)


@pytest.mark.usefixtures("small")
def test_a_copy_is_named_as_such(fewshot: Run, tmp_path: Path) -> None:
    out = fewshot("match", tmp_path / "pictures/red/00.png", "--explain").out
    assert "an enrolled picture" in out
    assert "named because it is an enrolled picture, or a copy of one" in out


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("rate", ["0", "-0.1", "0.6", "1", "nan", "inf", "5%", ""])
def test_a_rate_out_of_range_is_an_error_of_usage(fewshot: Run, photo: Photo, rate: str) -> None:
    answer = fewshot("match", photo("red"), "--max-false-name", rate)
    assert (answer.code, answer.out) == (2, "")


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(("threshold", "name"), [("0.5", "red"), ("1", None)])
def test_a_threshold_of_one_s_own_keeps_no_rate(
    fewshot: Run, photo: Photo, threshold: str, name: str | None
) -> None:
    (match,) = asked(fewshot, photo("red"), "--threshold", threshold)
    assert (match["name"], match["basis"], match["p_value"]) == (name, "threshold", None)
    assert (match["max_false_name"], match["tightest_rate"]) == (None, None)
    text = fewshot("match", photo("red"), "--threshold", threshold, "--explain").out
    assert "by your own threshold" in text
    assert "no rate of false names is kept" in text


@pytest.mark.parametrize("count", [1, 3])
def test_one_name_alone_names_and_leaves_unnamed(
    fewshot: Run, folder_of: Folder, photo: Photo, count: int
) -> None:
    folder = folder_of(red=count)
    fewshot("enroll", folder)
    copy, blue = asked(fewshot, folder / "red" / "00.png", photo("blue"))
    assert (copy["name"], copy["same_picture"], copy["runner_up"]) == ("red", True, None)
    assert (blue["name"], blue["guess"], blue["margin"]) == (None, "red", None)
    assert blue["advice"] == "red is alone here, where the bar is high: a second name lowers it"
    assert fewshot("match", photo("blue"), "--explain").code == 1
    assert fewshot("match", photo("blue"), "--strict").code == 6
