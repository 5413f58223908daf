"""A network's weights come in; its speed and memory beside Keras, and targets, go out.

    python -m eval.backbone_speed --weights FILE [--backbone mobilenetv2] [--repeats 11]
                                  [--pictures 400] [--out eval/results]

Needs the extras `train` and `test`. Cold: whole processes. Warm: one picture. Bulk: many files.
All are measured in turn, round by round, on the processor alone; a ratio is of one round. Builds
the backbone, a gallery and 1,000 JPEGs (about 300 MB) in a temporary folder. Ends with 1 where a
target is missed.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from eval.backbone_contenders import NETWORKS, Keras, Ours, in_turn, peak_megabytes, script_command
from eval.report import REPEATS, RESULTS, markdown, spread, summary, write
from eval.start_up import Contender, build_gallery, build_picture, measure
from eval.throughput import build_pictures, decode_alone, enroll
from fewshot import Recognizer
from fewshot.backbones.choice import BackboneChoice
from fewshot.backbones.weights import named_weights
from fewshot.embedder import Embedded
from fewshot.images import decode, read_picture
from fewshot.pipeline import ordered_map, usable_cores

CALLS = 10  # of a warm contender, in each round
PREPARED = 40  # inputs that inference alone goes round and round
PEAKS = 3
_PACKAGES = ("ai-edge-litert", "tensorflow", "keras", "scikit-learn")

Row = dict[str, Any]


def row(
    what: str,
    values: Sequence[float],
    digits: int,
    least: float | None = None,
    most: float | None = None,
) -> Row:
    """Return a row of the table: its numbers and, where it has one, its target."""
    numbers = summary(values)
    made: Row = {"what": what, "digits": digits, "numbers": numbers}
    if least is not None:
        made |= {"target": f">= {least:g}", "met": numbers["median"] >= least}
    if most is not None:
        made |= {"target": f"<= {most:g}", "met": numbers["median"] <= most}
    return made


def ratios(over: Sequence[float], under: Sequence[float]) -> list[float]:
    """Divide round by round."""
    return [one / other for one, other in zip(over, under, strict=True)]


def cold(ours: Ours, weights: Path, gallery: Path, picture: Path, repeats: int) -> list[Row]:
    """Compare whole processes, from start to exit, and their peak memory."""
    folder = gallery.parent
    arguments = ["match", str(picture), "--gallery", str(gallery)]
    script = script_command(folder, ours.name, weights, gallery, picture)
    match, theirs, bare = "fewshot match", "Keras script", "bare"
    heavy = "import numpy, PIL.Image, faiss, click"
    processes = [
        Contender(bare, [sys.executable, "-c", heavy]),
        Contender(
            match, [str(Path(sys.executable).with_name("fewshot")), *arguments], codes=(0, 1)
        ),
        Contender(theirs, script),
    ]
    seconds = measure(processes, repeats, folder)
    peaks: dict[str, list[float]] = {match: [], theirs: []}
    for _ in range(min(PEAKS, repeats)):
        peaks[match].append(peak_megabytes("fewshot", arguments, folder))
        peaks[theirs].append(peak_megabytes(script[1], script[2:], folder))
    return [
        row("cold: `fewshot match`, s", seconds[match], 3),
        row("cold: script with Keras and scikit-learn, s", seconds[theirs], 3),
        row(f"cold: `python -c '{heavy}'`, s", seconds[bare], 3),
        row("cold: script / match", ratios(seconds[theirs], seconds[match]), 2, least=12),
        row("cold: match / bare process", ratios(seconds[match], seconds[bare]), 2, most=1.5),
        row("cold: peak memory of match, MB", peaks[match], 1, most=200),
        row("cold: peak memory of the script, MB", peaks[theirs], 1),
    ]


def warm(ours: Ours, keras: Keras, picture: Path, repeats: int) -> list[Row]:
    """Compare one picture, decoded already, in this process."""
    with Image.open(picture) as image:
        pixels = np.asarray(image.convert("RGB"))
    embedder, network = ours.embedder(), ours.network()
    given = ours.prepared(pixels)
    cores = usable_cores()

    def whole_keras() -> NDArray[np.float32]:
        return np.asarray(keras.predict(keras.prepared(Image.fromarray(pixels)))[0])

    def each(call: Callable[[], object]) -> Callable[[], float]:
        def seconds() -> float:
            start = time.perf_counter()
            for _ in range(CALLS):
                call()
            return 1000 * (time.perf_counter() - start) / CALLS

        return seconds

    tasks = {
        "`embed`, all cores": each(lambda: embedder.embed(pixels)),
        "`embed`, one core": each(lambda: embedder.embed(pixels, threads=1)),
        "Keras: resize, preprocess, `predict`": each(whole_keras),
        "Keras: `predict` alone": each(lambda: keras.predict(given)),
        "LiteRT alone, all cores": each(lambda: network.run(given, threads=cores)),
        "LiteRT alone, one core": each(lambda: network.run(given, threads=1)),
    }
    found = in_turn(tasks, repeats)
    embed, _, theirs, predict, alone, _ = found.values()
    vector = whole_keras()
    cosine = float(embedder.embed(pixels) @ (vector / np.linalg.norm(vector)))
    return [
        *(row(f"warm: {name}, ms", values, 2) for name, values in found.items()),
        row("warm: Keras / `embed`", ratios(theirs, embed), 2, least=8),
        row("warm: `predict` alone / LiteRT alone", ratios(predict, alone), 2),
        row("warm: cosine of both vectors", [cosine], 4),
    ]


def bulk(ours: Ours, keras: Keras, paths: list[Path], repeats: int) -> list[Row]:
    """Compare many files: pictures/s, and the bound that decoding and inference set together."""
    embedder, network = ours.embedder(), ours.network()
    inputs = [
        ours.prepared(decode(read_picture(path), embedder.decode_size).pixels)
        for path in paths[:PREPARED]
    ]
    numbers = count()

    def infer(number: int) -> NDArray[np.float32]:
        return network.run(inputs[number % len(inputs)], threads=1)

    def timed(work: Callable[[], int]) -> float:
        start = time.perf_counter()
        done = work()
        assert done == len(paths), f"{done} of {len(paths)} pictures"
        return done / (time.perf_counter() - start)

    def embed_all() -> int:
        return sum(isinstance(one, Embedded) for one in ordered_map(embedder.attempt, paths))

    def enroll_all() -> float:
        gallery = paths[0].parent.parent / f"bulk-{next(numbers)}.db"
        with Recognizer.create(gallery, backbone=ours.choice) as recognizer:
            recognizer.enroll(np.zeros((8, 8, 3), np.uint8), "warm-up")
            return len(paths) / enroll(recognizer, paths, "bulk")

    found = in_turn(
        {
            "decode alone": lambda: len(paths) / decode_alone(paths, embedder.decode_size),
            "inference alone": lambda: timed(
                lambda: sum(1 for _ in ordered_map(infer, range(len(paths))))
            ),
            "`ordered_map(embedder.attempt)`": lambda: timed(embed_all),
            "`Recognizer.enroll`": enroll_all,
            "Keras, batches of 32": lambda: timed(lambda: keras.embed_all(paths)),
        },
        repeats,
    )
    decoded, inferred, embedded, enrolled, theirs = found.values()
    bound = [1 / (1 / one + 1 / two) for one, two in zip(decoded, inferred, strict=True)]
    return [
        *(row(f"bulk: {name}, pictures/s", values, 1) for name, values in found.items()),
        row("bulk: bound of decoding and inference, pictures/s", bound, 1),
        row("bulk: enroll / Keras", ratios(enrolled, theirs), 2, least=2.5),
        row("bulk: attempt / bound", ratios(embedded, bound), 3),
        row("bulk: enroll / bound", ratios(enrolled, bound), 3, least=0.8),
    ]


def table(rows: list[Row]) -> str:
    """Lay the rows out."""
    return markdown(
        ("what", "n", "median [95 %]", "target"),
        [
            (
                one["what"],
                one["numbers"]["n"],
                spread(one["numbers"], one["digits"]),
                f"{one['target']} {'met' if one['met'] else 'MISSED'}" if "target" in one else "",
            )
            for one in rows
        ],
    )


def main() -> int:
    """Build, measure, write."""
    parser = argparse.ArgumentParser(prog="python -m eval.backbone_speed")
    parser.add_argument("--weights", required=True, help="a file, or a name in FEWSHOT_WEIGHTS")
    parser.add_argument("--backbone", default="mobilenetv2", choices=NETWORKS)
    parser.add_argument("--repeats", type=int, default=11, help="rounds")
    parser.add_argument("--pictures", type=int, default=400, help="files enrolled in a round")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder for JSON and table")
    options = parser.parse_args()
    weights = named_weights(options.backbone, options.weights)
    choice = BackboneChoice(options.backbone, weights=weights.path)
    ours, rng = Ours(choice), np.random.default_rng(0)
    with tempfile.TemporaryDirectory(prefix="fewshot-backbone-speed-") as made:
        folder, pictures = Path(made), Path(made) / "pictures"
        os.environ |= {
            "FEWSHOT_CACHE": str(folder / "cache"),
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "CUDA_VISIBLE_DEVICES": "-1",
        }
        pictures.mkdir()
        gallery, picture = folder / "gallery.db", folder / "query.jpg"
        Recognizer.create(gallery, backbone=choice).close()
        build_gallery(gallery, options.backbone, rng)
        build_picture(picture, rng)
        paths = build_pictures(pictures)[: options.pictures]
        rows = cold(ours, weights.path, gallery, picture, options.repeats)
        keras = Keras(options.backbone, weights.path)
        rows += warm(ours, keras, picture, options.repeats)
        rows += bulk(ours, keras, paths, options.repeats)
    versions = {package: version(package) for package in _PACKAGES}
    result = {"seed": 0, "backbone": options.backbone, "weights": weights.sha256}
    about = f"{REPEATS} {', '.join(f'{key} {value}' for key, value in versions.items())}."
    whole = {**result, "pictures": len(paths), "versions": versions, "rows": rows}
    write("backbone_speed", whole, table(rows), options.out, about)
    missed = [one for one in rows if not one.get("met", True)]
    for one in missed:
        print(f"missed: {one['what']} is {one['numbers']['median']:.2f}, target {one['target']}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
