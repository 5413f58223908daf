"""Pictures of 1-2 megapixels come in; what enrolling costs beside decoding, and memory, go out.

    python -m eval.throughput [--rounds 5] [--backbone NAME] [--out eval/results]

Builds 1,000 JPEGs (about 300 MB) in a temporary folder. Ends with 1 where a target is missed.
"""

from __future__ import annotations

import argparse
import io
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from eval.peak import PRINT_PEAK
from eval.report import RESULTS, markdown, spread, summary, write
from fewshot import Embedder, Recognizer
from fewshot.backbones.catalog import DEFAULT
from fewshot.images import decode, read_picture
from fewshot.pipeline import ordered_map

SIZES = ((1440, 960), (1440, 1080), (1600, 1067), (1632, 1224))
DISTINCT, COUNT, CHUNK = 40, 1000, 250
SLOPE = 1.5  # amplitude falls with frequency ** SLOPE: as photographs do, a little smoother
TIMES = 4  # memory: all pictures once, and this many times, each time under another name
RATIO_TARGET, MEMORY_TARGET = 0.6, 1.1

_CHILD = """
import sys
from pathlib import Path
from fewshot import Recognizer
gallery, backbone, folder, times = sys.argv[1:]
paths = sorted(Path(folder).iterdir())
with Recognizer.create(gallery, backbone=backbone) as recognizer:
    recognizer.enroll_all((str(time), path) for time in range(int(times)) for path in paths)
"""


def build_pictures(folder: Path) -> list[Path]:
    """Write COUNT JPEGs of DISTINCT pictures, told apart by a comment; return their paths."""
    drawn = list(ordered_map(_draw, range(DISTINCT)))
    paths = []
    for number in range(COUNT):
        start, rest = drawn[number % DISTINCT][:2], drawn[number % DISTINCT][2:]
        comment = f"picture {number:06}".encode()
        segment = b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment
        path = folder / f"{number:06}.jpg"
        path.write_bytes(start + segment + rest)
        paths.append(path)
    if hasattr(os, "sync"):
        os.sync()  # writing them back to the disk is no part of what follows
    return paths


def _draw(seed: int) -> bytes:
    """Return a JPEG of noise with the spectrum of a photograph."""
    width, height = SIZES[seed % len(SIZES)]
    rng = np.random.default_rng(seed)
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
    frequency[0, 0] = 1
    layers = []
    for _ in range(3):
        noise = rng.standard_normal((*frequency.shape, 2)) @ np.array([1, 1j])
        layer = np.fft.irfft2(noise / frequency**SLOPE, (height, width))
        layers.append((layer - layer.mean()) / layer.std())
    light, warm, cold = layers
    rgb = np.stack([light + 0.3 * warm, light - 0.15 * (warm + cold), light + 0.3 * cold], axis=-1)
    image = Image.fromarray(np.clip(128 + 45 * rgb, 0, 255).astype(np.uint8))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=88)
    return buffer.getvalue()


def decode_alone(paths: list[Path], at_least: int) -> float:
    """Return the seconds that reading and decoding take by enrollment's own path."""

    def pixels(path: Path) -> int:
        return decode(read_picture(path), at_least=at_least).pixels.size

    start = time.perf_counter()
    assert all(ordered_map(pixels, paths))
    return time.perf_counter() - start


def enroll(recognizer: Recognizer, paths: list[Path], name: str) -> float:
    """Return the seconds that enrolling takes, until it is on the disk."""
    start = time.perf_counter()
    account = recognizer.enroll(paths, name)
    seconds = time.perf_counter() - start
    assert account.added == len(paths), account
    return seconds


