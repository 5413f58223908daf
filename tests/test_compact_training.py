"""training/: the network of `compact` and its training, very small, on pictures drawn here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("keras", reason="the extra `train` is not installed")
pytestmark = pytest.mark.tensorflow

from fewshot.backbones.loading import load_backbone  # noqa: E402
from fewshot.backbones.preprocessing import PREPROCESSINGS  # noqa: E402
from fewshot.backbones.probes import drawn  # noqa: E402
from fewshot.backbones.squeeze import prepared  # noqa: E402
from training.pictures import Pictures  # noqa: E402
from training.recipe import Finish, Recipe  # noqa: E402

PART = {
    "samples": 64, "batch": 8, "sides": [[48, 0.5], [64, 0.5]], "rate": 0.02,
    "teachers": {"mobilenetv2": 1.0},
    "shape": {"stem": 4, "widths": [4, 4, 8], "d": 16},
}  # fmt: skip
RECIPE = Recipe().changed(PART)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Pictures:
    root = tmp_path_factory.mktemp("pictures")
    files = [root / "a" / f"{n % 3}" / f"{n}.png" for n in range(6)]
    for file, pixels in zip(files, drawn(6), strict=True):
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(file)
    return Pictures(files, ["a"] * 6, [f"a/{n % 3}" for n in range(6)], list(drawn(6)))


def root_of(pictures: Pictures) -> str:
    return str(pictures.files[0].parents[2])


def draw(pictures: Pictures, alone: float = 0.2) -> Any:
    from training.batches import Draw
    from training.views import VIEWS, views_of

    rng = np.random.default_rng(0)
    targets = {
        name: rng.normal(size=(len(pictures), VIEWS, d)).astype(np.float16)
        for name, d in (("mobilenetv2", 12), ("palette", 20))
    }
    views = [views_of(bytes([n])) for n in range(len(pictures))]
    return Draw(pictures, views, targets, seed=1, alone=alone)


def begin(folder: Path, pictures: Pictures, **more: Any) -> Any:
    from training.run import Run

    return Run(folder, RECIPE, draw(pictures), np.zeros(502, np.float32), **more)


def weights_in(folder: Path) -> list[Any]:
    with np.load(folder / "weights.npz") as kept:
        return [kept[name] for name in sorted(kept.files) if name.startswith("w")]


def test_a_batch_is_the_same_for_its_step(pictures: Pictures) -> None:
    one, other = (draw(pictures).batch(3, 4, 48) for _ in range(2))
    assert np.array_equal(one[0], other[0])
    assert np.array_equal(one[1]["label"], other[1]["label"])
    assert not np.array_equal(one[0], draw(pictures).batch(4, 4, 48)[0])


def test_batches_come_in_order_though_drawn_ahead(pictures: Pictures) -> None:
    found = list(draw(pictures).batches(2, 6, 4, 48))
    assert len(found) == 6
    for step, (given, _) in enumerate(found, start=2):
        assert np.array_equal(given, draw(pictures).batch(step, 4, 48)[0])


def test_palette_is_left_out_of_some_samples(pictures: Pictures) -> None:
    _, answers = draw(pictures, alone=1.0).batch(0, 4, 48)
    assert not answers["palette"].any()


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, pictures: Pictures) -> Path:
    folder = tmp_path_factory.mktemp("run") / "whole"
    begin(folder, pictures).train(lambda side: {"looked": float(side)})
    return folder


def test_a_training_ends_with_its_last_step_and_tells_what_was_looked_at(trained: Path) -> None:
    with np.load(trained / "weights.npz") as kept:
        assert int(kept["step"]) == 8
    lines = [json.loads(one) for one in (trained / "log.jsonl").read_text().splitlines()]
    assert [one["looked"] for one in lines if "looked" in one] == [48.0, 64.0]


def test_a_run_that_is_over_is_not_begun_again(trained: Path, pictures: Pictures) -> None:
    before = weights_in(trained)
    again = begin(trained, pictures)
    assert again.step == 8
    again.train()
    assert all(np.array_equal(*pair) for pair in zip(before, weights_in(trained), strict=True))


def test_a_run_that_was_stopped_goes_on_where_it_stood(tmp_path: Path, pictures: Pictures) -> None:
    first = begin(tmp_path, pictures)
    first._stage(48, 4)
    first.keep()
    second = begin(tmp_path, pictures)
    assert second.step == 4
    held = [np.asarray(one) for one in second._weights()]
    assert all(np.array_equal(*pair) for pair in zip(held, weights_in(tmp_path), strict=True))
    second.train()
    assert second.step == RECIPE.steps


def test_another_recipe_does_not_go_on_in_its_folder(trained: Path, pictures: Pictures) -> None:
    from training.run import Run

    other = RECIPE.changed({"rate": 0.5})
    with pytest.raises(ValueError, match="another recipe"):
        Run(trained, other, draw(pictures), np.zeros(502, np.float32))


def test_other_pictures_do_not_go_on_in_its_folder(trained: Path, pictures: Pictures) -> None:
    with pytest.raises(ValueError, match="other pictures"):
        begin(trained, pictures.of([0, 1, 2, 4]))


def test_a_run_can_begin_with_the_weights_of_another(
    trained: Path, tmp_path: Path, pictures: Pictures
) -> None:
    others = Pictures(pictures.files, pictures.sets, ["a/new", "a/2", "a/0"] * 2, pictures.pixels)
    begun = begin(tmp_path / "next", others, start=trained)
    assert begun.step == 0
    ours, theirs = begun.heads.get_weights(), weights_in(trained)[-len(begun.heads.weights) :]
    assert np.array_equal(ours[0][[0, 1]], theirs[0][[0, 2]])  # sorted: a/0, a/2, a/new
    assert not np.array_equal(ours[0][2], theirs[0][1])
    assert np.array_equal(begun._first.get_weights()[0], weights_in(trained)[0])


def test_one_network_takes_squares_of_several_sizes_by_the_same_weights() -> None:
    from training.network import Network

    network = Network(RECIPE.shape)
    small, large = network.at(48), network.at(96)
    assert all(one is other for one, other in zip(small.weights, large.weights, strict=True))
    assert large(np.zeros((1, 96, 96, 3), np.float32)).shape == (1, 16)


@pytest.mark.parametrize("side", [40, 100])
def test_a_side_that_cannot_be_halved_is_refused(side: int) -> None:
    from training.network import Network

    with pytest.raises(ValueError, match="multiple of 16"):
        Network(RECIPE.shape).at(side)


def test_normalizing_by_the_fused_kernel_is_what_keras_does() -> None:
    import keras

    from training.network import FusedBatchNormalization

    given = np.random.default_rng(0).normal(2, 3, (8, 4, 4, 5)).astype(np.float32)
    ours = FusedBatchNormalization(momentum=0.9, epsilon=1e-3)
    theirs = keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-3)
    said = [np.asarray(one(given, training=True)) for one in (ours, theirs)]
    assert np.abs(said[0] - said[1]).max() < 1e-4
    assert np.asarray(ours.moving_mean) == pytest.approx(np.asarray(theirs.moving_mean), abs=1e-5)
    kept = np.asarray(theirs.moving_variance)
    assert np.asarray(ours.moving_variance) == pytest.approx(kept, rel=0.01)  # 128 / 127


@pytest.mark.parametrize("middle", [0.0, 0.5])
def test_a_looking_network_says_the_mean_of_what_it_says_of_each_look(middle: float) -> None:
    import tensorflow as tf

    from training.network import Network, looking

    network = Network(RECIPE.shape).at(48)
    squares = np.random.default_rng(0).normal(size=(3, 48, 48, 3)).astype(np.float32)
    mirrored = squares[:, :, ::-1]
    seen = [squares, mirrored, tf.image.resize(mirrored[:, 6:42, 6:42], (48, 48))]
    said = [np.asarray(network(one)) for one in seen]
    wanted = sum(
        one / np.linalg.norm(one, axis=1, keepdims=True) * count
        for one, count in zip(said, (1, 1, middle), strict=True)
    ) / (2 + middle)
    assert np.asarray(looking(network, Finish(middle=middle))(squares)) == pytest.approx(
        wanted, abs=1e-5
    )


def test_what_is_joined_has_length_one_and_the_share_that_was_asked_for() -> None:
    from training.network import join

    own, palette = np.array([[3.0, 4.0]], np.float32), np.array([[1.0, 0.0]], np.float32)
    joined = np.asarray(join(own, palette, 0.3))[0]
    assert (joined**2).sum() == pytest.approx(1.0, abs=1e-5)
    assert joined[2] ** 2 == pytest.approx(0.3, abs=1e-5)


def test_palette_as_a_layer_says_what_palette_says() -> None:
    import keras

    from training.palette_layers import Palette

    given = keras.Input(batch_shape=(1, 96, 96, 3))
    network = keras.Model(given, Palette()(given))
    palette = load_backbone("palette")
    for pixels in drawn(5):
        said = np.asarray(network(prepared(pixels, 96, PREPROCESSINGS["symmetric"])))[0]
        assert float(said @ palette.embed([pixels])[0]) > 0.97  # Pillow shrinks it otherwise


def test_a_trained_run_becomes_a_graph_that_the_package_reads(
    trained: Path, pictures: Pictures, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fewshot.backbones import export
    from fewshot.backbones.artifact import artifact_in
    from training import package

    asked = [str(trained), "--pictures", root_of(pictures), "--side", "64"]
    monkeypatch.setitem(export.LOWEST, "int8", 0.5)  # six pictures tighten next to nothing
    assert package.main([*asked, "--out", str(tmp_path / "out")]) == 0
    artifact = artifact_in(tmp_path / "out")
    assert artifact.manifest.d == 16 + 502
    assert artifact.manifest.blueprint.precision == "int8"
    said = json.loads((tmp_path / "out" / package.TRAINED).read_text())
    assert said["pictures"] == 6


def test_the_graph_does_what_was_found(trained: Path, pictures: Pictures) -> None:
    import keras

    from training.finishing import chosen, find
    from training.material import embedded
    from training.network import looking
    from training.package import whole_graph
    from training.palette_layers import Palette
    from training.run import finished_weights, network_of
    from training.validation import unit

    finish, weights = Finish(side=64), finished_weights(trained, RECIPE)
    graph = whole_graph(trained, RECIPE, pictures.files, finish)
    network = looking(network_of(RECIPE, weights, 64), finish)
    known = pictures.of(chosen(pictures.files, RECIPE))
    counted = load_backbone("palette")
    palette = np.concatenate([counted.embed([one]) for one in known.pixels]) - weights["mean"]
    own = unit(embedded(network, known, 64))
    found = find(own, unit(palette), known.sets, known.classes, finish)
    given = keras.Input(batch_shape=(1, 64, 64, 3))
    beside = keras.Model(given, Palette()(given))
    for pixels in pictures.pixels:
        square = prepared(pixels, 64, PREPROCESSINGS["symmetric"])
        parts = unit(np.asarray(network(square))), unit(np.asarray(beside(square)))
        wanted = found(parts[0], unit(parts[1] - weights["mean"]))
        assert float((np.asarray(graph(square)) * wanted).sum()) > 0.999


def test_a_run_is_not_packaged_with_other_pictures_than_it_learned(
    trained: Path, pictures: Pictures, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from training import package

    place = tmp_path / "p" / "a" / "b"
    place.mkdir(parents=True)
    Image.fromarray(pictures.pixels[0]).save(place / "1.png")
    with pytest.raises(SystemExit):
        package.main(
            [str(trained), "--pictures", str(tmp_path / "p"), "--out", str(tmp_path / "o")]
        )
    assert "learned other pictures" in capsys.readouterr().err
    assert not (tmp_path / "o").exists()


def test_a_graph_that_keras_does_not_agree_with_replaces_nothing(
    trained: Path, pictures: Pictures, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fewshot.backbones import export
    from fewshot.backbones.errors import BackboneUnavailable
    from training import package

    monkeypatch.setitem(export.LOWEST, "int8", 1.1)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "model.tflite").write_bytes(b"as it was")
    asked = [str(trained), "--pictures", root_of(pictures), "--side", "64"]
    with pytest.raises(BackboneUnavailable, match="is needed"):
        package.main([*asked, "--out", str(tmp_path / "out")])
    assert (tmp_path / "out" / "model.tflite").read_bytes() == b"as it was"
    assert {one.name for one in tmp_path.iterdir()} == {"out"}


def test_a_run_that_is_not_over_is_not_packaged(tmp_path: Path, pictures: Pictures) -> None:
    from training.run import finished_weights

    with pytest.raises(ValueError, match="nothing is learned there yet"):
        finished_weights(tmp_path, RECIPE)
    begin(tmp_path, pictures).keep()
    with pytest.raises(ValueError, match="let it end first"):
        finished_weights(tmp_path, RECIPE)
