"""Whole processes come in, from start to exit; their wall times and targets go out.

    python -m eval.start_up [--repeats 15] [--out eval/results]

Builds its own galleries and pictures in a temporary folder: one gallery looks at whole pictures,
one for faces, in a picture that shows a drawn one of the sample gallery. Ends with 1 where a target
is missed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from eval.report import RESULTS, markdown, spread, summary, write
from fewshot import Recognizer
from fewshot.backbones.catalog import DEFAULT

NAMES, EACH = 50, 20
FACE = Path(__file__).parent.parent / "gallery/aqua/01.jpg"
"""A drawn face that OpenCV's own cascade finds."""
SIZE = (1440, 960)


@dataclass(frozen=True, slots=True)
class Contender:
    """A command line, what it is compared with, and the most seconds it may take."""

    title: str
    command: list[str]
    beside: str | None = None  # title of the bare process it is compared with
    target: float | None = None
    codes: tuple[int, ...] = (0,)


def contenders(folder: Path, backbone: str, detector: str) -> list[Contender]:
    """Return all processes, bare ones first: the order in which each round runs them."""
    python = [sys.executable, "-c"]
    fewshot = [str(Path(sys.executable).with_name("fewshot"))]
    at = ["--gallery", str(folder / "whole.db")]
    looking = ["--gallery", str(folder / "face.db")]
    heavy = "python -c 'import numpy, PIL.Image, faiss, click'"
    return [
        Contender("python -c pass", [*python, "pass"]),
        Contender("python -c 'import fewshot'", [*python, "import fewshot"], "python -c pass", 0.1),
        Contender("fewshot --help", [*fewshot, "--help"], "python -c pass", 0.2),
        Contender(
            f"fewshot list ({NAMES * EACH:,} references)", [*fewshot, "list", *at], "python -c pass"
        ),
        Contender(heavy, [*python, "import numpy, PIL.Image, faiss, click"]),
        Contender(
            f"fewshot match (1.4 megapixels, {NAMES * EACH:,} references, {backbone})",
            [*fewshot, "match", str(folder / "query.jpg"), *at],
            heavy,
            0.5,
            (0, 1),  # known or unknown: both are answers
        ),
        Contender(
            f"the same, crop face ({detector})",
            [*fewshot, "match", str(folder / "face.jpg"), *looking],
            heavy,
            0.5,
            (0, 1),  # not 3: a face is found
        ),
    ]


def build_gallery(path: Path, backbone: str, rng: np.random.Generator, crop: str = "whole") -> None:
    """Enroll 1,000 small pictures, whole, each name with a color of its own."""
    pictures = []
    for number in range(NAMES):
        color = rng.uniform(0, 255, 3)
        blobs = color + rng.normal(0, 60, (EACH, 6, 8, 3))
        pictures += [(f"name {number:02}", _enlarged(one, (80, 60))) for one in blobs]
    with Recognizer.create(path, backbone=backbone, crop=crop) as recognizer:
        recognizer.enroll_all(pictures, box=(0, 0, 80, 60))


def build_picture(path: Path, rng: np.random.Generator, face: Path | None = None) -> None:
    """Write a JPEG of smooth blobs of color with noise over them, and perhaps a face on them."""
    blobs = _enlarged(rng.uniform(0, 255, (8, 12, 3)), SIZE)
    noisy = blobs + rng.normal(0, 8, blobs.shape)
    image = Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))
    if face:
        with Image.open(face) as opened:
            image.paste(ImageOps.contain(opened.convert("RGB"), SIZE))
    image.save(path, quality=90)


def measure(processes: list[Contender], repeats: int, folder: Path) -> dict[str, list[float]]:
    """Run all processes in turn, `repeats` times after one round that warms caches."""
    unwanted = ("PYTHONDONTWRITEBYTECODE", "FEWSHOT_GALLERY", "FEWSHOT_DEBUG")
    environment = {key: value for key, value in os.environ.items() if key not in unwanted}
    seconds: dict[str, list[float]] = {one.title: [] for one in processes}
    for turn in range(repeats + 1):
        for one in processes:
            start = time.perf_counter()
            done = subprocess.run(one.command, cwd=folder, env=environment, capture_output=True)
            if turn:
                seconds[one.title].append(time.perf_counter() - start)
            if done.returncode not in one.codes:
                raise SystemExit(f"{one.title}: {done.stderr.decode(errors='replace').strip()}")
    return seconds


def compare(processes: list[Contender], seconds: dict[str, list[float]]) -> list[dict[str, Any]]:
    """Return one row a process: its time, and what it takes beyond its bare one, pair by pair."""
    rows: list[dict[str, Any]] = []
    for one in processes:
        row: dict[str, Any] = {"process": one.title, "seconds": summary(seconds[one.title])}
        if one.beside:
            pairs = list(zip(seconds[one.title], seconds[one.beside], strict=True))
            row["beside"] = one.beside
            row["beyond"] = summary([own - bare for own, bare in pairs])
            row["ratio"] = summary([own / bare for own, bare in pairs])
        if one.target is not None:
            row["target"] = one.target
            row["met"] = row["seconds"]["median"] < one.target
        rows.append(row)
    return rows


def table(rows: list[dict[str, Any]]) -> str:
    """Lay the rows out."""
    return markdown(
        ("process", "n", "seconds", "beyond the bare process", "ratio to it", "target"),
        [
            (
                row["process"],
                row["seconds"]["n"],
                spread(row["seconds"]),
                spread(row["beyond"]) if "beyond" in row else "",
                spread(row["ratio"], 2) if "ratio" in row else "",
                f"< {row['target']} {'met' if row['met'] else 'MISSED'}" if "target" in row else "",
            )
            for row in rows
        ],
    )


def _enlarged(blobs: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.uint8]:
    small = Image.fromarray(np.clip(blobs, 0, 255).astype(np.uint8))
    return np.asarray(small.resize(size, Image.Resampling.BICUBIC))


def main() -> int:
    """Build, measure, write."""
    parser = argparse.ArgumentParser(prog="python -m eval.start_up")
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--backbone", default=DEFAULT, help="what embeds")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder for JSON and table")
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory(prefix="fewshot-start-up-") as made:
        folder = Path(made)
        for crop in ("whole", "face"):
            build_gallery(folder / f"{crop}.db", options.backbone, rng, crop)
        build_picture(folder / "query.jpg", rng)
        build_picture(folder / "face.jpg", rng, FACE)
        with Recognizer.open(folder / "face.db") as recognizer:
            detection = recognizer.recipe.detection
        detector = detection.detectors[0].name if detection else ""
        processes = contenders(folder, options.backbone, detector)
        rows = compare(processes, measure(processes, options.repeats, folder))
    result = {"seed": 0, "backbone": options.backbone, "processes": rows}
    write("start_up", result, table(rows), options.out)
    missed = [row for row in rows if not row.get("met", True)]
    for row in missed:
        took = row["seconds"]["median"]
        print(f"missed: {row['process']} took {took:.3f} s, target < {row['target']} s")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
