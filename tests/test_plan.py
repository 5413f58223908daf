"""plan: what is built follows from the card, the options, or the model's own file."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import h5py
import pytest

from fewshot.backbones.catalog import BACKBONES, find_backbone
from fewshot.backbones.choice import BackboneChoice
from fewshot.backbones.errors import BadBackboneOption, WeightsRefused
from fewshot.backbones.plan import Plan, plan

BUILT = [name for name, spec in BACKBONES.items() if spec.network]


def planned(name: str, **options: Any) -> Plan:
    return plan(BackboneChoice(name, **options), find_backbone(name))


def model_file(path: Path, *layers: dict[str, Any]) -> str:
    """Write what `read_own_model` reads of a .keras file: its configuration."""
    config = {"class_name": "Sequential", "module": "keras", "config": {"layers": layers}}
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps(config))
    return f"file:{path}"


def layer(kind: str, module: str = "keras.layers", **config: Any) -> dict[str, Any]:
    return {"class_name": kind, "module": module, "config": config, "registered_name": None}


def entrance(*shape: int | None) -> dict[str, Any]:
    return layer("InputLayer", batch_shape=[None, *shape])


@pytest.mark.parametrize("name", BUILT)
def test_without_options_it_is_as_the_card_says(name: str) -> None:
    spec = find_backbone(name)
    assert spec.network
    made = planned(name)
    assert (made.size, made.layer) == (spec.input_size, spec.network.layer)
    assert (made.preprocessing, made.precision) == (spec.network.preprocessing, "float32")


@pytest.mark.parametrize("size", [96, 150, 224])
@pytest.mark.parametrize("name", ["mobilenetv2", "inceptionv3", "vgg19", "vggface"])
def test_the_sizes_of_the_first_experiments_are_taken(name: str, size: int) -> None:
    assert planned(name, size=size).size == size


@pytest.mark.parametrize(
    ("name", "size"), [("inceptionv3", 74), ("vggface-resnet50", 196), ("vgg19", 2049)]
)
def test_a_size_that_the_network_cannot_take_is_refused(name: str, size: int) -> None:
    with pytest.raises(BadBackboneOption, match=f"cannot take size {size}: it takes"):
        planned(name, size=size)


def test_a_layer_is_kept_to_be_looked_for() -> None:
    assert planned("inceptionv3", layer="mixed8").layer == "mixed8"


def test_an_unknown_precision_lists_the_known_ones() -> None:
    with pytest.raises(BadBackboneOption, match="float32, fp16, int8"):
        planned("vgg19", precision="other")


def test_an_unknown_preprocessing_lists_the_known_ones(tmp_path: Path) -> None:
    name = model_file(tmp_path / "a.keras", entrance(96, 96, 3))
    with pytest.raises(BadBackboneOption, match="raw, unit, symmetric"):
        planned(name, preprocessing="other")


def test_a_network_sees_what_it_was_trained_to_see() -> None:
    with pytest.raises(BadBackboneOption, match="trained to see symmetric"):
        planned("mobilenetv2", preprocessing="caffe")


def test_a_model_of_one_s_own_says_its_size(tmp_path: Path) -> None:
    made = planned(model_file(tmp_path / "a.keras", entrance(96, 96, 3)))
    assert (made.network, made.size, made.layer) == ("file", 96, "")


def test_a_model_that_takes_any_size_takes_224_or_what_is_asked(tmp_path: Path) -> None:
    name = model_file(tmp_path / "a.keras", entrance(None, None, 3))
    assert planned(name).size == 224
    assert planned(name, size=150).size == 150


def test_a_model_that_takes_one_size_takes_no_other(tmp_path: Path) -> None:
    with pytest.raises(BadBackboneOption, match="it takes 96 pixels"):
        planned(model_file(tmp_path / "a.keras", entrance(96, 96, 3)), size=97)


def test_a_model_that_rescales_gets_raw_pixels(tmp_path: Path) -> None:
    name = model_file(tmp_path / "a.keras", entrance(96, 96, 3), layer("Rescaling", scale=0.1))
    assert planned(name).preprocessing == "raw"
    assert planned(name, preprocessing="unit").preprocessing == "unit"


def test_another_model_gets_pixels_from_minus_one_to_one(tmp_path: Path) -> None:
    made = planned(model_file(tmp_path / "a.keras", entrance(96, 96, 3)))
    assert made.preprocessing == "symmetric"


def test_a_model_brings_its_own_weights(tmp_path: Path) -> None:
    with pytest.raises(BadBackboneOption, match="holds its own"):
        planned(model_file(tmp_path / "a.keras", entrance(96, 96, 3)), weights="other.h5")


@pytest.mark.parametrize(
    "bad",
    [
        layer("Lambda"),
        layer("Dense", activation={"class_name": "function", "config": "system"}),
        layer("TorchModuleWrapper"),
        layer("TFSMLayer", filepath="/else"),
        layer("Dense", module="os.path"),
        {**layer("Mine", module=""), "registered_name": "theirs>Mine"},
        layer("Dense", inner=[{"deep": layer("Lambda")}]),
    ],
)
def test_a_model_that_carries_code_is_refused(bad: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(WeightsRefused, match=r"code"):
        planned(model_file(tmp_path / "a.keras", entrance(96, 96, 3), bad))


@pytest.mark.parametrize("shape", [(96, 96, 1), (96, 80, 3), (96,), (4, 96, 96, 3)])
def test_a_model_that_takes_no_square_color_picture_is_refused(
    shape: tuple[int, ...], tmp_path: Path
) -> None:
    with pytest.raises(WeightsRefused, match="it takes"):
        planned(model_file(tmp_path / "a.keras", entrance(*shape)))


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 no zip", b"\x89HDF\r\n\x1a\n cut off"])
def test_a_file_that_is_no_model_is_refused(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.keras").write_bytes(data)
    with pytest.raises(WeightsRefused):
        planned(f"file:{tmp_path / 'a.keras'}")


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(WeightsRefused, match="no such file"):
        planned(f"file:{tmp_path / 'a.keras'}")


def test_a_folder_is_said_to_be_one(tmp_path: Path) -> None:
    with pytest.raises(WeightsRefused, match="it is a folder; save the model as"):
        planned(f"file:{tmp_path}")


def test_a_model_is_read_as_keras_will_read_it_by_its_name(tmp_path: Path) -> None:
    harmless = tmp_path / "harmless.keras"
    model_file(harmless, entrance(96, 96, 3))
    both = tmp_path / "both.h5"  # HDF5 to Keras, and a zip to whoever looks at its end
    with h5py.File(both, "w") as file:
        file.attrs["model_config"] = json.dumps(layer("Lambda"))
    both.write_bytes(both.read_bytes() + harmless.read_bytes())
    with pytest.raises(WeightsRefused, match="holds a Lambda"):
        planned(f"file:{both}")


@pytest.mark.parametrize("name", ["model.zip", "model.KERAS", "model"])
def test_a_file_of_another_name_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(WeightsRefused, match="does not end as a model's does"):
        planned(model_file(tmp_path / name, entrance(96, 96, 3)))


@pytest.mark.parametrize(
    "bad", [{"class_name": ["Dense"]}, {**layer("Dense"), "module": ["os"]}, {"class_name": {}}]
)
def test_a_configuration_that_keras_would_not_write_is_refused(
    bad: dict[str, Any], tmp_path: Path
) -> None:
    with pytest.raises(WeightsRefused, match=r"Keras"):
        planned(model_file(tmp_path / "a.keras", entrance(96, 96, 3), bad))


def test_a_damaged_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", json.dumps(layer("Dense", more="x" * 5000)))
    data = bytearray(path.read_bytes())
    data[45:60] = b"\xff" * 15
    path.write_bytes(data)
    with pytest.raises(WeightsRefused, match="no Keras model, or damaged"):
        planned(f"file:{path}")
