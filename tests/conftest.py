"""Fixtures: pictures drawn for the test, galleries built for the test, and the command itself."""

from __future__ import annotations

import gc
import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from fewshot import Recognizer
from fewshot.cli.main import main

COLORS = {
    "red": (200, 30, 40),
    "blue": (30, 60, 200),
    "green": (20, 150, 60),
    "yellow": (230, 200, 20),
}


def draw(color: str, seed: int = 0, size: tuple[int, int] = (120, 100)) -> Image.Image:
    """Draw a face of one color, its place and size varied by the seed."""
    rng = np.random.default_rng([seed, *COLORS[color]])
    image = Image.new("RGB", size, (245, 245, 240))
    pen = ImageDraw.Draw(image)
    x, y = rng.uniform(0.42, 0.58, 2) * size
    radius = rng.uniform(0.30, 0.40) * min(size)
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=COLORS[color])
    for side in (-1, 1):
        eye = x + side * radius * 0.4
        pen.ellipse((eye - 4, y - 8, eye + 4, y), fill="black")
    return image


@dataclass(frozen=True)
class Answer:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Answer]
Folder = Callable[..., Path]


def pytest_collection_finish() -> None:
    """Spare later garbage collections what stays anyway: thousands of tests, and TensorFlow.

    Looking through all of that again and again took a quarter of the time of tests that build.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _own_user_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees or touches the user's own gallery or cache, nor the network."""
    monkeypatch.setenv("FEWSHOT_GALLERY", str(tmp_path / "gallery.db"))
    monkeypatch.setenv("FEWSHOT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("FEWSHOT_OFFLINE", "1")
    monkeypatch.delenv("FEWSHOT_WEIGHTS", raising=False)
    monkeypatch.setenv("FEWSHOT_DEBUG", "1")


@pytest.fixture
def fewshot(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command in this process; its gallery is gallery.db in the test's folder."""

    def run(*arguments: str | Path) -> Answer:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return Answer(int(ended.value.code or 0), printed.out, printed.err)

    return run


@pytest.fixture
def folder_of(tmp_path: Path) -> Folder:
    """Make a folder with one sub-folder of drawn pictures a color: folder_of(red=3, blue=3)."""

    def make(where: str = "pictures", **counts: int) -> Path:
        root = tmp_path / where
        for color, count in counts.items():
            (root / color).mkdir(parents=True)
            for seed in range(count):
                draw(color, seed).save(root / color / f"{seed:02}.png")
        return root

    return make


@pytest.fixture
def photo(tmp_path: Path) -> Callable[..., Path]:
    """Save a drawn picture that no folder holds: photo("red") gives its path."""

    def make(color: str, seed: int = 99, name: str | None = None) -> Path:
        path = tmp_path / (name or f"{color}-{seed}.png")
        draw(color, seed).save(path)
        return path

    return make


@pytest.fixture
def enrolled(fewshot: Run, folder_of: Folder) -> Path:
    """A folder of red and blue, enrolled."""
    folder = folder_of(red=2, blue=1)
    assert fewshot("enroll", folder).code == 0
    return folder


def listed(fewshot: Run, *options: str | Path) -> list[tuple[str, int]]:
    rows = fewshot("list", "--json", *options).json["identities"]
    return [(row["name"], row["references"]) for row in rows]


def process(*arguments: str | Path, given: bytes = b"") -> Answer:
    """Run the command in its own process, with this on standard input."""
    command = [sys.executable, "-m", "fewshot", *map(str, arguments)]
    ended = subprocess.run(command, input=given, capture_output=True, timeout=60, check=False)
    return Answer(ended.returncode, ended.stdout.decode(), ended.stderr.decode())


@pytest.fixture
def recognizer(tmp_path: Path) -> Iterator[Recognizer]:
    """Red, blue and green, three pictures each."""
    with Recognizer.create(tmp_path / "own.db") as one:
        named = [(c, draw(c, seed)) for c in ("red", "blue", "green") for seed in range(3)]
        one.enroll_all(named)
        yield one


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Let what a test starts heed SIGINT, also where this process was started to ignore it.

    A process inherits that a signal is ignored (as below `nohup` or a shell's `&`), a handler not.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def nearly(one: str, other: str, within: float = 0.05) -> bool:
    """Tell whether two texts are the same but for numbers, and these within so much of each other.

    Pictures are decoded and made smaller otherwise, in a last digit, by other versions of Pillow.
    """
    if _NUMBER.sub("#", one) != _NUMBER.sub("#", other):
        return False
    pairs = zip(_NUMBER.findall(one), _NUMBER.findall(other), strict=True)
    return all(abs(float(a) - float(b)) <= within * max(1.0, float(a)) for a, b in pairs)


def says_one_line(answer: Answer, words: str) -> bool:
    """Tell whether standard error is this one line; click moves below a ^C first."""
    return words in answer.err and answer.err.lstrip().count("\n") == 1
