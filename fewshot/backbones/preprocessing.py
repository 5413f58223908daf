"""The numbers that networks were trained to see, by name. Nothing is computed here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """How pixels become a network's input: (pixel - subtracted) / divisor, channel by channel."""

    name: str
    summary: str
    bgr: bool
    subtracted: tuple[float, float, float]  # in the order of the network's channels
    divisor: float


PREPROCESSINGS = {
    one.name: one
    for one in (
        Preprocessing("raw", "RGB, 0 to 255", False, (0.0, 0.0, 0.0), 1.0),
        Preprocessing("unit", "RGB, 0 to 1", False, (0.0, 0.0, 0.0), 255.0),
        Preprocessing("symmetric", "RGB, -1 to 1", False, (127.5, 127.5, 127.5), 127.5),
        Preprocessing("caffe", "BGR less ImageNet's means", True, (103.939, 116.779, 123.68), 1.0),
        Preprocessing(
            "vggface", "BGR less VGGFace's means", True, (93.5940, 104.7624, 129.1863), 1.0
        ),
        Preprocessing(
            "vggface2", "BGR less VGGFace2's means", True, (91.4953, 103.8827, 131.0912), 1.0
        ),
    )
}
"""After keras.applications `imagenet_utils.py` (modes "tf" and "caffe", keras 3.15) and
rcmalli/keras-vggface `utils.py` (versions 1 and 2, keras-vggface 0.6)."""
