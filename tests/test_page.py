"""The page of an evaluation holds all its figures, and nothing from elsewhere."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from fewshot.evaluation.page.page import page
from fewshot.evaluation.scene import Curve, GalleryMap, Mistake, Scene

VOID = {"meta", "link", "img", "br", "hr", "input"}
ADDRESSES = {"src", "href", "xlink:href", "srcset", "action", "poster", "data", "formaction"}
HOSTILE = '<script>alert("1")</script>'
NAMES = (HOSTILE, "めぐみん", "אקווה", "o'neil & sons", "🦀", "plain")
Times = Sequence[Mapping[str, Any]]


class Document(HTMLParser):
    """What stands in a page: tags, texts, attributes; whether every tag is closed in order."""

    def __init__(self, written: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.faults: list[str] = []
        self.texts: list[str] = []
        self.feed(written)
        self.close()
        self.faults += [f"<{one}> is never closed" for one in self.open]

    @property
    def text(self) -> str:
        return " ".join("".join(self.texts).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_startendtag(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.texts.append(" ")
        self.attributes += [(name, value or "") for name, value in attrs]
        if len({name for name, _ in attrs}) < len(attrs):
            self.faults.append(f"<{tag}> says something twice")

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> closes another")

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.texts.append(data)


def jpeg(seed: int, side: int = 24) -> bytes:
    made = io.BytesIO()
    color = tuple(np.random.default_rng(seed).integers(0, 255, 3).tolist())
    Image.new("RGB", (side, side), color).save(made, "JPEG")
    return made.getvalue()


def figure(value: float) -> dict[str, float]:
    return {"value": value, "low": value - 0.031, "high": value + 0.042}


def result(**changed: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "protocol": "all classes", "view": "color", "ways": 6, "shots": 5, "episodes": 20,
        "chance": 1 / 6, "backbone": "mobilenetv2", "contender": "mean",
        "title": "nearest class mean", "trained": False, "n": 9000, "classes": 6, "leaked": 1,
        "accuracy": figure(0.612), "with_leaks": None, "difference": None, "top5": figure(0.871),
        "macro_f1": figure(0.604), "ece": figure(0.041), "confused": [["a", "b", 7]], "open": None,
    }  # fmt: skip
    return row | changed


def in_open(**changed: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "strangers": 400, "auroc": figure(0.853), "oscr": figure(0.702),
        "known_at_rate": figure(0.551), "false_names": None, "rightly_named": None,
    }  # fmt: skip
    return found | changed


def made_report(names: Sequence[str] = NAMES) -> dict[str, Any]:
    """All kinds of results of two contenders, one of them named as the first name is."""
    gallery: dict[str, Any] = {"contender": "gallery", "title": names[0], "trained": True}
    gallery["difference"] = {"value": 0.052, "low": 0.013, "high": 0.091}
    matched = in_open(false_names=figure(0.061), rightly_named=figure(0.482))
    results = []
    for shots, gained in ((1, 0.0), (5, 0.11), (10, 0.17)):
        for backbone, lost in (("mobilenetv2", 0.0), ("palette", 0.2)):
            at: dict[str, Any] = {"shots": shots, "backbone": backbone}
            results.append(result(**at, accuracy=figure(0.5 + gained - lost)))
            results.append(result(**at, **gallery, accuracy=figure(0.55 + gained - lost)))
    results.append(result(view="gray", accuracy=figure(0.333)))
    results[2]["with_leaks"] = figure(0.777)
    none = {"accuracy": None, "top5": None, "macro_f1": None, "ece": None}
    results.append(result(protocol="open set", **none, open=in_open()))
    results.append(result(protocol="open set", **(none | gallery), open=matched))
    for ways in (2, 20, 200):
        grown: dict[str, Any] = {"protocol": "growth", "ways": ways, "chance": 1 / ways}
        results.append(result(**grown, **gallery, accuracy=figure(0.9 - ways / 900), open=matched))
    for row in results:
        told = (row["protocol"], row["view"], row["shots"])
        row["headline"] = told == ("all classes", "color", 5)
    pairs = [{"one": f"{names[0]}/{i}.jpg", "other": f"b/{i}.jpg", "kind": "equal"} for i in (1, 2)]
    return {
        "schema": 1,
        "data": {"pictures": 1200, "names": 6, "fewest": 20, "most": 31, "sha256": "9f2c"},
        "seed": 3,
        "rate": 0.05,
        "baseline": "mean",
        "backbones": [
            {"name": "mobilenetv2", "d": 1280, "fingerprint": "ab12cd", "license": "Apache-2.0",
             "stamp": "trained on ImageNet"},
            {"name": names[0], "d": 96, "fingerprint": None, "license": "MIT", "stamp": None},
        ],
        "verdict": [f"{names[0]} names best."],
        "notes": ["equal pictures were set aside"],
        "leaks": {"equal": 2, "near": 0, "pairs": pairs},
        "results": results,
        "versions": {"fewshot": "0.1.0", "numpy": "2.0"},
    }  # fmt: skip


def made_scene(names: Sequence[str] = NAMES) -> Scene:
    n = len(names)
    labels = np.repeat(np.arange(n), 4)
    places = np.random.default_rng(0).uniform(size=(4 * n, 2))
    mistake = Mistake(
        jpeg(1, 60), f"{names[0]}/1.jpg", names[0], jpeg(2), names[-1], jpeg(3), 0.91, 0.72
    )
    steps = np.asarray(np.linspace(0.1, 1, 10), np.float64)
    curves = tuple(
        Curve(title, steps, np.asarray(steps / by, np.float64))
        for title, by in ((names[0], 3), ("nearest class mean", 2))
    )
    return Scene(
        tuple(names),
        {at: jpeg(at) for at in range(n)},
        np.arange(n * n).reshape(n, n) % 5 + 9 * np.eye(n, dtype=np.int64),
        names[0],
        (mistake, mistake),
        curves,
        GalleryMap(places, labels, tuple(jpeg(at) for at in range(4 * n)), "t-SNE", names[0]),
    )


TIMES: Times = [
    {"protocol": "all classes", "view": "color", "ways": 6, "shots": 5, "backbone": "mobilenetv2",
     "contender": "mean", "fit_ms": 1234.0, "query_ms": 0.0432, "megabytes": 17.25},
]  # fmt: skip


@pytest.fixture(scope="module")
def written() -> str:
    return page(made_report(), made_scene(), TIMES)


@pytest.fixture(scope="module")
def shown(written: str) -> Document:
    return Document(written)


def test_every_tag_is_closed(shown: Document) -> None:
    assert not shown.faults


def test_a_name_is_text_whatever_stands_in_it(shown: Document) -> None:
    assert "script" not in shown.tags
    assert HOSTILE in shown.text


def test_nothing_runs(shown: Document) -> None:
    assert not [name for name, _ in shown.attributes if name.startswith("on")]


def test_nothing_comes_from_elsewhere(shown: Document, written: str) -> None:
    addresses = [value for name, value in shown.attributes if name in ADDRESSES]
    assert addresses
    assert all(one.startswith("data:") for one in addresses)
    assert "url(" not in written
    assert "@import" not in written


def test_a_browser_is_told_to_load_nothing(shown: Document) -> None:
    assert ("content", "default-src 'none'; img-src data:; style-src 'unsafe-inline'") in (
        shown.attributes
    )


def test_the_same_report_makes_the_same_bytes(written: str) -> None:
    assert page(made_report(), made_scene(), TIMES) == written


def test_every_result_stands_in_it_with_its_interval(shown: Document) -> None:
    for row in made_report()["results"]:
        for one in (row["accuracy"], row["top5"], row["macro_f1"]):
            if one:
                said = f"{one['value']:.3f} [{one['low']:.3f}, {one['high']:.3f}]"
                assert said in shown.text, row


def test_the_open_set_has_its_figures(shown: Document) -> None:
    for value in (0.853, 0.702, 0.551, 0.061, 0.482):
        assert f"{value:.3f} [{value - 0.031:.3f}, {value + 0.042:.3f}]" in shown.text


def test_a_difference_to_the_baseline_has_a_sign(shown: Document) -> None:
    assert "+0.052 [+0.013, +0.091]" in shown.text


def test_what_a_result_took_stands_beside_it(shown: Document) -> None:
    assert "9,000 1,234 0.04 17.2" in shown.text


def test_the_verdict_comes_before_all_figures(shown: Document) -> None:
    assert shown.text.index("names best.") < shown.text.index("All figures")


@pytest.mark.parametrize(
    "said",
    ["1,200 pictures of 6 names", "20 to 31 pictures to a name; by chance 0.167 would be right",
     "equal pictures were set aside", "2 pairs of equal", "/1.jpg = b/1.jpg", "Apache-2.0",
     "trained on ImageNet", "ab12cd", "fewshot 0.1.0, numpy 2.0", "5 %"],
)  # fmt: skip
def test_it_says(said: str, shown: Document) -> None:
    assert said in shown.text


def test_the_page_is_headed_by_the_setting_that_the_report_says(shown: Document) -> None:
    assert re.search(r"best of \d+ 0\.660", shown.text)


def test_a_leaked_figure_is_drawn_beside_the_one_without(written: str) -> None:
    own = written[written.index("Pictures on both sides") : written.index("All figures")]
    assert own.count('<circle class="hollow"') == 1
    assert "hollow: 0.777 [0.746, 0.819]" in own


def test_where_nothing_leaked_it_says_so() -> None:
    report = made_report() | {"leaks": {"equal": 0, "near": 0, "pairs": []}}
    assert "There was none" in Document(page(report, Scene(), ())).text


def test_of_many_leaks_the_rest_is_counted() -> None:
    pairs = [{"one": f"a/{i}", "other": f"b/{i}", "kind": "near"} for i in range(63)]
    report = made_report() | {"leaks": {"equal": 0, "near": 63, "pairs": pairs}}
    text = Document(page(report, Scene(), ())).text
    assert "a/49 ≈ b/49" in text
    assert "a/50" not in text
    assert "and 13 more pairs" in text


def test_beyond_forty_names_the_most_confused_pairs_stand_side_by_side() -> None:
    counts = 30 * np.eye(41, dtype=np.int64)
    counts[3, 4] = 7
    names = tuple(f"name {at}" for at in range(41))
    text = Document(page({}, Scene(names, confusion=counts), ())).text
    assert "really name 3 taken for name 4 7 of 37 pictures" in text


def test_a_map_without_pictures_has_dots() -> None:
    laid = GalleryMap(np.zeros((2, 2)), np.array([0, 1]), (), "principal components", "palette")
    assert page({}, Scene(("a", "b"), map=laid), ()).count("<circle") == 2


def test_a_map_draws_at_most_400_pictures_and_counts_the_rest() -> None:
    laid = GalleryMap(np.zeros((999, 2)), np.zeros(999, np.int64), (), "t-SNE", "palette")
    made = page({}, Scene(("a",), map=laid), ())
    assert made.count("<circle") == 400
    assert "599 more are not drawn" in made


def test_nothing_at_all_makes_a_page() -> None:
    made = Document(page({}, Scene(), ()))
    assert not made.faults
    assert "svg" not in made.tags


@pytest.mark.parametrize("part", sorted(made_report()))
def test_any_part_of_a_report_may_be_missing(part: str) -> None:
    report = {name: value for name, value in made_report().items() if name != part}
    assert not Document(page(report, made_scene(), ())).faults


@pytest.mark.parametrize("part", ["accuracy", "chance", "difference", "top5", "macro_f1", "open"])
def test_any_figure_may_be_missing(part: str) -> None:
    report = made_report()
    report["results"] = [row | {part: None} for row in report["results"]]
    assert not Document(page(report, made_scene(), TIMES)).faults


def test_a_name_that_turns_the_direction_of_text_does_not() -> None:
    assert "\u202e" not in page(
        made_report(["\u202egnp.exe", "b"]), made_scene(["\u202e", "b"]), ()
    )


ANY = st.lists(st.text(st.characters(exclude_categories=()), max_size=40), min_size=1, max_size=4)


@settings(deadline=None, max_examples=60, derandomize=True)
@given(ANY)
def test_any_names_make_a_page_of_the_same_tags(names: list[str]) -> None:
    plain = ["a"] * len(names)
    made = page(made_report(names), made_scene(names), TIMES)
    found = Document(made)
    assert not found.faults
    assert found.tags.count("svg") == Document(
        page(made_report(plain), made_scene(plain), ())
    ).tags.count("svg")
    made.encode("utf-8")
