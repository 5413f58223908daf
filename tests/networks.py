"""A backbone's name comes in; a file of random weights of the published layout goes out.

For tests alone. keras is imported when something is made, so that the rest runs without it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from fewshot.backbones.choice import BackboneChoice

SIZES = {  # pixels a side: small, where the network takes it
    "mobilenetv2": 64,
    "inceptionv3": 96,
    "vgg19": 48,
    "vggface": 48,
    "vggface-resnet50": 197,
    "vggface-senet50": 197,
}


@cache
def choice_with_random_weights(name: str, folder: Path) -> BackboneChoice:
    """Write weights for a backbone of the catalog; return the choice that takes them."""
    import keras

    from fewshot.backbones.keras_networks import _NETWORKS
    from tests.published_weights import write_published

    keras.utils.set_random_seed(0)
    path = folder / f"{name}.h5"
    write_published(_NETWORKS[name](SIZES[name]), path, seed=1)
    return BackboneChoice(name, weights=path, size=SIZES[name])


def write_own_model(
    path: Path, *, seed: int = 0, size: int = 32, classes: int = 0, rescale: bool = False
) -> Path:
    """Write a small Keras model: pictures -> 16 numbers, or -> as many classes."""
    import keras

    keras.utils.set_random_seed(seed)
    parts = [keras.Input((size, size, 3))]
    if rescale:
        parts.append(keras.layers.Rescaling(1 / 255))
    parts += [
        keras.layers.Conv2D(16, 5, strides=2, activation="relu", name="features"),
        keras.layers.GlobalAveragePooling2D(),
    ]
    if classes:
        parts.append(keras.layers.Dense(classes, activation="softmax"))
    keras.Sequential(parts).save(path)
    return path
