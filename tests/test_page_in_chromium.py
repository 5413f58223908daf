"""The page of an evaluation, opened in a browser: all of it is seen, and nothing is fetched.

Chromium runs once, without a network. It opens the page, unchanged, in frames of several widths,
and says what it found as JSON, when all of them are loaded: nothing here waits for a time.
"""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from typing import Any

import pytest

from fewshot.evaluation.page.page import page
from tests.test_page import HOSTILE, TIMES, made_report, made_scene

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
LONG = "a name that is much longer than any place there is for it " * 2
NAMES = (HOSTILE, LONG, "w" * 90, "M" * 90, "字" * 40, "めぐみん", "אקווה", "🦀")
FRAMES = [(1200, "light"), (400, "light"), (1200, "dark")]
frames = pytest.mark.parametrize("frame", range(len(FRAMES)), ids=[f"{w} {s}" for w, s in FRAMES])
bright = pytest.mark.parametrize(("frame", "light"), [(0, True), (2, False)], ids=["light", "dark"])

MEASURING = r"""
const box = one => one.getBoundingClientRect();
const apart = (a, b) => a.right <= b.left + 1 || b.right <= a.left + 1
  || a.bottom <= b.top + 2 || b.bottom <= a.top + 2;
function shade(color) {
  const [r, g, b] = color.match(/[\d.]+/g).map(Number); return (r + g + b) / 3;
}
function measure(frame) {
  const page = frame.contentDocument, inside = frame.contentWindow, root = page.documentElement;
  const touching = [], outside = [];
  for (const chart of page.querySelectorAll("svg.chart, svg.matrix")) {
    const texts = [...chart.querySelectorAll("text")], all = box(chart);
    texts.forEach((one, at) => {
      const own = box(one);
      if (own.left < all.left - 1 || own.right > all.right + 6 || own.top < all.top - 1)
        outside.push(one.textContent);
      if (chart.classList.contains("chart")) for (const other of texts.slice(at + 1))
        if (!apart(own, box(other))) touching.push(one.textContent + " | " + other.textContent);
    });
  }
  const rows = [...page.querySelectorAll(".row:not(.scale)")];
  return {
    width: inside.innerWidth, needed: root.scrollWidth, scripts: page.scripts.length,
    images: [...page.images].map(one => one.complete ? one.naturalWidth : 0),
    drawn: page.querySelectorAll("image").length,
    svgs: [...page.querySelectorAll("svg")].map(one => [box(one).width, box(one).height]),
    fetched: inside.performance.getEntriesByType("resource").map(one => one.name)
      .filter(one => !one.startsWith("data:")),
    touching, outside,
    covered: rows.filter(row => !apart(box(row.querySelector(".who")),
      box(row.querySelector(".number")))).map(row => row.textContent),
    headings: [...page.querySelectorAll("h2")].filter(one => box(one).height > 0).length,
    ground: shade(inside.getComputedStyle(page.body).backgroundColor),
    ink: shade(inside.getComputedStyle(page.body).color),
    tick: shade(inside.getComputedStyle(page.querySelector("svg .tick")).fill),
  };
}
addEventListener("load", () => {
  let found;
  try {
    const sizes = [...document.images].map(one => one.complete ? one.naturalWidth : 0);
    found = { sizes, frames: [...document.querySelectorAll("iframe")].map(measure) };
  } catch (error) {
    found = { failed: String(error) };
  }
  document.body.textContent = "FOUND" + JSON.stringify(found) + "END";
});
"""


