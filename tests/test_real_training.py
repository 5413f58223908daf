"""Training on real pictures from real weights, where the variables point to them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

pytest.importorskip("tensorflow")

from eval.backbones import measurable
from fewshot import Classifier, Settings, train
from fewshot.folders import each_picture
from fewshot.training.train import Trained

WEIGHTS, DATA = (Path(os.environ.get(one, "")) for one in ("FEWSHOT_WEIGHTS", "FEWSHOT_TEST_DATA"))
MOBILENET = measurable()["mobilenetv2"]
NAMES, LEARNED, HELD = 6, 8, 4

pytestmark = [
    pytest.mark.tensorflow,
    pytest.mark.skipif(
        not (WEIGHTS / str(MOBILENET.weights)).is_file() or not (DATA / "dev").is_dir(),
        reason="FEWSHOT_WEIGHTS or FEWSHOT_TEST_DATA is not set",
    ),
]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Six Pokémon: eight pictures each to learn from, four others to validate on."""
    root = tmp_path_factory.mktemp("pokemon")
    names = sorted((DATA / "dev" / "pokemon150").iterdir())[:NAMES]
    for name in names:
        for number, file in enumerate(list(each_picture(name))[: LEARNED + HELD]):
            side = root / ("train" if number < LEARNED else "held") / name.name
            side.mkdir(parents=True, exist_ok=True)
            (side / file.name).symlink_to(file)
    return root / "train", root / "held"


def trained(folders: tuple[Path, Path], out: Path, settings: Settings) -> Trained:
    learned, held = folders
    return train(learned, out, settings, backbone=MOBILENET, validation=held, strangers=False)


@pytest.fixture(autouse=True)
def _real(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEWSHOT_WEIGHTS", str(WEIGHTS))


def test_a_fine_tuned_network_answers_as_keras_does_and_serves(
    folders: tuple[Path, Path], tmp_path: Path
) -> None:
    settings = Settings("finetune", size=96, head_epochs=8, epochs=3)
    made = trained(folders, tmp_path / "m.fewshot", settings)
    assert float(made.bundle.about["parity"].split()[1]) >= 0.9999
    assert made.metrics.accuracy > 3 / NAMES
    classifier = Classifier.open(tmp_path / "m.fewshot")
    held = [(one.name, file) for one in folders[1].iterdir() for file in one.iterdir()]
    right = sum(classifier.classify(file).name == name for name, file in held)
    assert right == made.metrics.right
