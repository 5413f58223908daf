"""A network with a head: what learns, what is run once, and that pixels are seen as when served."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("tensorflow")

import keras

from fewshot.backbones.preprocessing import PREPROCESSINGS
from fewshot.backbones.squeeze import prepared
from fewshot.heads.fitting import Epoch, Hooks
from fewshot.heads.shapes import SHAPES
from fewshot.training.errors import BadSetting
from fewshot.training.network import Network, freeze, parted, scratch_base, seeing_pixels, with_head
from fewshot.training.phases import Pictures, Progress, Training, run_model, trained_head
from fewshot.training.settings import AUGMENTATIONS, Settings
from fewshot.training.squares import Rows, read_squares
from fewshot.watch import Watch
from tests.conftest import draw
from tests.networks import SIZES
from tests.stepping import step_by_step  # noqa: F401  a fixture

pytestmark = [pytest.mark.tensorflow, pytest.mark.usefixtures("step_by_step")]

PIXELS = np.random.default_rng(0).integers(0, 256, (6, 32, 32, 3), dtype=np.uint8)
LABELS = np.array([0, 0, 0, 1, 1, 1])


def small(norm: bool = True) -> keras.Model:
    """Three blocks, the second a sum that reaches past the layers between."""
    layers = keras.layers
    x = image = keras.Input((32, 32, 3))
    x = layers.Conv2D(4, 3, strides=4, name="first")(x)
    if norm:
        x = layers.BatchNormalization(name="norm")(x)
    y = layers.Conv2D(4, 1, name="second")(x)
    x = layers.Add(name="sum")([x, y])
    x = layers.Conv2D(6, 3, name="third", activation="relu")(x)
    return keras.Model(image, x)


def network(settings: Settings, base: keras.Model | None = None) -> Network:
    return with_head(base or small(), settings, 2)


def learning(model: keras.Model) -> set[str]:
    return {layer.name for layer in model.layers if layer.trainable_weights}


def test_without_unfreezing_only_the_head_learns() -> None:
    made = network(Settings("finetune"))
    freeze(made.base, 0)
    assert learning(made.whole) == {"head_map", "head_classifier"}


def test_the_last_layers_learn_by_number() -> None:
    base = small()
    freeze(base, 1)
    assert learning(base) == {"third"}


def test_the_last_layers_learn_by_name() -> None:
    base = small()
    freeze(base, "second")
    assert learning(base) == {"second", "third"}


def test_a_layer_there_is_none_of_is_said() -> None:
    with pytest.raises(BadSetting, match="no layer is called so; the last is third"):
        freeze(small(), "block9")


def test_batch_normalization_never_learns() -> None:
    base = small()
    freeze(base, 100)
    assert learning(base) == {"first", "second", "third"}


def test_batch_normalization_goes_on_with_the_statistics_it_had() -> None:
    made = network(Settings("finetune", epochs=2, head_epochs=1, unfreeze=100, patience=0))
    before = [np.array(one) for one in made.base.get_layer("norm").get_weights()]
    fitted(made, made_settings(unfreeze=100))
    after = made.base.get_layer("norm").get_weights()
    assert all(map(np.array_equal, before, after))


def made_settings(**options: object) -> Settings:
    usual = {"epochs": 3, "head_epochs": 2, "batch": 3, "patience": 0, "unfreeze": 2}
    return Settings("finetune", **(usual | options))  # type: ignore[arg-type]


def fitted(made: Network, settings: Settings, *, once: bool = True) -> list[Epoch]:
    pictures = Pictures(PIXELS, LABELS)
    training = Training(made, "symmetric", settings, 2, pictures, pictures, Watch(), Hooks(), once)
    return training.run(Progress(), lambda _: None)


@pytest.mark.parametrize("unfreeze", [0, 1, 2, "second"])
def test_a_network_is_parted_where_nothing_reaches_past(unfreeze: int | str) -> None:
    made = network(Settings("finetune"))
    freeze(made.base, unfreeze)
    parts = parted(made.base, made.whole)
    assert parts is not None
    before, after = parts
    assert not before.trainable_weights
    x = np.random.default_rng(0).standard_normal((2, 32, 32, 3)).astype(np.float32)
    assert np.allclose(after(before(x)), made.whole(x), atol=1e-5)


def test_a_network_that_learns_from_its_beginning_is_not_parted() -> None:
    made = network(Settings("finetune"), small(norm=False))
    assert parted(made.base, made.whole) is None


def test_running_frozen_layers_once_changes_nothing() -> None:
    keras.utils.set_random_seed(0)
    weights = small().get_weights()
    found = []
    for once in (True, False):
        base = small()
        base.set_weights(weights)
        made = network(made_settings(), base)
        found.append((fitted(made, made_settings(), once=once), made.whole.get_weights()))
    (history, one), (other_history, other) = found
    assert [e.loss for e in history] == pytest.approx([e.loss for e in other_history], rel=1e-3)
    assert all(np.allclose(a, b, atol=1e-3) for a, b in zip(one, other, strict=True))


def test_first_the_head_learns_then_the_network() -> None:
    made = network(made_settings())
    assert [(one.stage, one.number) for one in fitted(made, made_settings())] == [
        ("head", 1), ("head", 2), ("network", 1), ("network", 2), ("network", 3),
    ]  # fmt: skip


@pytest.mark.parametrize("loss", ["categorical", "binary", "triplet"])
@pytest.mark.parametrize("head", list(SHAPES))
def test_every_head_goes_with_every_loss(loss: str, head: str) -> None:
    settings = made_settings(loss=loss, head=head, epochs=1, head_epochs=1, names=2, pictures=2)
    made = network(settings)
    history = fitted(made, settings)
    pictures = Pictures(PIXELS, LABELS)
    training = Training(made, "symmetric", settings, 2, pictures, pictures, Watch(), Hooks())
    assert np.isfinite([one.loss for one in history]).all()
    assert trained_head(training).classes == 2


@pytest.mark.parametrize("preprocessing", list(PREPROCESSINGS))
def test_pixels_are_seen_in_training_as_they_are_when_served(preprocessing: str) -> None:
    image = keras.Input((32, 32, 3))
    as_it_is = keras.Model(image, keras.layers.Flatten()(image))
    see = seeing_pixels(as_it_is, preprocessing, Settings("finetune"))
    served = prepared(PIXELS[0], 32, PREPROCESSINGS[preprocessing])
    assert np.allclose(run_model(see, PIXELS[:1])[0], served.reshape(-1), atol=1e-4)


def seen(name: str, amount: float, *, training: bool, seed: int = 0) -> NDArray[Any]:
    image = keras.Input((32, 32, 3))
    as_it_is = keras.Model(image, keras.layers.Flatten()(image))
    settings = Settings("scratch", augment={name: amount}, seed=seed)
    made = seeing_pixels(as_it_is, "raw", settings)(PIXELS.astype(np.float32), training=training)
    return np.asarray(made).reshape(PIXELS.shape)


AMOUNTS = {"rotation": 30.0, "flip": 1.0}


@pytest.mark.parametrize("name", list(AUGMENTATIONS))
def test_each_augmentation_changes_pictures_in_training_only(name: str) -> None:
    amount = AMOUNTS.get(name, 0.2)
    assert np.abs(seen(name, amount, training=True) - PIXELS).mean() > 1.0
    assert np.allclose(seen(name, amount, training=False), PIXELS, atol=1e-3)


@pytest.mark.parametrize("name", list(AUGMENTATIONS))
def test_augmented_pixels_stay_pixels(name: str) -> None:
    made = seen(name, AMOUNTS.get(name, 0.2), training=True)
    assert made.min() >= -0.01
    assert made.max() <= 255.01


@pytest.mark.parametrize("name", ["rotation", "brightness"])
def test_the_same_seed_changes_pictures_alike(name: str) -> None:
    amount = AMOUNTS.get(name, 0.2)
    one, same, other = (seen(name, amount, training=True, seed=seed) for seed in (3, 3, 4))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_the_network_from_scratch_halves_the_picture_four_times() -> None:
    base = scratch_base(Settings("scratch"), 64)
    assert base.outputs[0].shape[1:] == (4, 4, 128)


def test_a_picture_too_small_to_pool_is_said() -> None:
    with pytest.raises(BadSetting, match="takes 32 and more"):
        scratch_base(Settings("scratch"), 16)


@pytest.mark.parametrize("name", ["mobilenetv2", "inceptionv3", "vgg19", "vggface"])
def test_each_pretrained_network_takes_a_head_and_its_last_layers_learn(name: str) -> None:
    from fewshot.backbones.catalog import find_backbone
    from fewshot.backbones.keras_networks import _NETWORKS, cut

    spec = find_backbone(name).network
    assert spec
    base = cut(_NETWORKS[name](SIZES[name]), name, spec.layer)
    made = network(Settings("finetune"), base)
    freeze(made.base, 5)
    parts = parted(made.base, made.whole)
    assert parts is not None
    x = np.ones((1, SIZES[name], SIZES[name], 3), np.float32)
    assert parts[1](parts[0](x)).shape == (1, 2)
    assert made.whole.trainable_weights


def test_squares_are_what_the_product_decodes_and_a_bad_picture_is_named(tmp_path: Path) -> None:
    files = [tmp_path / "a.png", tmp_path / "b.png", tmp_path / "c.png"]
    draw("red").save(files[0])
    files[1].write_bytes(b"nothing")
    draw("blue").save(files[2])
    made, refused = read_squares(files, 40, "whole", tmp_path, Watch())
    assert [one.source for one in refused] == [str(files[1])]
    assert made.shape == (2, 40, 40, 3)
    assert made[0].mean() != made[1].mean()


def test_rows_of_squares_are_taken_when_they_are_asked_for() -> None:
    rows = Rows(PIXELS, np.array([4, 1, 5]))
    assert len(rows) == 3
    assert np.array_equal(rows[np.array([2, 0])], PIXELS[[5, 4]])
    assert np.array_equal(rows[1:], PIXELS[[1, 5]])


def test_more_squares_than_memory_should_hold_lie_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.png"
    draw("red").save(file)
    straight, _ = read_squares([file], 40, "whole", tmp_path, Watch())
    monkeypatch.setattr("fewshot.training.squares.IN_MEMORY", 10)
    on_disk, _ = read_squares([file], 40, "whole", tmp_path, Watch())
    assert isinstance(on_disk, np.memmap)
    assert np.array_equal(on_disk, straight)