@dataclass(frozen=True)
class Opened:
    """What was found in each frame, the widths of pictures in drawings, the browser's console."""

    frames: list[dict[str, Any]]
    sizes: list[int]
    console: list[str]


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    browser = next((found for one in BROWSERS if (found := shutil.which(one))), None)
    if browser is None:
        pytest.skip(f"no browser here ({', '.join(BROWSERS)}): install Debian's package chromium")
    folder = tmp_path_factory.mktemp("browser")
    report = made_report(NAMES)
    for row in report["results"]:
        row["backbone"] = row["backbone"].replace("palette", LONG)
    written = page(report, made_scene(NAMES), TIMES)
    (folder / "opening.html").write_text(_opening(written), encoding="utf-8")
    command = [
        browser, "--headless", "--disable-gpu", "--no-sandbox", "--no-first-run",
        "--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND",
        "--window-size=1300,1000", f"--user-data-dir={folder / 'profile'}",
        "--enable-logging=stderr", "--dump-dom", (folder / "opening.html").as_uri(),
    ]  # fmt: skip
    ended = subprocess.run(command, capture_output=True, timeout=120, check=True)
    logged = ended.stderr.decode()
    said = re.search(r"FOUND(\{.*\})END", html.unescape(ended.stdout.decode()), re.DOTALL)
    assert said, logged
    found = json.loads(said.group(1))
    assert "failed" not in found, found
    console = [line for line in logged.splitlines() if "CONSOLE" in line]
    return Opened(found["frames"], found["sizes"], console)


def _opening(written: str) -> str:
    """Return a page with the frames, and with every picture that is within a drawing, on its own.

    A browser does not say of the latter whether they could be read.
    """
    inside = "".join(
        f'<iframe style="width: {width}px; height: 900px; border: 0; color-scheme: {scheme}" '
        f'srcdoc="{html.escape(written)}"></iframe>'
        for width, scheme in FRAMES
    )
    alone = "".join(f'<img src="{one}">' for one in re.findall('<image href="([^"]*)"', written))
    return f'<!DOCTYPE html><meta charset="utf-8"><body><script>{MEASURING}</script>{inside}{alone}'


@frames
def test_the_frame_is_as_wide_as_meant(opened: Opened, frame: int) -> None:
    assert opened.frames[frame]["width"] == FRAMES[frame][0]


@frames
def test_the_page_is_no_wider_than_the_window(opened: Opened, frame: int) -> None:
    assert opened.frames[frame]["needed"] <= opened.frames[frame]["width"]


@frames
def test_every_picture_is_there(opened: Opened, frame: int) -> None:
    assert opened.frames[frame]["images"]
    assert all(opened.frames[frame]["images"])


def test_every_picture_within_a_drawing_is_there(opened: Opened) -> None:
    assert len(opened.sizes) == opened.frames[0]["drawn"] > 0
    assert all(opened.sizes)


@frames
def test_every_drawing_has_a_size(opened: Opened, frame: int) -> None:
    assert len(opened.frames[frame]["svgs"]) > 20
    assert all(width > 0 and height > 0 for width, height in opened.frames[frame]["svgs"])


@frames
def test_every_heading_is_seen(opened: Opened, frame: int) -> None:
    assert opened.frames[frame]["headings"] == 11


@frames
def test_no_two_labels_of_a_chart_touch(opened: Opened, frame: int) -> None:
    assert opened.frames[frame]["touching"] == []


@frames
def test_no_label_of_a_drawing_is_cut_off(opened: Opened, frame: int) -> None:
    assert opened.frames[frame]["outside"] == []


@frames
def test_no_name_lies_on_its_number(opened: Opened, frame: int) -> None:
    assert opened.frames[frame]["covered"] == []


@frames
def test_nothing_is_fetched(opened: Opened, frame: int) -> None:
    assert opened.frames[frame]["fetched"] == []


@frames
def test_a_name_is_no_script(opened: Opened, frame: int) -> None:
    assert opened.frames[frame]["scripts"] == 0


@bright
def test_text_stands_out(opened: Opened, frame: int, light: bool) -> None:
    seen = opened.frames[frame]
    assert (seen["ground"] > seen["ink"]) is light
    assert abs(seen["ground"] - seen["ink"]) > 150


@bright
def test_numbers_of_a_chart_stand_out(opened: Opened, frame: int, light: bool) -> None:
    seen = opened.frames[frame]
    assert (seen["ground"] > seen["tick"]) is light
    assert abs(seen["ground"] - seen["tick"]) > 90


def test_the_browser_has_nothing_to_complain_of(opened: Opened) -> None:
    assert opened.console == []
