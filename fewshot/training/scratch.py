"""A size comes in; a small network that knows nothing yet goes out.

Stacked convolutions and max pooling, as the study of six caricatured people had them: 3 x 3, relu,
32, 64, 128 and 128 maps. It sees RGB of 0 to 1.
"""

from __future__ import annotations

import keras
from keras import layers

PREPROCESSING = "unit"
SIZE = 96
_MAPS = (32, 64, 128, 128)
SMALLEST = 32  # pixels a side; below it nothing is left to pool


def scratch_network(size: int, seed: int) -> keras.Model:
    """Build (n, size, size, 3) float32 -> (n, size / 16, size / 16, 128)."""
    x = image = keras.Input((size, size, 3), name="image")
    for number, maps in enumerate(_MAPS):
        start = keras.initializers.HeUniform(seed=seed + number)
        x = layers.Conv2D(
            maps, 3, padding="same", activation="relu", kernel_initializer=start,
            name=f"conv{number}",
        )(x)  # fmt: skip
        x = layers.MaxPooling2D(name=f"pool{number}")(x)
    return keras.Model(image, x)
