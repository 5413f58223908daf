"""Names and amounts come in; the Keras layers that change pictures in training go out.

Pixels of 0 to 255 stay so. What is turned or shifted in from outside repeats the edge by mirror.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import keras
from keras import layers

_MAKERS: dict[str, Callable[[float, int], keras.Layer]] = {
    "rotation": lambda degrees, seed: layers.RandomRotation(degrees / 360, seed=seed),
    "zoom": lambda share, seed: layers.RandomZoom(share, share, seed=seed),
    "shift": lambda share, seed: layers.RandomTranslation(share, share, seed=seed),
    "shear": lambda slope, seed: layers.RandomShear(slope, slope, seed=seed),
    "flip": lambda _, seed: layers.RandomFlip("horizontal", seed=seed),
    "brightness": lambda share, seed: layers.RandomBrightness(share, (0, 255), seed=seed),
    "color": lambda share, seed: layers.RandomColorJitter(
        (0, 255), saturation_factor=share, hue_factor=share / 2, seed=seed
    ),
}


def augmenting(amounts: Mapping[str, float], seed: int) -> list[keras.Layer]:
    """Return the layers in a fixed order, each with a seed of its own; see `AUGMENTATIONS`."""
    return [
        make(amounts[name], seed + number)
        for number, (name, make) in enumerate(_MAKERS.items())
        if name in amounts
    ]
