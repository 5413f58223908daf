"""python -m training.compact: two runs by one command, very small, on pictures drawn here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

keras = pytest.importorskip("keras", reason="the extra `train` is not installed")
pytestmark = pytest.mark.tensorflow

from fewshot.backbones.probes import drawn  # noqa: E402
from training import compact  # noqa: E402
from training.run import Run  # noqa: E402

PARTS = {
    "samples": 8, "batch": 4, "sides": [[48, 1.0]], "teachers": {},
    "shape": {"stem": 4, "widths": [4, 4, 8], "d": 16},
}  # fmt: skip


def test_one_command_makes_both_runs_and_the_second_begins_with_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[tuple[str, str]] = []
    begin_with = Run._begin_with

    def watched(run: Run, start: Path) -> None:
        begun.append((run.folder.name, start.name))
        begin_with(run, start)

    monkeypatch.setattr(Run, "_begin_with", watched)
    for n, pixels in enumerate(drawn(16)):
        place = tmp_path / "pictures" / "pokemon150" / f"c{n // 4}"
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(place / f"{n}.png")
    told = [f"--set={name}={json.dumps(one)}" for name, one in PARTS.items()]
    asked = [str(tmp_path / "pictures"), "--keep", str(tmp_path / "kept"), "--processes", "1"]
    try:
        assert compact.main([*asked, *told]) == 0
    finally:
        keras.mixed_precision.set_global_policy("float32")
    assert begun == [("compact", "compact-held-out")]
    learned = [
        json.loads((tmp_path / "kept" / name / "learned.json").read_text())["pictures"]
        for name in ("compact-held-out", "compact")
    ]
    assert learned == [12, 16]  # a class of four is held out
