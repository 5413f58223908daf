"""The wheel: the package and nothing else."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (path,) = folder.iterdir()
    return zipfile.ZipFile(path)


def test_it_holds_the_package_only(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"fewshot"}


def test_it_says_that_it_is_typed(wheel: zipfile.ZipFile) -> None:
    assert "fewshot/py.typed" in wheel.namelist()


def test_it_is_small(wheel: zipfile.ZipFile) -> None:
    assert sum(one.compress_size for one in wheel.infolist()) < 10_000_000


def test_all_of_it_but_the_network_is_tiny(wheel: zipfile.ZipFile) -> None:
    rest = [one for one in wheel.infolist() if not one.filename.endswith(".tflite")]
    assert sum(one.compress_size for one in rest) < 600_000


def test_the_network_comes_with_its_manifest_and_its_card(wheel: zipfile.ZipFile) -> None:
    folder = "fewshot/backbones/graphs/compact"
    for file in ("model.tflite", "manifest.json", "MODEL_CARD.md", "trained_on.json"):
        assert f"{folder}/{file}" in wheel.namelist()


def test_it_installs_the_command(wheel: zipfile.ZipFile) -> None:
    (entry,) = (name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    assert "fewshot = fewshot.cli.entry:run" in wheel.read(entry).decode()


def test_its_base_dependencies_are_the_light_ones(wheel: zipfile.ZipFile) -> None:
    (metadata,) = (name for name in wheel.namelist() if name.endswith("METADATA"))
    lines = wheel.read(metadata).decode().splitlines()
    needs = [
        one.split()[1] for one in lines if one.startswith("Requires-Dist") and "extra" not in one
    ]
    names = {need.split(">")[0] for need in needs}
    assert names == {
        "ai-edge-litert",
        "click",
        "faiss-cpu",
        "filelock",
        "numpy",
        "pillow",
        "platformdirs",
        "rich",
    }
