"""fewshot models: what there is, what is here, and whether it is whole."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from fewshot.backbones.artifact import GRAPH, folder_of
from fewshot.backbones.cache import cache_folder, weights_folder
from fewshot.backbones.catalog import BACKBONES
from fewshot.backbones.spec import PublishedWeights
from fewshot.cli.main import cli
from fewshot.cli.models import models
from fewshot.detectors.catalog import ANIMEFACE, DETECTORS, YUNET
from tests import weight_server
from tests.conftest import Run
from tests.networks import write_own_model
from tests.test_artifact import BLUEPRINT, manifest_of, place

server = weight_server.server
DIGEST = weight_server.DIGEST
NEEDING_WEIGHTS = [name for name, spec in BACKBONES.items() if spec.network]


def put_weights(name: str, data: bytes = b"not the published file") -> Path:
    network = BACKBONES[name].network
    assert network
    path = weights_folder() / network.weights.file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def listed(fewshot: Run) -> dict[str, dict[str, object]]:
    return {row["name"]: row for row in fewshot("models", "list", "--json").json["models"]}


def test_every_backbone_and_detector_is_listed(fewshot: Run) -> None:
    printed = fewshot("models", "list").out.splitlines()
    assert [line.split()[0] for line in printed] == [*BACKBONES, *DETECTORS]


@pytest.mark.parametrize("name", NEEDING_WEIGHTS)
def test_a_row_says_network_input_width_size_license_source_and_state(
    name: str, fewshot: Run
) -> None:
    row = listed(fewshot)[name]
    for key in ("network", "input", "d", "license", "source", "state", "address"):
        assert row[key], key
    assert "bytes" in row


@pytest.mark.parametrize("name", ["compact", "palette"])
def test_what_comes_finished_is_always_ready(name: str, fewshot: Run) -> None:
    assert listed(fewshot)[name]["state"] == "ready"


def test_what_is_not_here_is_to_be_fetched(fewshot: Run) -> None:
    assert {listed(fewshot)[name]["state"] for name in NEEDING_WEIGHTS} == {"to fetch"}


def test_weights_that_are_here_are_to_be_built(fewshot: Run) -> None:
    put_weights("vggface")
    assert listed(fewshot)["vggface"]["state"] == "to build"


def test_the_size_is_that_of_the_file_that_is_here(fewshot: Run) -> None:
    put_weights("vggface", b"12345")
    assert listed(fewshot)["vggface"]["bytes"] == 5


def test_info_says_where_it_comes_from_and_under_what_license(fewshot: Run) -> None:
    printed = fewshot("models", "info", "vggface-senet50").out
    for part in ("rcmalli_vggface_tf_notop_senet50.h5", "https://", "Oxford", "avg_pool"):
        assert part in printed


def test_info_shows_what_is_built(fewshot: Run) -> None:
    place()
    assert BLUEPRINT.fingerprint[:8] in fewshot("models", "info", "vgg19").out


def test_info_on_an_unknown_name_suggests_one(fewshot: Run) -> None:
    answer = fewshot("models", "info", "vgg16")
    assert answer.code == 5
    assert "did you mean vgg19" in answer.err


def test_verify_reads_what_the_package_holds_where_nothing_else_is(fewshot: Run) -> None:
    (row,) = fewshot("models", "verify", "--json").json["verified"]
    assert row["ok"]
    assert row["path"].endswith("compact")


def test_verify_passes_what_is_whole(fewshot: Run) -> None:
    folder = place()
    answer = fewshot("models", "verify")
    assert answer.code == 0
    assert answer.out.startswith("ok")
    assert folder.name in answer.out


def test_verify_names_a_graph_that_was_changed(fewshot: Run) -> None:
    (place() / GRAPH).write_bytes(b"A graph")
    answer = fewshot("models", "verify")
    assert answer.code == 5
    assert answer.out.startswith("BAD")
    assert "not the graph that was built" in answer.out


def test_verify_names_weights_that_are_not_the_published_ones(fewshot: Run) -> None:
    path = put_weights("vgg19")
    row, _ = fewshot("models", "verify", "--json").json["verified"]
    assert (row["path"], row["ok"]) == (str(path), False)
    assert "80,134,624" in row["reason"]


def test_verify_says_where_nothing_was_published_to_check_by(fewshot: Run) -> None:
    put_weights("vggface")
    row, _ = fewshot("models", "verify", "--json").json["verified"]
    assert row["ok"]
    assert "no size is published" in row["reason"]


def test_a_detector_s_row_says_what_it_finds_and_where_it_comes_from(fewshot: Run) -> None:
    row = listed(fewshot)["animeface"]
    assert (row["kind"], row["finds"], row["state"]) == ("detector", "anime-face", "to fetch")
    assert str(row["digest"]).startswith("sha256:")
    assert listed(fewshot)["haar"]["state"] == "ready"
    assert listed(fewshot)["compact"]["kind"] == "backbone"


def test_without_opencv_its_own_detector_is_to_be_installed(
    fewshot: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fewshot.detectors.inventory.find_spec", lambda name: None)
    assert listed(fewshot)["haar"]["state"] == "to install"


def test_info_on_a_detector_says_its_license_and_address(fewshot: Run) -> None:
    printed = fewshot("models", "info", "yunet").out
    for part in ("MIT", "face_detection_yunet_2026may.onnx", "https://", "sha256:"):
        assert part in printed


def test_a_detector_is_fetched_by_its_digest(
    fewshot: Run, server: weight_server.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = PublishedWeights("one.xml", f"{server.url}/one.xml", len(weight_server.BODY), DIGEST)
    monkeypatch.setitem(DETECTORS, "animeface", replace(ANIMEFACE, files=(file,)))
    monkeypatch.delenv("FEWSHOT_OFFLINE")
    answer = fewshot("models", "fetch", "animeface", "--json")
    (row,) = answer.json["fetched"]
    assert row["path"] == str(weights_folder() / "one.xml")
    assert "license" in answer.err


def test_a_detector_is_not_fetched_offline(fewshot: Run) -> None:
    answer = fewshot("models", "fetch", "yunet")
    assert answer.code == 5
    assert "FEWSHOT_OFFLINE is set" in answer.err
    assert "OpenCV's own cascade" in answer.err


def test_what_comes_with_opencv_is_not_fetched(fewshot: Run) -> None:
    answer = fewshot("models", "fetch", "haar")
    assert answer.code == 2
    assert "it comes with OpenCV" in answer.err


def test_verify_names_a_detector_that_is_not_the_published_one(fewshot: Run) -> None:
    path = weights_folder() / YUNET.files[0].file
    path.parent.mkdir(parents=True)
    path.write_bytes(b"another")
    rows = fewshot("models", "verify", "--json").json["verified"]
    assert {row["path"]: row["ok"] for row in rows}[str(path)] is False


def test_path_is_the_cache(fewshot: Run) -> None:
    assert fewshot("models", "path").out == f"{cache_folder()}\n"


def test_path_in_json_says_where_weights_are_looked_for(
    fewshot: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEWSHOT_WEIGHTS", str(tmp_path))
    (row,) = fewshot("models", "path", "--json").json["paths"]
    assert row["searched"] == [str(tmp_path), str(weights_folder())]


def test_fetch_finds_what_is_here(fewshot: Run) -> None:
    path = put_weights("vggface")
    answer = fewshot("models", "fetch", "vggface", "--json")
    (row,) = answer.json["fetched"]
    assert row["path"] == str(path)
    assert row["sha256"] == sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("name", ["compact", "palette"])
def test_fetch_has_nothing_to_do_for_what_comes_finished(name: str, fewshot: Run) -> None:
    answer = fewshot("models", "fetch", name)
    assert answer.code == 2
    assert "inside the package" in answer.err


def test_fetch_has_nothing_to_do_for_a_model_of_one_s_own(fewshot: Run) -> None:
    answer = fewshot("models", "fetch", "file:own.keras")
    assert answer.code == 2
    assert "it is your own model" in answer.err


def test_offline_a_backbone_without_weights_ends_in_5(fewshot: Run, tmp_path: Path) -> None:
    answer = fewshot("enroll", tmp_path, "--name", "x", "--backbone", "mobilenetv2")
    assert answer.code in (3, 5)


@pytest.mark.parametrize("option", ["--layer=x", "--size=96", "--precision=fp16", "--weights=w"])
def test_options_of_a_network_go_with_a_backbone(option: str, fewshot: Run, photo: Path) -> None:
    answer = fewshot("enroll", "x.png", "--name", "x", option)
    assert answer.code == 2
    assert "goes with --backbone" in answer.err


@pytest.mark.parametrize("option", ["--layer=x", "--size=96", "--precision=fp16", "--weights=w"])
def test_palette_takes_none_of_them(option: str, fewshot: Run, enrolled: Path) -> None:
    answer = fewshot("enroll", enrolled, "--backbone", "palette", option, "-g", "other.db")
    assert answer.code == 2
    assert "palette cannot take" in answer.err


@pytest.mark.parametrize("command", sorted(models.commands))
def test_every_command_of_it_has_help(command: str, fewshot: Run) -> None:
    answer = fewshot("models", command, "--help")
    assert answer.code == 0
    assert len(answer.out.splitlines()) > 3


def test_it_stands_among_the_commands() -> None:
    assert cli.commands["models"] is models


@pytest.mark.tensorflow
def test_build_builds_and_says_the_parity(fewshot: Run, tmp_path: Path) -> None:
    model = write_own_model(tmp_path / "own.keras")
    answer = fewshot("models", "build", f"file:{model}", "--precision", "fp16", "--json")
    (row,) = answer.json["built"]
    assert answer.code == 0
    assert row["parity"]["lowest"] >= 0.998
    assert Path(row["path"]) == folder_of("file", row["fingerprint"])


def test_offline_nothing_is_fetched(fewshot: Run) -> None:
    answer = fewshot("models", "fetch", "mobilenetv2")
    assert answer.code == 5
    assert "FEWSHOT_OFFLINE is set" in answer.err
    assert "downloading" not in answer.err


def test_a_path_without_file_is_suggested_with_it(fewshot: Run, enrolled: Path) -> None:
    answer = fewshot("enroll", enrolled, "--backbone", "models/own.keras", "-g", "other.db")
    assert "did you mean file:models/own.keras" in answer.err


def test_what_was_built_from_other_weights_is_built(fewshot: Run) -> None:
    place(replace(manifest_of(), published=False))
    assert listed(fewshot)["vgg19"]["state"] == "built"