def speed(paths: list[Path], folder: Path, backbone: str, rounds: int) -> dict[str, Any]:
    """Decode and enroll chunk by chunk in turn, each round into a gallery of its own."""
    at_least = Embedder.by_name("whole", backbone).decode_size
    for path in paths:
        path.read_bytes()  # so that both find every file in memory
    alone: list[float] = []
    enrolled: list[float] = []
    for turn in range(rounds):
        with Recognizer.create(folder / f"{turn}.db", backbone=backbone) as recognizer:
            recognizer.enroll(np.zeros((8, 8, 3), np.uint8), "warm-up")
            for first in range(0, len(paths), CHUNK):
                chunk = paths[first : first + CHUNK]
                for what in (
                    ("decode", "enroll") if (turn + first // CHUNK) % 2 else ("enroll", "decode")
                ):
                    if what == "decode":
                        alone.append(len(chunk) / decode_alone(chunk, at_least))
                    else:
                        enrolled.append(len(chunk) / enroll(recognizer, chunk, f"chunk {first}"))
    ratios = [own / bare for own, bare in zip(enrolled, alone, strict=True)]
    return {"decode": summary(alone), "enroll": summary(enrolled), "ratio": summary(ratios)}


def peak_memory(pictures: Path, folder: Path, backbone: str, times: int, turn: int) -> float:
    """Return the peak resident MiB of a fresh process that enrolls all pictures so many times."""
    gallery = folder / f"memory-{times}-{turn}.db"
    command = [
        sys.executable,
        "-c",
        _CHILD + PRINT_PEAK,
        str(gallery),
        backbone,
        str(pictures),
        str(times),
    ]
    return int(subprocess.run(command, capture_output=True, check=True).stdout) / 2**20


def memory(pictures: Path, folder: Path, backbone: str, repeats: int) -> dict[str, Any]:
    """Compare the peaks of all pictures once and several times, in turn."""
    few, many = [], []
    for turn in range(repeats):
        few.append(peak_memory(pictures, folder, backbone, 1, turn))
        many.append(peak_memory(pictures, folder, backbone, TIMES, turn))
    growth = [large / small for large, small in zip(many, few, strict=True)]
    return {"few": summary(few), "many": summary(many), "growth": summary(growth)}


def table(pace: dict[str, Any], peaks: dict[str, Any]) -> str:
    """Lay both out."""
    rows = (
        ("decode alone, pictures/s", pace["decode"], 1, ""),
        ("enroll, pictures/s", pace["enroll"], 1, ""),
        ("enroll / decode alone", pace["ratio"], 3, f">= {RATIO_TARGET}"),
        (f"peak memory, {COUNT:,} pictures, MiB", peaks["few"], 1, ""),
        (f"peak memory, {COUNT * TIMES:,} pictures, MiB", peaks["many"], 1, ""),
        (f"{COUNT * TIMES:,} / {COUNT:,}", peaks["growth"], 3, f"<= {MEMORY_TARGET}"),
    )
    return markdown(
        ("what", "n", "median [95 %]", "target"),
        [(what, one["n"], spread(one, digits), target) for what, one, digits, target in rows],
    )


def main() -> int:
    """Build, measure, write."""
    parser = argparse.ArgumentParser(prog="python -m eval.throughput")
    parser.add_argument("--rounds", type=int, default=5, help="times all pictures are enrolled")
    parser.add_argument("--memory-repeats", type=int, default=3)
    parser.add_argument("--backbone", default=DEFAULT, help="what embeds")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder for JSON and table")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fewshot-throughput-") as made:
        folder, pictures = Path(made), Path(made) / "pictures"
        pictures.mkdir()
        paths = build_pictures(pictures)
        size = sum(path.stat().st_size for path in paths) / len(paths)
        pace = speed(paths, folder, options.backbone, options.rounds)
        peaks = memory(pictures, folder, options.backbone, options.memory_repeats)
    result = {"seed": 0, "backbone": options.backbone, "pictures": COUNT, "mean_bytes": size}
    write("throughput", {**result, "speed": pace, "memory": peaks}, table(pace, peaks), options.out)
    missed = []
    if pace["ratio"]["median"] < RATIO_TARGET:
        missed.append(f"enroll / decode is {pace['ratio']['median']:.3f}, not {RATIO_TARGET}")
    if peaks["growth"]["median"] > MEMORY_TARGET:
        missed.append(f"memory grows {peaks['growth']['median']:.3f} times, not {MEMORY_TARGET}")
    for line in missed:
        print(f"missed: {line}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
